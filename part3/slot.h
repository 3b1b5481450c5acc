/* slot.h - one place for a worker: what it is, and what it needs next.
 *
 *    EMPTY --spawn--> STARTING --READY--> UP ---late---> SUSPECT
 *      ^                |   |              |                |
 *      |                |   '--not wanted--+--> DRAINING    |
 *      |               late                         |late   |late
 *      |                '------> KILLING <----------'-------'
 *      |
 *      '-- exit of one that was told to go, from wherever it is then
 *
 *    any other exit, or a failed fork --> BACKOFF --timer--> STARTING
 *                                            '--not wanted--> EMPTY
 *
 * Three things are kept apart: what the slot *is* (struct slot), what is
 * *wanted* (a bool) and what *happened* (an event). slot.c only computes: it
 * forks nothing and reads no clock, so it is tested without either. All times
 * are milliseconds of one monotonic clock. */
#ifndef PART3_SLOT_H
#define PART3_SLOT_H

#include <stdbool.h>
#include <stdint.h>

enum slot_state {
    SLOT_EMPTY,    // no process
    SLOT_STARTING, // forked, not ready; timer: ready_ms
    SLOT_UP,       // it answers
    SLOT_SUSPECT,  // sent SIGABRT for being stuck; timer: abort_ms
    SLOT_DRAINING, // told to go; timer: drain_ms
    SLOT_KILLING,  // sent SIGKILL; timer: kill_ms
    SLOT_BACKOFF,  // no process, and none until the timer rings
    SLOT_STATES
};

/* What the owner of the slot does next, and then reports by slot_did(). */
enum slot_action {
    SLOT_REST,  // nothing
    SLOT_SPAWN, // fork a worker
    SLOT_DRAIN, // tell it to finish and go
    SLOT_ABORT, // SIGABRT: a core to look at, then death
    SLOT_KILL,  // SIGKILL
    SLOT_LEAVE, // nothing is wanted here any more
    SLOT_REPORT // even SIGKILL did not end it: say so
};

enum slot_event {
    SLOT_SPAWNED,     // fork succeeded
    SLOT_NOT_SPAWNED, // fork failed
    SLOT_READY,       // the worker says it can answer
    SLOT_EXITED       // it is dead and buried
};

/* How long things may take. */
struct slot_times {
    int ready_ms;   // from fork to READY
    int abort_ms;   // from SIGABRT to SIGKILL
    int drain_ms;   // from being told to go to SIGKILL
    int kill_ms;    // from SIGKILL to giving it up as unkillable
    int young_ms;   // who dies younger failed, and its place backs off
    int backoff_ms; // the longest back-off
};

/* 10, 1, 8, 5, 10 and 5 seconds. */
extern const struct slot_times slot_default_times;

/* Never: for `until`. */
#define SLOT_NO_TIMER INT64_MAX

/* Start from {0, .until = SLOT_NO_TIMER}. */
struct slot {
    enum slot_state state;
    int64_t since; // when it entered that state
    int64_t until; // when its timer rings
    int failures;  // in a row: failed forks, and workers that died young
    bool leaving;  // it was told to go, or killed for not being wanted
};

/* What is to be done now? `late`: the worker has not given a sign of life for
 * too long. Changes nothing. */
enum slot_action slot_next(const struct slot *slot, bool wanted, bool late,
                           int64_t now);

/* The action that slot_next() asked for was carried out (all but SPAWN, which
 * is reported by its event). */
void slot_did(struct slot *slot, enum slot_action action,
              const struct slot_times *times, int64_t now);

/* Something happened to the worker. `chance`, any number, decides the jitter
 * of a back-off, so that places do not all start at one moment. An event that
 * cannot happen in this state changes nothing. */
void slot_happened(struct slot *slot, enum slot_event event,
                   const struct slot_times *times, unsigned chance,
                   int64_t now);

/* Does it have a process? */
bool slot_has_worker(const struct slot *slot);

/* "starting", "up" and so on. */
const char *slot_state_name(enum slot_state state);

#endif
