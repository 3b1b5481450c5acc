/* family_options.h - what the command line says about supervisor and workers. */
#ifndef PART3_FAMILY_OPTIONS_H
#define PART3_FAMILY_OPTIONS_H

#include "status.h"
#include "supervisor.h"

#include <argp.h>

struct family_options {
    struct supervisor_options supervisor;
    struct status_options status;
    bool preload; // load programs before the workers are forked
};

/* As many workers as there are processors, and the times of slot.h. `argv` is
 * what main was given, not yet parsed; it is copied. */
struct family_options family_default_options(char *const argv[]);

/* Finds a struct family_options as its state->input. */
extern const struct argp family_argp;

#endif
