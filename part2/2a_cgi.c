/*
 * 2a - another program answers: CGI (RFC 3875).
 *
 * New here:    pipe, vfork, dup2, execve, waitpid; poll over both directions.
 * Still wrong: a new process for every request; one client stops all others.
 * See it:      scripts/curl/2a.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "service.h"

#include <signal.h>

static const struct gateway *const gateways[] = {&cgi_gateway, NULL};

int main(int argc, char **argv)
{
    struct service service =
        service_parse(argc, argv, "2a - let another program answer", gateways);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    service_load(&service, ONE_AT_A_TIME);
    int listener = net_listen(service.options.host, service.options.port);
    net_announce(listener);

    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            die("accept");
        connection_serve(client, &service.options.limits, service_answer,
                         &service);
    }
}
