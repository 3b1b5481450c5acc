/* greet.c - the greeting as an application in C. */
#include "app.h"

#include <stdio.h>

static int greet(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    char text[4096];
    int len = snprintf(text, sizeof text, "Hello! You asked: %s %s\n",
                       app_variable(env, "REQUEST_METHOD"),
                       app_variable(env, "PATH_INFO"));
    if (len < 0 || (size_t)len >= sizeof text)
        return -1; // a path longer than any of ours
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, text, (size_t)len) : -1;
}

const struct app application = {APP_VERSION, greet};
