/* options.h - the command line, the same for every stage. */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include "files.h"
#include "limits.h"

#include <argp.h>
#include <stdbool.h>

struct options {
    const char *host;
    const char *port;
    struct files files;
    struct limits limits;
};

/* Options that only one stage has: `argp` parses them, and finds `values` as
 * its state->input. */
struct own_options {
    const struct argp *argp;
    void *values;
    bool keeps_signals; // main has set them up before: they stay so
};

/* Parse the command line. `about` is the first line of --help, "3c - ...";
 * `own` may be NULL. Also names the log's role after the program, and undoes
 * what whoever started us has done to signals. For start-up: --help ends the
 * program with 0, a wrong command line with 64 (EX_USAGE), a root that cannot
 * be opened with 1, each after saying why. */
struct options options_parse(int argc, char **argv, const char *about,
                             const struct own_options *own);

/* For parsers of a stage's own options: the value of `arg` in [low, high], or
 * ends the program naming option `name`. options_ms() reads seconds, which
 * may have a fraction, and gives milliseconds. */
long options_number(struct argp_state *state, const char *name, const char *arg,
                    long low, long high);
int options_ms(struct argp_state *state, const char *name, const char *arg);

#endif
