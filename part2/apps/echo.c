/* echo.c - sends the body of the request back, piece by piece. */
#include "app.h"

static int echo(struct app_environ *env, app_start_response_fn *start_response)
{
    const char *type = app_variable(env, "CONTENT_TYPE");
    const char *length = app_variable(env, "CONTENT_LENGTH");
    const struct app_header headers[] = {
        {"Content-Type", type ? type : "application/octet-stream"},
        {"Content-Length", length ? length : "0"},
        {NULL, NULL}};
    app_write_fn *write = start_response(env, "200 OK", headers);
    if (!write)
        return -1;
    char bytes[16384];
    ssize_t got;
    while ((got = env->read(env, bytes, sizeof bytes)) > 0)
        if (write(env, bytes, (size_t)got) != 0)
            return -1;
    return (int)got;
}

const struct app application = {APP_VERSION, echo};
