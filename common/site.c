/* site.c - the fast page, the slow page, and the files. */
#include "site.h"

#include "files.h"
#include "options.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOW_MS = 1000, SLOWEST_MS = 60000 };

/* The N of "ms=N" in the query, within bounds. */
static int wanted_ms(const char *query)
{
    const char *value = query;
    while (value && strncmp(value, "ms=", 3) != 0) {
        value = strchr(value, '&');
        value += value ? 1 : 0;
    }
    if (!value)
        return SLOW_MS;
    long ms = strtol(value + 3, NULL, 10);
    return ms < 0 ? 0 : ms > SLOWEST_MS ? SLOWEST_MS : (int)ms;
}

/* Stands for any page that takes its time: a query, a program, a disk. */
static void answer_slowly(struct exchange *exchange)
{
    int ms = wanted_ms(exchange->request.query);
    poll(NULL, 0, ms);
    char text[64];
    int len = snprintf(text, sizeof text, "slept %d ms\n", ms);
    response_send(&exchange->response, 200, "text/plain; charset=utf-8", text,
                  (size_t)len);
}

/* What is here can be read, and that is all. */
static bool is_read(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

void site_answer(struct exchange *exchange, const void *context)
{
    static const char allowed[] = "GET, HEAD, OPTIONS";
    const struct options *options = context;
    const struct request *request = &exchange->request;
    if (strcmp(request->method, "OPTIONS") == 0) // "*" too: it is all we do
        response_options(&exchange->response, allowed);
    else if (!is_read(request->method))
        response_refuse_method(&exchange->response, allowed);
    else if (strcmp(request->path, "/slow") == 0)
        answer_slowly(exchange);
    else
        files_answer(exchange, &options->files);
}
