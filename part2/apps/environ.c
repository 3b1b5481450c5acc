/* environ.c - shows what an application is told about its request. */
#include "app.h"

static int show(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    app_write_fn *write = start_response(env, "200 OK", headers);
    if (!write)
        return -1;
    for (const char *const *variable = env->variables; *variable; variable++)
        if (write(env, *variable, strlen(*variable)) || write(env, "\n", 1))
            return -1;
    return 0;
}

const struct app application = {APP_VERSION, show};
