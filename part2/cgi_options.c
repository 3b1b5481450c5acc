/* cgi_options.c - reads --cgi and --cgi-timeout, and finds a path's mount. */
#include "cgi_options.h"

#include "common/log.h"
#include "common/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CGI = 0x2a00, KEY_CGI_TIMEOUT };

const struct cgi_options cgi_options_default = {
    .timeout_ms = 30000,
    .document_root = "/",
};

static error_t add_mount(struct cgi_options *options, struct argp_state *state,
                         char *arg)
{
    char *equals = strchr(arg, '=');
    if (arg[0] != '/' || !equals || equals[1] == '\0') {
        argp_error(state, "--cgi must be /PREFIX=DIR, not '%s'", arg);
        return EINVAL;
    }
    if (options->mount_count == CGI_MOUNTS_MAX) {
        argp_error(state, "--cgi may be given %d times", CGI_MOUNTS_MAX);
        return EINVAL;
    }

    char *path = realpath(equals + 1, NULL);
    int directory = path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    if (directory < 0) {
        argp_failure(state, EXIT_FAILURE, errno, "cannot run programs of %s",
                     equals + 1);
        free(path);
        return EINVAL;
    }
    do
        *equals = '\0'; // and the slashes before it
    while (equals > arg && *--equals == '/');
    options->mounts[options->mount_count++] =
        (struct cgi_mount){.prefix = arg, .path = path, .directory = directory};
    return 0;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct cgi_options *options = state->input;
    switch (key) {
    case KEY_CGI: return add_mount(options, state, arg);
    case KEY_CGI_TIMEOUT:
        options->timeout_ms = options_ms(state, "cgi-timeout", arg);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Programs that answer (CGI):", 0},
    {"cgi", KEY_CGI, "/PREFIX=DIR", 0,
     "Let the programs in DIR answer below /PREFIX; may be repeated", 0},
    {"cgi-timeout", KEY_CGI_TIMEOUT, "S", 0,
     "End a program that neither reads nor writes for so long (30)", 0},
    {0},
};

const struct argp cgi_options_argp = {
    .options = table,
    .parser = take_option,
};

const char *cgi_options_root(int directory)
{
    char link[sizeof "/proc/self/fd/" + 3 * sizeof directory];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    char *path = realpath(link, NULL);
    if (!path)
        die("find the path of the document root");
    return path;
}

static bool lies_below(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return *path && strncmp(path, prefix, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

const struct cgi_mount *cgi_options_mount(const struct cgi_options *options,
                                          const char *path)
{
    const struct cgi_mount *best = NULL;
    for (size_t i = 0; i < options->mount_count; i++) {
        const struct cgi_mount *mount = &options->mounts[i];
        if (lies_below(path, mount->prefix) &&
            (!best || strlen(mount->prefix) > strlen(best->prefix)))
            best = mount;
    }
    return best;
}
