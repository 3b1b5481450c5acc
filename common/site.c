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
    const char *value = query ? strstr(query, "ms=") : NULL;
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

void site_answer(struct exchange *exchange, const void *context)
{
    const struct options *options = context;
    if (strcmp(exchange->request.path, "/slow") == 0)
        answer_slowly(exchange);
    else
        files_answer(exchange, &options->files);
}
