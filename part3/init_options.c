/* init_options.c - what users of small inits expect, and little more. */
#include "init_options.h"

#include "common/log.h"
#include "common/options.h"
#include "events.h"
#include "signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Docker waits for 10 seconds; a server that drains needs up to 8, and a moment
 * to say that it had to cut some off. */
enum { DEFAULT_GRACE_MS = 9000 };

enum key {
    KEY_SINGLE = 'c',
    KEY_OK = 'e',
    KEY_GRACE = 't',
    KEY_REWRITE = 'r',
    KEY_VERBOSE = 'v',
    KEY_VASSALS = 0x3f00,
    KEY_IN_ORDER,
    KEY_CONTROL,
    KEY_EVENTS,
    KEY_JSON,
};

enum group { OF_BOTH, OF_COMMAND, OF_VASSALS, GROUPS };

static const struct argp_option table[] = {
    {"grace", KEY_GRACE, "S", 0,
     "KILL what still runs S seconds after a TERM, or after the end of the "
     "command; 0: never (9)",
     OF_BOTH},
    {NULL, 0, NULL, 0, "Around one command:", OF_COMMAND},
    {"rewrite", KEY_REWRITE, "FROM:TO", 0,
     "Send the command TO when FROM comes, as in 15:3 or TERM:QUIT; 0 sends "
     "nothing. Can be repeated",
     OF_COMMAND},
    {"single-child", KEY_SINGLE, NULL, 0,
     "Send signals to the command only, not to its process group", OF_COMMAND},
    {"ok-status", KEY_OK, "N", 0,
     "End with 0 if the command ends with N. Can be repeated", OF_COMMAND},
    {"verbose", KEY_VERBOSE, NULL, 0, "Log every signal and every burial",
     OF_COMMAND},
    {NULL, 0, NULL, 0, "Around many services:", OF_VASSALS},
    {"vassals", KEY_VASSALS, "DIR", 0,
     "Keep the services alive that the files DIR/NAME.ini describe, and follow "
     "every change of these files",
     OF_VASSALS},
    {"in-order", KEY_IN_ORDER, NULL, 0,
     "Stop the last in the alphabet first, each when the one after it has "
     "gone, not all at once",
     OF_VASSALS},
    {"control", KEY_CONTROL, "SOCKET", 0,
     "Say there how they are (DIR/.control)", OF_VASSALS},
    {"events", KEY_EVENTS, "FILE", 0,
     "A line of JSON for every event in their lives; -: standard output",
     OF_VASSALS},
    {0},
};

static const char doc[] =
    "Runs CMD as process 1 of a container, or anywhere else: hands it every "
    "signal, buries every zombie, and when it has ended, ends everyone else. "
    "Or keeps a directory of services alive, and shows how they are."
    "\v"
    "Ends with the status of CMD, 128 + N if signal N ended it, 127 if there "
    "is no CMD, 126 if it cannot be run. The values in parentheses are the "
    "defaults.";

static void take_rewrite(struct argp_state *state, struct init_options *options,
                         const char *arg)
{
    char from[16] = "";
    const char *colon = strchr(arg, ':');
    if (colon && (size_t)(colon - arg) < sizeof from)
        memcpy(from, arg, (size_t)(colon - arg));
    int number = signals_number(from);
    const char *to = colon ? colon + 1 : "";
    int replacement = signals_number(to);
    if (!number || (!replacement && strcmp(to, "0") != 0))
        argp_error(state, "--rewrite must be two signals as in 15:3, not '%s'",
                   arg);
    options->rewrite[number] = replacement;
}

static void open_events(struct argp_state *state, const char *path)
{
    if (events_open(path) < 0)
        argp_failure(state, EXIT_FAILURE, errno, "cannot open %s", path);
}

struct parsing {
    struct emperor_options *options;
    const char *given[GROUPS]; // an option of that group, or NULL
};

static void note_group(struct parsing *parsing, int key)
{
    for (const struct argp_option *one = table; one->name || one->doc; one++)
        if (one->key == key && key != 0)
            parsing->given[one->group] = one->name;
}

static void check_task(const struct parsing *parsing, struct argp_state *state)
{
    const struct emperor_options *options = parsing->options;
    bool has_command = options->init.command != NULL;
    if (options->task == RUN_VASSALS && has_command)
        argp_error(state, "a command or --vassals, not both");
    if (options->task == RUN_COMMAND && !has_command)
        argp_error(state, "which command?");
    const char *useless = parsing->given[has_command ? OF_VASSALS : OF_COMMAND];
    if (useless)
        argp_error(state, "--%s is only for %s", useless,
                   has_command ? "--vassals" : "a command");
}

static error_t take_vassals(int key, char *arg, struct argp_state *state)
{
    const struct parsing *parsing = state->input;
    struct emperor_options *options = parsing->options;
    switch (key) {
    case KEY_VASSALS:
        options->task = RUN_VASSALS;
        options->vassals.directory = arg;
        return 0;
    case KEY_IN_ORDER: options->vassals.in_order = true; return 0;
    case KEY_CONTROL: options->vassals.control = arg; return 0;
    case KEY_EVENTS:
        options->vassals.events = arg;
        open_events(state, arg);
        return 0;
    case ARGP_KEY_END: check_task(parsing, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    struct emperor_options *all = parsing->options;
    struct init_options *options = &all->init;
    note_group(parsing, key);
    switch (key) {
    case KEY_SINGLE: options->single = true; return 0;
    case KEY_VERBOSE: options->verbose = true; return 0;
    case KEY_GRACE:
        options->grace_ms = options_ms(state, "grace", arg);
        all->vassals.grace_ms = options->grace_ms;
        return 0;
    case KEY_REWRITE: take_rewrite(state, options, arg); return 0;
    case KEY_OK:
        options
            ->is_ok[options_number(state, "ok-status", arg, 0, STATUSES - 1)] =
            true;
        return 0;
    case ARGP_KEY_ARGS: options->command = state->argv + state->next; return 0;
    default: return take_vassals(key, arg, state);
    }
}

static void parse_run(int argc, char **argv, struct emperor_options *options)
{
    static const struct argp argp = {
        .options = table,
        .parser = take_option,
        .args_doc = "[--] CMD [ARG...]\n--vassals DIR\nstatus DIR|SOCKET",
        .doc = doc};
    options->init.grace_ms = DEFAULT_GRACE_MS;
    options->vassals.grace_ms = DEFAULT_GRACE_MS;
    for (int number = 1; number < NSIG; number++)
        options->init.rewrite[number] = number;
    struct parsing parsing = {.options = options};
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &parsing);
}

/* --- status --- */

static error_t take_status(int key, char *arg, struct argp_state *state)
{
    struct emperor_options *options = state->input;
    switch (key) {
    case KEY_JSON: options->task = SHOW_JSON; return 0;
    case ARGP_KEY_ARG:
        if (options->where)
            argp_error(state, "one directory or socket at a time");
        options->where = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "of which directory or socket?");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void parse_status(int argc, char **argv, struct emperor_options *options)
{
    static const struct argp_option own[] = {
        {"json", KEY_JSON, NULL, 0, "For programs, not for people", 0}, {0}};
    static const struct argp argp = {
        .options = own,
        .parser = take_status,
        .args_doc = "DIR|SOCKET",
        .doc = "Shows the services that forkyard-init --vassals DIR keeps."};
    static char name[] = "forkyard-init status";
    options->task = SHOW_TABLE;
    argv[0] = name;
    argp_parse(&argp, argc, argv, 0, NULL, options);
}

struct emperor_options emperor_options_parse(int argc, char **argv)
{
    struct emperor_options options = {.task = RUN_COMMAND};
    log_role("init");
    if (argc > 1 && strcmp(argv[1], "status") == 0)
        parse_status(argc - 1, argv + 1, &options);
    else
        parse_run(argc, argv, &options);
    return options;
}
