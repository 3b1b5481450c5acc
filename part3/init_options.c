/* init_options.c - what users of small inits expect, and little more. */
#include "init_options.h"

#include "common/log.h"
#include "common/options.h"
#include "signals.h"

#include <stdlib.h>
#include <string.h>

enum key {
    KEY_SINGLE = 'c',
    KEY_OK = 'e',
    KEY_GRACE = 't',
    KEY_REWRITE = 'r',
    KEY_VERBOSE = 'v',
};

static const struct argp_option table[] = {
    {"grace", KEY_GRACE, "S", 0,
     "KILL what still runs S seconds after a TERM, or after the end of the "
     "command; 0: never (8)",
     1},
    {"rewrite", KEY_REWRITE, "FROM:TO", 0,
     "Send the command TO when FROM comes, as in 15:3 or TERM:QUIT; 0 sends "
     "nothing. Can be repeated",
     1},
    {"single-child", KEY_SINGLE, NULL, 0,
     "Send signals to the command only, not to its process group", 1},
    {"ok-status", KEY_OK, "N", 0,
     "End with 0 if the command ends with N. Can be repeated", 1},
    {"verbose", KEY_VERBOSE, NULL, 0, "Log every signal and every burial", 1},
    {0},
};

static const char doc[] =
    "Runs CMD as process 1 of a container, or anywhere else: hands it every "
    "signal, buries every zombie, and when it has ended, ends everyone else."
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

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct init_options *options = state->input;
    switch (key) {
    case KEY_SINGLE: options->single = true; return 0;
    case KEY_VERBOSE: options->verbose = true; return 0;
    case KEY_GRACE:
        options->grace_ms = options_ms(state, "grace", arg);
        return 0;
    case KEY_REWRITE: take_rewrite(state, options, arg); return 0;
    case KEY_OK:
        options
            ->is_ok[options_number(state, "ok-status", arg, 0, STATUSES - 1)] =
            true;
        return 0;
    case ARGP_KEY_ARGS: options->command = state->argv + state->next; return 0;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which command?"); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

struct init_options init_options_parse(int argc, char **argv)
{
    static const struct argp argp = {.options = table,
                                     .parser = take_option,
                                     .args_doc = "[--] CMD [ARG...]",
                                     .doc = doc};
    struct init_options options = {.grace_ms = 8000};
    for (int number = 1; number < NSIG; number++)
        options.rewrite[number] = number;
    log_role("init");
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
    return options;
}
