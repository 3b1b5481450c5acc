/* events.h - one line for each event in a worker's life. */
#ifndef PART3_EVENTS_H
#define PART3_EVENTS_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct event {
    const char *name; // "spawn", "ready", "drain", "suspect", "kill",
                      // "unkillable", "exit"; "backoff": nobody, for a while
    const char *of;   // whose: NULL: a worker of ours
    int slot;
    unsigned generation;
    pid_t pid;           // 0: there is none
    const char *why;     // NULL: it speaks for itself
    int64_t age_ms;      // of the worker, or the delay of a back-off
    int64_t requests;    // -1: not known
    int status;          // of an exit, from wait4(2)
    struct rusage usage; // of an exit
};

/* Log it in words, and as a line of JSON to the file of events_open(). */
void events_write(const struct event *event);

/* Write JSON lines to this file from now on, "-" for standard output. Call it
 * again to open it anew. Returns 0, or -1 with errno, and goes on as before. */
int events_open(const char *path);

#endif
