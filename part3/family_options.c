/* family_options.c - reads --workers and its kin. */
#include "family_options.h"

#include "common/log.h"
#include "common/options.h"
#include "events.h"
#include "pid_file.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKERS_MAX = SEATS_MAX / 2 };

enum key {
    KEY_WORKERS = 0x3e00,
    KEY_MAX_WORKERS,
    KEY_BEAT,
    KEY_REQUEST_TIMEOUT,
    KEY_MAX_REQUESTS,
    KEY_MAX_MEMORY,
    KEY_START_TIMEOUT,
    KEY_DRAIN_TIMEOUT,
    KEY_USER,
    KEY_GROUP,
    KEY_UMASK,
    KEY_MAX_FILES,
    KEY_PID_FILE,
    KEY_LOG,
    KEY_EVENTS,
    KEY_PRELOAD,
    KEY_STATUS,
    KEY_STATUS_FOR_ALL,
};

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Workers, each of them a process:", 4},
    {"workers", KEY_WORKERS, "N", 0, "So many (one a processor)", 4},
    {"max-workers", KEY_MAX_WORKERS, "N", 0,
     "More, up to so many, while all are busy (as --workers)", 4},
    {"beat-timeout", KEY_BEAT, "S", 0,
     "A worker that shows no sign of life for so long is replaced (5)", 4},
    {"request-timeout", KEY_REQUEST_TIMEOUT, "S", 0,
     "And one whose request neither ends nor moves, unless it waits for a "
     "client or a program, which have limits of their own; 0: never (30)",
     4},
    {"max-requests", KEY_MAX_REQUESTS, "N", 0,
     "Replace a worker after so many, give or take a tenth; 0: never (0)", 4},
    {"max-memory", KEY_MAX_MEMORY, "MIB", 0,
     "Replace a worker that has so much of it resident; 0: never (0)", 4},
    {"start-timeout", KEY_START_TIMEOUT, "S", 0,
     "A new worker must be ready in this time (10)", 4},
    {"drain-timeout", KEY_DRAIN_TIMEOUT, "S", 0,
     "One that was told to go may finish its answer in this time (8)", 4},
    {"preload", KEY_PRELOAD, NULL, 0,
     "Load applications once, before workers are made: saves memory, but "
     "SIGHUP does not load them anew",
     4},
    {NULL, 0, NULL, 0, "What workers may do:", 5},
    {"user", KEY_USER, "NAME", 0, "Workers become this user", 5},
    {"group", KEY_GROUP, "NAME", 0, "And this group (the user's)", 5},
    {"umask", KEY_UMASK, "MODE", 0, "For files they make, as in 027", 5},
    {"max-files", KEY_MAX_FILES, "N", 0, "So many may each have open", 5},
    {NULL, 0, NULL, 0, "What others are told:", 6},
    {"status", KEY_STATUS, "/PATH", 0,
     "Show the family at this path, also as PATH.json and PATH.prom, to "
     "clients of this machine; none: nowhere (/status, if nothing is mounted "
     "there)",
     6},
    {"status-for-all", KEY_STATUS_FOR_ALL, NULL, 0, "Show it to all others", 6},
    {"pid-file", KEY_PID_FILE, "FILE", 0,
     "Write the supervisor's pid there, once all workers are ready", 6},
    {"log", KEY_LOG, "FILE", 0,
     "Log there, not to standard error; SIGUSR1 opens it anew", 6},
    {"events", KEY_EVENTS, "FILE", 0,
     "A line of JSON for every event in a worker's life; -: standard output",
     6},
    {0},
};

/* Parsers cut the arguments into pieces; the next binary needs them whole. */
static char *const *copy_of(char *const argv[])
{
    size_t count = 0;
    while (argv[count])
        count++;
    static char **copy; // for as long as there is a process
    copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = strdup(argv[i]);
    if (!copy || (count > 0 && !copy[count - 1]))
        die("keep the command line");
    return copy;
}

struct family_options family_default_options(char *const argv[])
{
    cpu_set_t allowed;
    int processors = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                         ? CPU_COUNT(&allowed)
                         : 1;
    return (struct family_options){
        .supervisor =
            {
                .workers = processors < WORKERS_MAX ? processors : WORKERS_MAX,
                .beat_ms = 5000,
                .request_ms = 30000,
                .times = slot_default_times,
                .rights = rights_unchanged,
                .argv = copy_of(argv),
            },
        .status = {.path = "/status"},
    };
}

static error_t take_right(int key, char *arg, struct argp_state *state,
                          struct rights *rights)
{
    switch (key) {
    case KEY_USER:
        if (!rights_set_user(rights, arg))
            argp_error(state, "there is no user '%s'", arg);
        return 0;
    case KEY_GROUP:
        if (!rights_set_group(rights, arg))
            argp_error(state, "there is no group '%s'", arg);
        return 0;
    case KEY_UMASK:
        if (!rights_set_umask(rights, arg))
            argp_error(state, "--umask must be octal, not '%s'", arg);
        return 0;
    case KEY_MAX_FILES:
        rights->max_files =
            options_number(state, "max-files", arg, 16, 1 << 20);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void open_file(struct argp_state *state, int (*open)(const char *path),
                      const char *path)
{
    if (open(path) < 0)
        argp_failure(state, EXIT_FAILURE, errno, "cannot open %s", path);
}

static error_t take_number(int key, char *arg, struct argp_state *state,
                           struct supervisor_options *options)
{
    enum { MOST = 1000 * 1000 * 1000 };
    switch (key) {
    case KEY_WORKERS:
        options->workers =
            (int)options_number(state, "workers", arg, 1, WORKERS_MAX);
        return 0;
    case KEY_MAX_WORKERS:
        options->max_workers =
            (int)options_number(state, "max-workers", arg, 1, WORKERS_MAX);
        return 0;
    case KEY_MAX_REQUESTS:
        options->max_requests =
            (int)options_number(state, "max-requests", arg, 0, MOST);
        return 0;
    case KEY_MAX_MEMORY:
        options->max_memory =
            (int)options_number(state, "max-memory", arg, 0, MOST);
        return 0;
    default: return take_right(key, arg, state, &options->rights);
    }
}

static error_t take_time(int key, char *arg, struct argp_state *state,
                         struct supervisor_options *options)
{
    switch (key) {
    case KEY_BEAT:
        options->beat_ms = options_ms(state, "beat-timeout", arg);
        return 0;
    case KEY_REQUEST_TIMEOUT:
        options->request_ms = options_ms(state, "request-timeout", arg);
        return 0;
    case KEY_START_TIMEOUT:
        options->times.ready_ms = options_ms(state, "start-timeout", arg);
        return 0;
    case KEY_DRAIN_TIMEOUT:
        options->times.drain_ms = options_ms(state, "drain-timeout", arg);
        return 0;
    default: return take_number(key, arg, state, options);
    }
}

static const char *status_path(struct argp_state *state, const char *arg)
{
    if (strcmp(arg, "none") == 0)
        return "";
    if (arg[0] != '/')
        argp_error(state, "--status must be a path or none, not '%s'", arg);
    return arg;
}

/* Who asks the file for a pid would reach only one of them. */
static void refuse_a_second(struct argp_state *state, const char *pid_file)
{
    pid_t holder = pid_file_holder(pid_file);
    if (holder != 0 && holder != getppid()) // that is our predecessor
        argp_failure(state, EXIT_FAILURE, 0, "%s is held by pid %d, which runs",
                     pid_file, (int)holder);
}

static void finish(struct argp_state *state, struct supervisor_options *options)
{
    if (options->max_workers < options->workers)
        options->max_workers = options->workers;
    if (options->pid_file)
        refuse_a_second(state, options->pid_file);
    if (options->json_file)
        open_file(state, events_open, options->json_file);
    if (options->log_file)
        open_file(state, log_open, options->log_file);
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct family_options *options = state->input;
    switch (key) {
    case KEY_PRELOAD: options->preload = true; return 0;
    case KEY_STATUS:
        options->status.path = status_path(state, arg);
        options->status.is_wish = true;
        return 0;
    case KEY_STATUS_FOR_ALL: options->status.for_all = true; return 0;
    case KEY_PID_FILE: options->supervisor.pid_file = arg; return 0;
    case KEY_LOG: options->supervisor.log_file = arg; return 0;
    case KEY_EVENTS: options->supervisor.json_file = arg; return 0;
    case ARGP_KEY_END: finish(state, &options->supervisor); return 0;
    default: return take_time(key, arg, state, &options->supervisor);
    }
}

const struct argp family_argp = {.options = table, .parser = take_option};
