/*
 * 3c - reap every dead child at each SIGCHLD.
 *
 * New here:    waitpid(-1, ..., WNOHANG) in a loop, until nobody is dead.
 * Still wrong: a process for every connection, also for an idle one.
 * See it:      scripts/curl/3c.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "part2/service.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs when SIGCHLD arrives, between any two instructions of main(), which
 * may be about to look at errno. */
static void bury_the_dead(int signal)
{
    (void)signal;
    int kept = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0) // SIGCHLD says "at least one"
        continue;
    errno = kept;
}

static void hear_of_deaths(void)
{
    struct sigaction action = {
        .sa_handler = bury_the_dead,
        .sa_flags = SA_RESTART | SA_NOCLDSTOP, // accept goes on afterwards
    };
    sigaction(SIGCHLD, &action, NULL);
}

static void be_the_child(int client, const struct service *service)
{
    signal(SIGCHLD, SIG_DFL);         // its children are its own affair
    prctl(PR_SET_PDEATHSIG, SIGTERM); // it must not outlive its server
    connection_serve(client, &service->options.limits, service_answer, service);
    _exit(0);
}

int main(int argc, char **argv)
{
    struct service service = service_parse(
        argc, argv, "3c - a child per connection, wait loop", all_gateways);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    service_load(&service, MANY_PROCESSES);
    hear_of_deaths();
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
