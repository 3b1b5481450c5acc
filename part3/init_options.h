/* init_options.h - the command line of forkyard-init. */
#ifndef PART3_INIT_OPTIONS_H
#define PART3_INIT_OPTIONS_H

#include "init.h"

/* For start-up: ends the program with 0 after --help, with 64 (EX_USAGE) when
 * the command line is wrong, after saying why. */
struct init_options init_options_parse(int argc, char **argv);

#endif
