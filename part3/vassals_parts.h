/* vassals_parts.h - what the parts of the emperor share: vassals.c with its
 * loop, vassals_files.c and vassals_asked.c. Nobody else includes it. */
#ifndef PART3_VASSALS_PARTS_H
#define PART3_VASSALS_PARTS_H

#include "vassal.h"
#include "vassals.h"

#include <limits.h>

struct vassals {
    const struct vassals_options *options;
    int signals;
    int watch;   // readable when the directory has changed
    int control; // the socket; -1: none
    char control_path[PATH_MAX];
    struct vassal **list; // sorted by name
    size_t count;
    enum { GOING_ON, STOPPING, ENDING } mode;
    int64_t due;     // when this turn should begin, at the latest
    int64_t look_at; // the directory, then
    int64_t kill_at; // those who still run, then
    int status;
};

/* --- vassals.c --- */

/* Log an event in the life of an instance. */
void vassals_report(const struct vassal *vassal,
                    const struct instance *instance, const char *name);

/* --- vassals_files.c: which vassals there are --- */

/* Watch the directory, for start-up. */
void vassals_watch(struct vassals *v);

/* It may have changed: then look at it soon. */
void vassals_hear_changes(struct vassals *v);

/* Look at the directory: who is new comes, who was changed is read again, and
 * who is not there any more leaves. */
void vassals_look(struct vassals *v);

/* --- vassals_asked.c: how they are --- */

/* Listen at the socket, for start-up. */
void vassals_open_control(struct vassals *v);

/* Answer all who have come, and wait for nobody. */
void vassals_answer(const struct vassals *v);

#endif
