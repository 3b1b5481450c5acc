/* options.c - what a user may say to every stage, and the defaults. */
#include "options.h"

#include "file_cache.h"
#include "log.h"
#include "media_types.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KIB = 1024,
    MIB = 1024 * KIB,
    ROLE_BYTES = 32,
    LONGEST_MS = 3600 * 1000,
    /* http-parser itself takes no head above 80 KiB. */
    TARGET_MAX = 32 * KIB,
    HEAD_MAX = 40 * KIB,
};

const struct limits default_limits = {
    .target_bytes = 8000, // RFC 9112 3 asks for no less
    .head_bytes = (size_t)32 * KIB,
    .body_bytes = (size_t)64 * MIB,
    .head_ms = 10000,
    .progress_ms = 10000,
    .min_rate = 100,
    .idle_ms = 5000,
    .linger_ms = 2000,
};

enum key {
    KEY_PORT = 'p',
    KEY_ROOT = 'r',
    KEY_QUIET = 'q',
    KEY_HOST = 256,
    KEY_INDEX,
    KEY_LIST,
    KEY_MAX_TARGET,
    KEY_MAX_HEAD,
    KEY_MAX_BODY,
    KEY_HEAD_TIMEOUT,
    KEY_PROGRESS_TIMEOUT,
    KEY_MIN_RATE,
    KEY_IDLE_TIMEOUT,
    KEY_LINGER,
};

static const struct argp_option table[] = {
    {"port", KEY_PORT, "PORT", 0,
     "Listen on this port; 0 takes any free one (8080)", 1},
    {"host", KEY_HOST, "ADDRESS", 0,
     "Listen on this address, or on a unix socket if it has a slash "
     "(127.0.0.1; 0.0.0.0 and :: mean all)",
     1},
    {"root", KEY_ROOT, "DIR", 0, "Serve the files of this directory (.)", 1},
    {"index", KEY_INDEX, "NAME", 0,
     "The file that answers for a directory (index.html)", 1},
    {"list", KEY_LIST, NULL, 0, "List the directories that have none", 1},
    {"quiet", KEY_QUIET, NULL, 0, "Log no requests", 1},
    {NULL, 0, NULL, 0, "Times, in seconds (fractions allowed):", 2},
    {"head-timeout", KEY_HEAD_TIMEOUT, "S", 0,
     "A request's head must be whole in this time (10)", 2},
    {"progress-timeout", KEY_PROGRESS_TIMEOUT, "S", 0,
     "Bodies and answers must move in this time (10)", 2},
    {"min-rate", KEY_MIN_RATE, "N", 0,
     "And whenever such a time was spent in waiting for a client, it must have "
     "moved N bytes a second; 0: any (100)",
     2},
    {"idle-timeout", KEY_IDLE_TIMEOUT, "S", 0,
     "A kept connection waits this long for its next request (5)", 2},
    {"linger", KEY_LINGER, "S", 0,
     "After the last answer, wait this long for the client to close (2)", 2},
    {NULL, 0, NULL, 0, "Sizes, in bytes:", 3},
    {"max-target", KEY_MAX_TARGET, "N", 0,
     "Longest request target; beyond: 414 (8000)", 3},
    {"max-head", KEY_MAX_HEAD, "N", 0,
     "Largest sum of header lines; beyond: 431 (32768)", 3},
    {"max-body", KEY_MAX_BODY, "N", 0,
     "Largest request body; beyond: 413 (67108864)", 3},
    {0},
};

long options_number(struct argp_state *state, const char *name, const char *arg,
                    long low, long high)
{
    char *end;
    errno = 0;
    long value = strtol(arg, &end, 10);
    if (!*arg || !strchr("-0123456789", *arg) || *end || errno || value < low ||
        value > high)
        argp_error(state, "--%s must be a number from %ld to %ld, not '%s'",
                   name, low, high, arg);
    return value;
}

int options_ms(struct argp_state *state, const char *name, const char *arg)
{
    char *end;
    double seconds = strtod(arg, &end);
    if (end == arg || *end || !(seconds >= 0 && seconds * 1000 <= LONGEST_MS))
        argp_error(state,
                   "--%s must be a number of seconds from 0 to %d, not '%s'",
                   name, LONGEST_MS / 1000, arg);
    return (int)(seconds * 1000 + 0.5);
}

static int open_root(struct argp_state *state, const char *path)
{
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        argp_failure(state, EXIT_FAILURE, errno, "cannot serve %s", path);
    return root;
}

static error_t parse_limit(int key, char *arg, struct argp_state *state,
                           struct limits *limits)
{
    switch (key) {
    case KEY_MAX_TARGET:
        limits->target_bytes =
            (size_t)options_number(state, "max-target", arg, 1, TARGET_MAX);
        return 0;
    case KEY_MAX_HEAD:
        limits->head_bytes =
            (size_t)options_number(state, "max-head", arg, 64, HEAD_MAX);
        return 0;
    case KEY_MAX_BODY:
        limits->body_bytes =
            (size_t)options_number(state, "max-body", arg, 0, 1L << 40);
        return 0;
    case KEY_HEAD_TIMEOUT:
        limits->head_ms = options_ms(state, "head-timeout", arg);
        return 0;
    case KEY_PROGRESS_TIMEOUT:
        limits->progress_ms = options_ms(state, "progress-timeout", arg);
        return 0;
    case KEY_MIN_RATE:
        limits->min_rate =
            (int)options_number(state, "min-rate", arg, 0, 1000L * 1000 * 1000);
        return 0;
    case KEY_IDLE_TIMEOUT:
        limits->idle_ms = options_ms(state, "idle-timeout", arg);
        return 0;
    case KEY_LINGER:
        limits->linger_ms = options_ms(state, "linger", arg);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* argp hands this to our parser and `own` to the stage's. */
struct input {
    struct options *options;
    const char *root;
    void *own;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;
    struct options *options = input->options;
    switch (key) {
    case ARGP_KEY_INIT:
        if (input->own)
            state->child_inputs[0] = input->own;
        return 0;
    case KEY_PORT:
        options_number(state, "port", arg, 0, 65535);
        options->port = arg;
        return 0;
    case KEY_HOST: options->host = arg; return 0;
    case KEY_ROOT: input->root = arg; return 0;
    case KEY_INDEX:
        if (!*arg || strchr(arg, '/'))
            argp_error(state, "--index must be the name of a file, not '%s'",
                       arg);
        options->files.index = arg;
        return 0;
    case KEY_LIST: options->files.list = true; return 0;
    case KEY_QUIET: log_no_requests(); return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is not an option", arg);
        return EINVAL;
    case ARGP_KEY_END:
        options->files.root = open_root(state, input->root);
        media_types_read("/etc/mime.types"); // without it, those built in
        return 0;
    default: return parse_limit(key, arg, state, &options->limits);
    }
}

/* "3c_fork_wait_loop" logs as "3c". */
static void name_role(void)
{
    static char role[ROLE_BYTES];
    snprintf(role, sizeof role, "%.*s",
             (int)strcspn(program_invocation_short_name, "_"),
             program_invocation_short_name);
    log_role(role);
}

/* Signal settings are inherited: with SIGCHLD ignored by whoever started us
 * there would be no zombie to see and no status to learn; blocked, no end. */
static void reset_signals(void)
{
    signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A server started without standard descriptors would get them as its first
 * sockets, and log into its clients. */
static void fill_standard_descriptors(void)
{
    int filler;
    do
        filler = open("/dev/null", O_RDWR);
    while (filler >= 0 && filler <= STDERR_FILENO);
    close(filler);
}

/* The process serves one root, so it has one cache. A child gets its own, as
 * empty as ours was. */
static struct file_cache cache; // written by files.c

struct options options_parse(int argc, char **argv, const char *about,
                             const struct own_options *own)
{
    const struct argp_child children[] = {
        {.argp = own ? own->argp : NULL, .group = 1}, {0}};
    char doc[256]; // what follows \v comes below the options
    snprintf(doc, sizeof doc, "%s\vThe values in parentheses are the defaults.",
             about);
    const struct argp argp = {.options = table,
                              .parser = parse_option,
                              .doc = doc,
                              .children = own ? children : NULL};
    struct options options = {.host = "127.0.0.1",
                              .port = "8080",
                              .files = {.index = "index.html", .cache = &cache},
                              .limits = default_limits};
    struct input input = {
        .options = &options, .root = ".", .own = own ? own->values : NULL};
    if (!own || !own->keeps_signals)
        reset_signals();
    fill_standard_descriptors();
    name_role();
    argp_parse(&argp, argc, argv, 0, NULL, &input);
    return options;
}
