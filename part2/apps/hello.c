/* hello.c - the smallest application: it greets. */
#include "app.h"

static int hello(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    static const char text[] = "Hello from an application in C\n";
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, text, sizeof text - 1) : -1;
}

const struct app application = {APP_VERSION, hello};
