/* flood_start.h - a flood before its first and after its last request. */
#ifndef TOOLS_FLOOD_START_H
#define TOOLS_FLOOD_START_H

#include "flood.h"

enum { EXIT_NOT_ALL = 1, EXIT_NO_START = 2 };

/* Say why in one line, and end with EXIT_NO_START. */
void flood_die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* Make ready what `flood->options` ask for; all else in `flood` must be zero.
 * Blocks SIGINT and SIGTERM, which come by `flood->signals`. Dies if it cannot.
 * Undo with flood_clean_up(). */
void flood_start(struct flood *flood);
void flood_clean_up(struct flood *flood);

#endif
