/* burn_app.c - a page that takes ?ms=N of a processor's time, and no rest. */
#include "app.h"

#include <stdlib.h>
#include <time.h>

static double used_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static int burn(struct app_environ *env, app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {
        {"Content-Type", "text/plain"}, {"Content-Length", "7"}, {NULL, NULL}};
    const char *query = app_variable(env, "QUERY_STRING");
    int ms = query && strncmp(query, "ms=", 3) == 0 ? atoi(query + 3) : 0;
    double end = used_ms() + ms;
    while (used_ms() < end)
        continue;
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, "burned\n", 7) : -1;
}

const struct app application = {APP_VERSION, burn};
