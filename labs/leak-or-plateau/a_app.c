/* a_app.c - keeps a copy of its answer for every visitor, to have it at hand. */
#include "app.h"

#include <stdlib.h>

enum { ANSWER_BYTES = 32 << 10, PLACES = 256 };

static char *kept[PLACES]; // the answers of the last visitors
static unsigned visitors;

static int answer(struct app_environ *env,
                  app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {
        {"Content-Type", "text/plain"}, {"Content-Length", "5"}, {NULL, NULL}};
    char **place = &kept[visitors++ % PLACES];
    free(*place);
    *place = malloc(ANSWER_BYTES);
    if (!*place)
        return -1;
    memset(*place, 'a', ANSWER_BYTES);
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, "kept\n", 5) : -1;
}

const struct app application = {APP_VERSION, answer};
