/*
 * 1b - read the whole request, then write the whole answer.
 *
 * New here:    http-parser in the open; a read is not a request, and a write
 *              may be short.
 * Still wrong: one page for all, no manners, and no end to its patience.
 * See it:      scripts/curl/1b.sh
 */
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"

#include <http_parser.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct asked {
    bool whole;
    char target[256]; // what of it fits
    size_t target_len;
};

/* May be called several times for one target: once for each piece of it. */
static int found_target(http_parser *parser, const char *at, size_t len)
{
    struct asked *asked = parser->data;
    size_t room = sizeof asked->target - 1 - asked->target_len;
    size_t fits = len < room ? len : room;
    memcpy(asked->target + asked->target_len, at, fits);
    asked->target_len += fits;
    return 0;
}

static int found_end(http_parser *parser)
{
    struct asked *asked = parser->data;
    asked->whole = true;
    return 0;
}

/* Read until http-parser says that the request is whole. TCP carries bytes,
 * not messages: one read may bring a part of it. */
static bool read_request(int client, struct asked *asked)
{
    http_parser_settings callbacks = {.on_url = found_target,
                                      .on_message_complete = found_end};
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = asked;
    while (!asked->whole) {
        char bytes[4096];
        ssize_t got = read(client, bytes, sizeof bytes);
        if (got <= 0)
            return false;
        http_parser_execute(&parser, &callbacks, bytes, (size_t)got);
        if (HTTP_PARSER_ERRNO(&parser) != HPE_OK)
            return false;
    }
    return true;
}

/* Write until all of it is written: write(2) may take a part only. */
static void write_all(int client, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(client, bytes, len);
        if (put < 0) {
            log_errno("write");
            return;
        }
        bytes += put;
        len -= (size_t)put;
    }
}

static void write_answer(int client, const char *status, const char *body)
{
    char answer[1024];
    int len = snprintf(answer, sizeof answer,
                       "HTTP/1.1 %s\r\n"
                       "Content-Type: text/plain\r\n"
                       "Content-Length: %zu\r\n"
                       "Connection: close\r\n"
                       "\r\n"
                       "%s",
                       status, strlen(body), body);
    write_all(client, answer, (size_t)len);
}

int main(int argc, char **argv)
{
    struct options options = options_parse(
        argc, argv, "1b - parse the request, answer with one page", NULL);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    int listener = net_listen(options.host, options.port);
    net_announce(listener);

    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            die("accept");
        struct asked asked = {.whole = false};
        if (read_request(client, &asked)) {
            char body[320];
            snprintf(body, sizeof body, "You asked for %s\n", asked.target);
            write_answer(client, "200 OK", body);
        } else {
            write_answer(client, "400 Bad Request", "What was that?\n");
        }
        close(client);
    }
}
