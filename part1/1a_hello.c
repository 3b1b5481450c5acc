/*
 * 1a - answer everybody with the same page.
 *
 * New here:    socket, bind, listen, accept, write, close.
 * Still wrong: it reads nothing, so it cannot know what was asked.
 * See it:      scripts/curl/1a.sh
 */
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\n"
                             "Content-Type: text/plain\r\n"
                             "Content-Length: 14\r\n"
                             "Connection: close\r\n"
                             "\r\n"
                             "Hello, world.\n";

/* The four calls that net_listen() makes for every later stage. */
static int listen_on(const char *host, const char *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(port)), // network byte order
    };
    errno = 0;
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        die("1a listens on an IPv4 address, not on %s", host);

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        die("socket");
    int on = 1; // or the port is taken for a minute after each run
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        die("cannot listen on %s port %s", host, port);
    if (listen(listener, NET_BACKLOG) < 0)
        die("cannot listen on %s port %s", host, port);
    return listener;
}

int main(int argc, char **argv)
{
    struct options options = options_parse(
        argc, argv, "1a - answer everybody with the same page", NULL);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    int listener = listen_on(options.host, options.port);
    net_announce(listener);

    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            die("accept");
        ssize_t sent = write(client, answer, strlen(answer));
        if (sent < 0)
            log_errno("write");
        close(client);
    }
}
