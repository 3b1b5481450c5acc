/*
 * 2a - another program answers: CGI (RFC 3875).
 *
 * New here:    pipe, fork, dup2, execve, waitpid; poll over both directions.
 * Still wrong: a new process for every request; one client stops all others.
 * See it:      scripts/curl/2a.sh
 */
#include "cgi.h"
#include "cgi_options.h"
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"
#include "common/site.h"

#include <signal.h>

struct stage {
    struct options options;
    struct cgi_options cgi;
};

/* Programs answer what is below their prefixes, files all the rest. */
static void answer(struct exchange *exchange, const void *context)
{
    const struct stage *stage = context;
    const struct cgi_mount *mount =
        cgi_options_mount(&stage->cgi, exchange->request.path);
    if (mount)
        cgi_answer(exchange, mount, &stage->cgi);
    else
        site_answer(exchange, &stage->options);
}

int main(int argc, char **argv)
{
    struct stage stage = {.cgi = cgi_options_default};
    struct own_options own = {&cgi_options_argp, &stage.cgi};
    stage.options =
        options_parse(argc, argv, "2a - let another program answer", &own);
    stage.cgi.document_root = cgi_options_root(stage.options.files.root);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    int listener = net_listen(stage.options.host, stage.options.port);
    net_announce(listener);

    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            die("accept");
        connection_serve(client, &stage.options.limits, answer, &stage);
    }
}
