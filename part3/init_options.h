/* init_options.h - the command line of forkyard-init. */
#ifndef PART3_INIT_OPTIONS_H
#define PART3_INIT_OPTIONS_H

#include "init.h"
#include "vassals.h"

/* What is to be done? */
struct emperor_options {
    enum { RUN_COMMAND, RUN_VASSALS, SHOW_TABLE, SHOW_JSON } task;
    struct init_options init;
    struct vassals_options vassals;
    const char *where; // to show: a directory or a socket
};

/* For start-up: ends the program with 0 after --help, with 64 (EX_USAGE) when
 * the command line is wrong, after saying why. */
struct emperor_options emperor_options_parse(int argc, char **argv);

#endif
