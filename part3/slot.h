/* slot.h - one place for a worker: what it is, and what it needs next.
 *
 *    EMPTY --wanted--> STARTING --ready--> UP --late--> SUSPECT
 *    STARTING, UP --not wanted--> DRAINING
 *    STARTING, SUSPECT, DRAINING --timer--> KILLING --timer--> LOST
 *    STARTING, UP, SUSPECT, DRAINING --end at once--> KILLING
 *
 *    STARTING, UP, SUSPECT, KILLING --exit--> BACKOFF --timer--> STARTING
 *    DRAINING, LOST --exit--> EMPTY
 *    KILLING --exit after DRAINING--> EMPTY
 *    EMPTY --fork fails--> BACKOFF --not wanted, end at once--> EMPTY
 *
 * These arrows are all there are: lab slot-table finds the same in slot.c.
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
    SLOT_LOST,     // it hangs in the kernel; nobody waits for it any more
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
    SLOT_REPORT // even SIGKILL did not end it: say so, and give it up
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
    int kill_ms;    // from SIGKILL to giving it up as lost
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
    bool leaving;  // told to go, or lost: its exit is no failure
};

/* What is to be done now? `late`: the worker has not given a sign of life for
 * too long. Changes nothing. */
enum slot_action slot_next(const struct slot *slot, bool wanted, bool late,
                           int64_t now);

/* The same when all is to end at once: nobody is asked to go. */
enum slot_action slot_end(const struct slot *slot, int64_t now);

/* The action that was asked for was carried out (all but SPAWN, which
 * is reported by its event). */
void slot_did(struct slot *slot, enum slot_action action,
              const struct slot_times *times, int64_t now);

/* Something happened to the worker. `chance`, any number, decides the jitter
 * of a back-off, so that places do not all start at one moment. An event that
 * cannot happen in this state changes nothing. */
void slot_happened(struct slot *slot, enum slot_event event,
                   const struct slot_times *times, unsigned chance,
                   int64_t now);

/* A turn of the owner was due, and comes now. Is it so late that all were
 * stopped, as in a suspended machine, and not one worker? Returns how much time
 * was lost by that, or 0. */
int64_t slot_lost_time(int64_t due, int64_t now);

/* Its timer, if it has one, rings so much later. */
void slot_postpone(struct slot *slot, int64_t ms);

/* The spawn that was asked for has to wait until then. */
void slot_wait(struct slot *slot, int64_t until);

/* How long to wait after so many failures in a row: 0, 0.1, 0.2, 0.4 ...
 * seconds, once is bad luck, again is a reason; by a tenth more or less, as
 * `chance` decides. */
int64_t slot_delay_after(int failures, const struct slot_times *times,
                         unsigned chance);

/* Does it have a process? */
bool slot_has_worker(const struct slot *slot);

/* Does it have one whose end is worth waiting for? */
bool slot_is_awaited(const struct slot *slot);

/* "starting", "up" and so on. */
const char *slot_state_name(enum slot_state state);

#endif
