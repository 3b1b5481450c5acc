/* wsgi_gateway.c - reads --wsgi and its kin, and opens the part of the kit
 * that embeds CPython when it is wanted. */
#include "common/log.h"
#include "service.h"
#include "wsgi.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

enum { KEY_WSGI = 0x2c00, KEY_WSGI_PATH, KEY_WSGI_VENV };

struct wsgi_options wsgi_options;
static const struct gateway *python; // wsgi.so's, once it is open

/* --- The command line --- */

static void add_path(struct argp_state *state, const char *path)
{
    if (wsgi_options.path_count == WSGI_PATHS_MAX)
        argp_error(state, "no more than %d --wsgi-path are possible",
                   WSGI_PATHS_MAX);
    wsgi_options.paths[wsgi_options.path_count++] = path;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case KEY_WSGI: service_mount(state, "wsgi", arg, &wsgi_gateway); return 0;
    case KEY_WSGI_PATH: add_path(state, arg); return 0;
    case KEY_WSGI_VENV:
        if (wsgi_options.venv)
            argp_error(state, "--wsgi-venv: a process can have but one");
        wsgi_options.venv = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Python applications (WSGI):", 0},
    {"wsgi", KEY_WSGI, "/PREFIX=MODULE:CALLABLE", 0,
     "Let the application answer below /PREFIX; CALLABLE may be a call, "
     "\"make_app()\"; may be repeated",
     0},
    {"wsgi-path", KEY_WSGI_PATH, "DIR", 0,
     "Find modules in DIR (.); may be repeated", 0},
    {"wsgi-venv", KEY_WSGI_VENV, "DIR", 0,
     "Use the packages of the virtual environment DIR", 0},
    {0},
};

static const struct argp argp = {.options = table, .parser = take_option};

/* --- The other half --- */

/* Where `relative` to the directory of this program leads. */
static const char *beside_us(const char *relative)
{
    static char path[2 * PATH_MAX];
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len < 0)
        die("find the path of this program");
    program[len] = '\0';
    snprintf(path, sizeof path, "%s/%s", dirname(program), relative);
    return path;
}

static const char *find_library(void)
{
    const char *path = beside_us("wsgi.so");
    if (access(path, R_OK) != 0)
        path = beside_us("../lib/forkyard/wsgi.so");
    if (access(path, R_OK) == 0)
        return path;
    errno = 0;
    die("--wsgi: this build has no Python: install python3-dev and pkgconf, "
        "then run make again");
}

/* Global, because Python's own modules look for the interpreter there. It
 * stays open for ever. */
static void open_library(void)
{
    static void *library;
    library = dlopen(find_library(), RTLD_NOW | RTLD_GLOBAL);
    python = library ? dlsym(library, "wsgi_python") : NULL;
    if (!python) {
        errno = 0;
        die("--wsgi: %s", dlerror());
    }
}

static void load(struct mount *mount, const struct service *service)
{
    if (!python)
        open_library();
    python->load(mount, service);
}

static enum gateway_outcome answer(struct exchange *exchange,
                                   const struct mount *mount,
                                   const struct service *service)
{
    return python->answer(exchange, mount, service);
}

const struct gateway wsgi_gateway = {
    .argp = &argp,
    .load = load,
    .answer = answer,
};
