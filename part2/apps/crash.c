/* crash.c - ends the process that calls it, in the way one asks for:
 * ?mode=segv, abort, overflow (of the stack), late (in the middle of an
 * answer) or exit. Whose answers are lost with it? */
#include "app.h"

#include <stdlib.h>

static char *volatile nowhere = (char *)8; // no page of ours is there

static int fall(volatile int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : fall(depth + 1) + frame[0];
}

static int crash(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    static const char help[] = "?mode=segv, abort, overflow, late or exit\n";
    const char *mode = app_variable(env, "QUERY_STRING");
    if (strcmp(mode, "mode=segv") == 0)
        *nowhere = 1;
    if (strcmp(mode, "mode=abort") == 0)
        abort();
    if (strcmp(mode, "mode=overflow") == 0)
        return fall(0);
    if (strcmp(mode, "mode=exit") == 0)
        exit(3);
    app_write_fn *write = start_response(env, "200 OK", headers);
    if (write && strcmp(mode, "mode=late") == 0 && write(env, "half", 4) == 0)
        *nowhere = 1;
    return write ? write(env, help, sizeof help - 1) : -1;
}

const struct app application = {APP_VERSION, crash};
