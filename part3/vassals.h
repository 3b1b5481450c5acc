/* vassals.h - a directory of services, kept alive. */
#ifndef PART3_VASSALS_H
#define PART3_VASSALS_H

#include <stdbool.h>

struct vassals_options {
    const char *directory;
    int grace_ms;        // from TERM to KILL, for all of them; 0: never
    bool in_order;       // the last in the alphabet is the first to stop
    const char *control; // socket for vassals_status(); NULL: the directory's
    const char *events;  // file for events.h; NULL: none
};

/* What the process should end with. */
enum vassals_status {
    VASSALS_STOPPED = 0,
    VASSALS_CUT = 4, // told to stop, but some had to be killed
    // 128 + signal: told to end at once
};

/* Look after the services of the directory until told to stop. Returns an
 * enum vassals_status when none of their processes is left, but for those
 * whom not even KILL ends. `signals` is from signals_open(). */
int vassals_run(const struct vassals_options *options, int signals);

/* As a client: show how they are. `where` is the directory or the socket.
 * Returns the status to end with. */
int vassals_status_table(const char *where);
int vassals_status_json(const char *where);

#endif
