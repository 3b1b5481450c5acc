/* parse.c - reads one browser's request many times, for callgrind to count.
 *
 *     parse ours COUNT    request_feed() and request_reset()
 *     parse bare COUNT    http-parser alone, with callbacks that do nothing
 *
 * Two runs that differ only in COUNT differ by so many requests: what the
 * program costs to start drops out. scripts/bench.sh does that. */
#include "common/request.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a browser sends for a picture: 12 header lines, 606 bytes. */
static const char typical[] =
    "GET /pictures/forest/forkyard-1280.jpg?version=20 HTTP/1.1\r\n"
    "Host: www.example.org:8080\r\n"
    "Connection: keep-alive\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\n"
    "Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;"
    "q=0.8\r\n"
    "Referer: http://www.example.org:8080/pictures/\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Sec-Fetch-Dest: image\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-None-Match: \"18f3c2-2a7b-61c4f9d0a1e40\"\r\n"
    "Cookie: session=8f14e45fceea167a5a36dedd4bea2543\r\n"
    "\r\n";

enum { LEN = sizeof typical - 1 };

static void stop(const char *why)
{
    fprintf(stderr, "parse: %s\n", why);
    exit(EXIT_FAILURE);
}

static int ignore_event(http_parser *parser)
{
    (void)parser;
    return 0;
}

static int ignore_bytes(http_parser *parser, const char *at, size_t len)
{
    (void)parser;
    (void)at;
    (void)len;
    return 0;
}

static void read_bare(long count)
{
    const http_parser_settings callbacks = {
        .on_message_begin = ignore_event,
        .on_url = ignore_bytes,
        .on_header_field = ignore_bytes,
        .on_header_value = ignore_bytes,
        .on_headers_complete = ignore_event,
        .on_body = ignore_bytes,
        .on_message_complete = ignore_event,
    };
    http_parser parser;
    for (long i = 0; i < count; i++) {
        http_parser_init(&parser, HTTP_REQUEST);
        if (http_parser_execute(&parser, &callbacks, typical, LEN) != LEN)
            stop("http-parser did not take it");
    }
}

static void read_ours(long count)
{
    const struct limits limits = {
        .target_bytes = 8192, .head_bytes = 32768, .body_bytes = 1 << 20};
    struct request request;
    if (request_open(&request, &limits) < 0)
        stop("no memory");
    for (long i = 0; i < count; i++) {
        if (request_feed(&request, typical, LEN) != 0 || !request.complete)
            stop("request_feed() did not take it");
        request_reset(&request);
    }
    request_close(&request);
}

int main(int argc, char **argv)
{
    long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (count > 0 && strcmp(argv[1], "ours") == 0)
        read_ours(count);
    else if (count > 0 && strcmp(argv[1], "bare") == 0)
        read_bare(count);
    else
        stop("usage: parse ours|bare COUNT");
}
