/* supervisor_options.c - reads --workers and its kin. */
#include "supervisor_options.h"

#include "common/options.h"

#include <sched.h>

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
};

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Workers, each of them a process:", 4},
    {"workers", KEY_WORKERS, "N", 0, "So many (one a processor)", 4},
    {"max-workers", KEY_MAX_WORKERS, "N", 0,
     "More, up to so many, while all are busy (as --workers)", 4},
    {"beat-timeout", KEY_BEAT, "S", 0,
     "A worker that shows no sign of life for so long is replaced (5)", 4},
    {"request-timeout", KEY_REQUEST_TIMEOUT, "S", 0,
     "And one whose request neither ends nor moves; 0: never (30)", 4},
    {"max-requests", KEY_MAX_REQUESTS, "N", 0,
     "Replace a worker after so many, give or take a tenth; 0: never (0)", 4},
    {"max-memory", KEY_MAX_MEMORY, "MIB", 0,
     "Replace a worker that has so much of it resident; 0: never (0)", 4},
    {"start-timeout", KEY_START_TIMEOUT, "S", 0,
     "A new worker must be ready in this time (10)", 4},
    {"drain-timeout", KEY_DRAIN_TIMEOUT, "S", 0,
     "One that was told to go may finish its answer in this time (8)", 4},
    {0},
};

struct supervisor_options supervisor_default_options(void)
{
    cpu_set_t allowed;
    int processors = sched_getaffinity(0, sizeof allowed, &allowed) == 0
                         ? CPU_COUNT(&allowed)
                         : 1;
    return (struct supervisor_options){
        .workers = processors < WORKERS_MAX ? processors : WORKERS_MAX,
        .beat_ms = 5000,
        .request_ms = 30000,
        .times = slot_default_times,
    };
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    enum { MOST = 1000 * 1000 * 1000 };
    struct supervisor_options *options = state->input;
    switch (key) {
    case KEY_WORKERS:
        options->workers =
            (int)options_number(state, "workers", arg, 1, WORKERS_MAX);
        return 0;
    case KEY_MAX_WORKERS:
        options->max_workers =
            (int)options_number(state, "max-workers", arg, 1, WORKERS_MAX);
        return 0;
    case KEY_BEAT:
        options->beat_ms = options_ms(state, "beat-timeout", arg);
        return 0;
    case KEY_REQUEST_TIMEOUT:
        options->request_ms = options_ms(state, "request-timeout", arg);
        return 0;
    case KEY_MAX_REQUESTS:
        options->max_requests =
            (int)options_number(state, "max-requests", arg, 0, MOST);
        return 0;
    case KEY_MAX_MEMORY:
        options->max_memory =
            (int)options_number(state, "max-memory", arg, 0, MOST);
        return 0;
    case KEY_START_TIMEOUT:
        options->times.ready_ms = options_ms(state, "start-timeout", arg);
        return 0;
    case KEY_DRAIN_TIMEOUT:
        options->times.drain_ms = options_ms(state, "drain-timeout", arg);
        return 0;
    case ARGP_KEY_END:
        if (options->max_workers < options->workers)
            options->max_workers = options->workers;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp supervisor_argp = {.options = table, .parser = take_option};
