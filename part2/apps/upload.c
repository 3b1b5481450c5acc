/* upload.c - counts the bytes and lines of what is sent, and keeps nothing. */
#include "app.h"

#include <stdio.h>

struct tally {
    unsigned long long bytes, lines;
};

/* Returns 0, or -1 if the body is lost. */
static int count(struct app_environ *env, struct tally *tally)
{
    char bytes[16384];
    ssize_t got;
    while ((got = env->read(env, bytes, sizeof bytes)) > 0) {
        tally->bytes += (unsigned long long)got;
        for (ssize_t i = 0; i < got; i++)
            tally->lines += bytes[i] == '\n';
    }
    return (int)got;
}

static int upload(struct app_environ *env,
                  app_start_response_fn *start_response)
{
    static const struct app_header headers[] = {{"Content-Type", "text/plain"},
                                                {NULL, NULL}};
    struct tally tally = {0, 0};
    if (count(env, &tally) != 0)
        return -1; // nothing has left: the client gets a 500
    char text[80];
    int len = snprintf(text, sizeof text, "%llu bytes, %llu lines\n",
                       tally.bytes, tally.lines);
    app_write_fn *write = start_response(env, "200 OK", headers);
    return write ? write(env, text, (size_t)len) : -1;
}

const struct app application = {APP_VERSION, upload};
