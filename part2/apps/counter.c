/* counter.c - counts its visitors: all, or only those of one process?
 *
 * The variable lives as long as the process that loaded it. A server with a
 * process for each connection gives every child a copy, and none hears of the
 * others. */
#include "app.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static atomic_ulong visitors; // of all threads of this process

static int greet(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    char text[80];
    int len = snprintf(text, sizeof text, "visitor %lu of process %d\n",
                       atomic_fetch_add(&visitors, 1) + 1, (int)getpid());
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, text, (size_t)len) : -1;
}

const struct app application = {APP_VERSION, greet};
