/*
 * 3a - a child for every connection.
 *
 * New here:    fork: the child serves, the parent goes back to accept.
 * Still wrong: nobody waits for the children; each becomes a zombie.
 * See it:      scripts/curl/3a.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "part2/service.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* LESSON: no wait anywhere. A child that has ended keeps its place in the
 * process table until its parent asks for its status. Cured in 3c. */

static void be_the_child(int client, const struct service *service)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM); // it must not outlive its server
    connection_serve(client, &service->options.limits, service_answer, service);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct service service = service_parse(
        argc, argv, "3a - a child per connection, no wait", all_gateways);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    service_load(&service, MANY_PROCESSES);
    int listener = net_listen(service.options.host, service.options.port);
    net_announce(listener);

    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            die("accept");
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            be_the_child(client, &service);
        }
        if (child < 0)
            log_errno("fork");
        close(client); // the child has its own copy
    }
}
