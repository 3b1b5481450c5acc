/*
 * 2c - a Python application answers: WSGI (PEP 3333).
 *
 * New here:    CPython embedded: the environ as a dict, start_response.
 * Still wrong: one client stops all others, and so does one slow application.
 * See it:      scripts/curl/2c.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "service.h"

#include <signal.h>

static const struct gateway *const gateways[] = {&cgi_gateway, &app_gateway,
                                                 &wsgi_gateway, NULL};

int main(int argc, char **argv)
{
    struct service service =
        service_parse(argc, argv, "2c - let Python answer", gateways);
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
