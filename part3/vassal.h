/* vassal.h - one service: what it is, and what its instances need next.
 *
 * vassal.c only computes, on top of slot.h: it starts and signals nothing and
 * reads no clock. Two versions of a service may be about: `now`, and `next`
 * while instances go over to it one by one. When the last has, `next` is
 * `now`; when one fails twice, those that went come back. */
#ifndef PART3_VASSAL_H
#define PART3_VASSAL_H

#include "fork_budget.h"
#include "slot.h"
#include "vassal_file.h"

#include <sys/stat.h>
#include <time.h>

struct instance {
    struct slot slot;
    struct settings *settings; // it was last started with; NULL: never
    bool done;                 // it has ended, and that was all it had to do
    bool stale;                // it goes, for another version to come
    pid_t pid;
    int pidfd;
    int64_t born;
    time_t up_since; // by the clock on the wall
    unsigned births;
    const char *why; // of what is being done to it
};

struct vassal {
    char *name;
    struct stat seen;      // its file, when it was read
    struct settings *now;  // NULL: its file never was good
    struct settings *next; // NULL unless it is changing
    bool proven;           // an instance of `now` was up
    bool leaving;          // its file has gone, or we go
    char held[WHY_BYTES];  // why its file is not followed; "": it is
    unsigned generation;
    struct fork_budget forks;
    struct instance instances[INSTANCES_MAX];
};

/* A new one, without a file; NULL if there is no memory. */
struct vassal *vassal_make(const char *name, int64_t now);
void vassal_free(struct vassal *vassal);

/* Its file has gone, and another one has come: nothing of the old one counts
 * any more. Instances that are left end all the same. */
void vassal_begin_anew(struct vassal *vassal);

/* Its file says this now: go over to it. Takes the settings over. */
void vassal_change(struct vassal *vassal, struct settings *settings);

/* Its file is not followed, for this reason. */
void vassal_hold(struct vassal *vassal, const char *why);

/* The version that instances are started with. */
struct settings *vassal_target(const struct vassal *vassal);

/* Decide, once in every turn, which instance is next to change. Returns false
 * if the new version was given up in this turn; `held` says why. */
bool vassal_roll(struct vassal *vassal);

/* Shall there be a process in this place? */
bool vassal_wants(const struct vassal *vassal, const struct instance *instance);

/* The instance that could have been started for the longest time, as where
 * many fail there may not be a fork for each; 0 if there is none. */
int vassal_longest_waiting(const struct vassal *vassal, int64_t now);

/* How long things may take in this version; NULL: in any. */
struct slot_times vassal_times(const struct settings *settings);

/* It was started, with the target. */
void vassal_started(struct vassal *vassal, struct instance *instance, pid_t pid,
                    int64_t now);

/* When will a starting instance be up? SLOT_NO_TIMER: it is not starting. */
int64_t vassal_up_at(const struct instance *instance);

/* It is up. */
void vassal_up(struct vassal *vassal, struct instance *instance, int64_t now);

/* It has ended, with this status from wait4(2). */
void vassal_ended(struct instance *instance, int status, unsigned chance,
                  int64_t now);

/* Is any process left, and any that may still end? Whom KILL did not end in
 * its time, nothing does. */
bool vassal_has_processes(const struct vassal *vassal);
bool vassal_is_awaited(const struct vassal *vassal);

/* In one word: "up", "starting", "changing", "failing", "stopping", "held",
 * "done". */
const char *vassal_state(const struct vassal *vassal);

/* How many instances there should be, and how many are up. */
int vassal_wanted(const struct vassal *vassal);
int vassal_count_up(const struct vassal *vassal);

#endif
