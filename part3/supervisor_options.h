/* supervisor_options.h - what the command line says about workers. */
#ifndef PART3_SUPERVISOR_OPTIONS_H
#define PART3_SUPERVISOR_OPTIONS_H

#include "supervisor.h"

#include <argp.h>

/* As many workers as there are processors, and the times of slot.h. */
struct supervisor_options supervisor_default_options(void);

/* Their options; finds a struct supervisor_options as its state->input. */
extern const struct argp supervisor_argp;

#endif
