/* stream.c - a line every 0.3 seconds, four in all: when does each arrive? */
#include "app.h"

#include <stdio.h>
#include <unistd.h>

enum { LINES = 4, PAUSE_US = 300000 };

static int stream(struct app_environ *env,
                  app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    app_write_fn *write = start_response(env, "200 OK", headers);
    if (!write)
        return -1;
    for (int i = 1; i <= LINES; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "line %d of %d\n", i, LINES);
        if (write(env, text, (size_t)len) != 0)
            return -1;
        usleep(PAUSE_US);
    }
    return 0;
}

const struct app application = {APP_VERSION, stream};
