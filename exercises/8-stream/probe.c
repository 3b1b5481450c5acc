/* probe.c - an application that the grader of exercise 8 looks through: its
 * path says what it does, and files in $PROBE_DIR when it goes on. */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PATIENCE = 1000, // looks for a file, PAUSE_US apart
    PAUSE_US = 10000,
    PIECE_BYTES = 16384,
    PIECES = 4096 // 64 MiB
};

static const struct app_header text[] = {{"Content-Type", "text/plain"},
                                         {NULL, NULL}};

static void path_of(const char *name, char *path, size_t size)
{
    const char *directory = getenv("PROBE_DIR");
    snprintf(path, size, "%s/%s", directory ? directory : ".", name);
}

static void wait_for(const char *name)
{
    char path[4096];
    path_of(name, path, sizeof path);
    for (int i = 0; i < PATIENCE && access(path, F_OK) != 0; i++)
        usleep(PAUSE_US);
}

static int say(struct app_environ *env, app_write_fn *write, const char *word)
{
    return write(env, word, strlen(word));
}

static int two_lines(struct app_environ *env, app_write_fn *write)
{
    if (say(env, write, "first\n") != 0)
        return -1;
    wait_for("go-1");
    if (say(env, write, "second\n") != 0)
        return -1;
    wait_for("go-2");
    return 0;
}

/* Writes as long as somebody wants it, and notes how many bytes that were. */
static int much(struct app_environ *env, app_write_fn *write)
{
    static const char piece[PIECE_BYTES];
    size_t taken = 0;
    while (taken < PIECES && write(env, piece, sizeof piece) == 0)
        taken++;
    char path[4096];
    path_of("taken", path, sizeof path);
    FILE *note = fopen(path, "we");
    if (!note)
        return -1;
    fprintf(note, "%zu\n", taken * sizeof piece);
    return fclose(note);
}

static int echo(struct app_environ *env, app_write_fn *write)
{
    static char bytes[100000];
    ssize_t got;
    while ((got = env->read(env, bytes, sizeof bytes)) > 0)
        if (write(env, bytes, (size_t)got) != 0)
            return -1;
    return (int)got;
}

static int fine(struct app_environ *env, app_write_fn *write)
{
    return say(env, write, "fine\n");
}

static int fail(struct app_environ *env, app_write_fn *write)
{
    (void)env;
    (void)write;
    return -1;
}

static int empty(struct app_environ *env, app_write_fn *write)
{
    say(env, write, "");
    return -1;
}

static int half(struct app_environ *env, app_write_fn *write)
{
    say(env, write, "half");
    return -1;
}

static const struct {
    const char *path;
    int (*answer)(struct app_environ *env, app_write_fn *write);
} pages[] = {{"/fine", fine},       {"/fail", fail}, {"/empty", empty},
             {"/half", half},       {"/much", much}, {"/echo", echo},
             {"/lines", two_lines}, {NULL, NULL}};

static int answer(struct app_environ *env,
                  app_start_response_fn *start_response)
{
    app_write_fn *write = start_response(env, "200 OK", text);
    for (size_t i = 0; write && pages[i].path; i++)
        if (strcmp(app_variable(env, "PATH_INFO"), pages[i].path) == 0)
            return pages[i].answer(env, write);
    return -1;
}

const struct app application = {APP_VERSION, answer};
