/* init.h - the first process of a container, or of a part of the tree. */
#ifndef PART3_INIT_H
#define PART3_INIT_H

#include <signal.h>
#include <stdbool.h>

enum { STATUSES = 256 };

struct init_options {
    char **command;       // its words, then NULL
    int rewrite[NSIG];    // what is sent for a signal that came; 0: nothing
    int grace_ms;         // from TERM to KILL; 0: never
    bool single;          // signals are for the command, not for its group
    bool verbose;         // log every signal and every burial
    bool is_ok[STATUSES]; // end with 0 for this status of the command
};

/* Run the command, hand it every signal that comes, bury every child, whoever
 * started it. When the command has ended, end everyone else. Returns the
 * status of the command, 128 + n if signal n ended it. `signals` is from
 * signals_open(). */
int init_run(const struct init_options *options, int signals);

#endif
