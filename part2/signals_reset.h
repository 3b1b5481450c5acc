/* signals_reset.h - what a new process does about signals first of all. */
#ifndef PART2_SIGNALS_RESET_H
#define PART2_SIGNALS_RESET_H

/* Give every signal its default action, then unblock all: execve() keeps the
 * mask, and what is *ignored* stays ignored. Safe between fork and exec, also
 * after vfork. */
void signals_reset(void);

#endif
