/* init_terminal.h - who has the terminal: we, or the group of the command.
 *
 * A shell knows only us. Whenever it gives us the terminal, we hand it on to
 * the command; and when Ctrl-Z stops the command, we stop as well, so that
 * the shell prompts, and fg brings both back. */
#ifndef PART3_INIT_TERMINAL_H
#define PART3_INIT_TERMINAL_H

#include <sys/types.h>

/* Our terminal, or -1 if we have none. It closes on exec. Call it, and all
 * below, with all signals blocked. */
int terminal_open(void);

/* If group `from` has the terminal, give it to group `to`. */
void terminal_pass(int terminal, pid_t from, pid_t to);

/* `signal` has stopped the command, which leads a group. If that was the
 * terminal's doing, stop, too; returns when we go on. The command does not,
 * before it is sent SIGCONT: which has come to us, if anyone wants it. */
void terminal_stopped(int terminal, pid_t group, int signal);

#endif
