/*
 * 1c - serve files as HTTP/1.1 asks, one client at a time.
 *
 * New here:    common/: files, HEAD, keep-alive, pipelining, deadlines.
 * Still wrong: while one client is served, all others wait.
 * See it:      scripts/curl/1c.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/site.h"

#include <signal.h>

int main(int argc, char **argv)
{
    struct options options = options_parse(
        argc, argv, "1c - serve files, one client at a time", NULL);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    int listener = net_listen(options.host, options.port);
    net_announce(listener);

    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            die("accept");
        connection_serve(client, &options.limits, site_answer, &options);
    }
}
