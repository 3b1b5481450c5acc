/* signals.h - signals as data: they wait in a descriptor until we read them.
 *
 * Every signal is blocked, so none needs a handler: nothing runs between two
 * instructions, and nothing is unsafe to call; signalfd(2). */
#ifndef PART3_SIGNALS_H
#define PART3_SIGNALS_H

/* Block every signal, from now on and over exec, and return a descriptor that
 * is readable while one is pending; it closes on exec. For start-up, in the
 * first line of main: ends the program if it cannot be done. */
int signals_open(void);

/* The number of the next pending signal, or 0 if none is. Many of a kind may
 * have become one. Never blocks. */
int signals_next(int signals);

/* The number of the signal that `text` names: "15", "TERM" or "SIGTERM"; 0 if
 * there is none of that name. */
int signals_number(const char *text);

#endif
