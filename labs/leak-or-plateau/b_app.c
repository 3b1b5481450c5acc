/* b_app.c - has a list of its visitors, each with a few notes. */
#include "app.h"

#include <stdlib.h>

struct visitor {
    struct visitor *before;
    char notes[8 << 10];
};

static struct visitor *last;

static int answer(struct app_environ *env,
                  app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {
        {"Content-Type", "text/plain"}, {"Content-Length", "6"}, {NULL, NULL}};
    struct visitor *visitor = malloc(sizeof *visitor);
    if (!visitor)
        return -1;
    memset(visitor->notes, 'b', sizeof visitor->notes);
    visitor->before = last; // LESSON: and who takes one off the list?
    last = visitor;
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, "noted\n", 6) : -1;
}

const struct app application = {APP_VERSION, answer};
