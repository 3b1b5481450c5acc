/* supervisor_parts.h - what the parts of the supervisor share: supervisor.c
 * with its loop, birth.c, staffing.c, upgrade.c and predecessors.c. Nobody else
 * includes it. */
#ifndef PART3_SUPERVISOR_PARTS_H
#define PART3_SUPERVISOR_PARTS_H

#include "fork_budget.h"
#include "supervisor.h"

#include <poll.h>
#include <sys/stat.h>

/* What the supervisor alone knows of a worker. */
struct place {
    int number; // from 0
    struct slot slot;
    struct seat *seat; // what others may see of it
    bool wanted;
    const char *unwanted; // why it is not

    /* Of the worker in it. */
    bool ready; // it has said so
    unsigned generation;
    pid_t pid;
    int pidfd;   // so that no signal reaches a stranger with the same pid
    int channel; // -1 once it is closed
    int64_t born;
    uint64_t max_requests; // with its jitter; 0: any number
    int64_t resident_mib;  // a second ago, if --max-memory is given
    const char *why;       // it is told to go, or killed
    bool is_predecessor;   // of the binary before us: predecessors.h
};

/* The next binary, tried. */
struct trial {
    struct slot slot; // no process, most of the time
    pid_t pid;
    int ready;      // it says so there; -1: no need to listen
    bool is_wanted; // we wait for that
    bool passed;
    struct stat file; // of its program
};

struct supervisor {
    const struct supervisor_options *options;
    int signals;
    int listener;
    worker_fn *worker;
    void *context;
    struct scoreboard *board;
    struct place *places;
    struct pollfd *watched;
    size_t place_count;

    unsigned generation; // of workers to come
    bool was_ready;      // since the start some worker was ready
    enum { GOING_ON, DRAINING, ENDING } mode;
    int status;               // to return
    int64_t due;              // when this turn should begin, at the latest
    int64_t thawed_at;        // end of the last freeze: ages count from there
    struct fork_budget forks; // after failures
    bool announced;           // that we are ready
    int watchdog_ms;          // of the service manager; 0: it has none
    int64_t watchdog_at;

    /* staffing.c: how many workers. */
    int number;         // that the operator asked for
    int extra;          // for the load
    bool too_few;       // all are busy, and clients wait
    int64_t load_since; // when too_few became what it is

    /* staffing.c: one at a time is replaced. Its heir starts, and when that is
     * ready, the old one goes. */
    struct place *heir, *old;
    const char *old_why;   // it is replaced
    int64_t replace_after; // an heir could not start: not before then
    int hasty;             // replacements in a row of who had enough too soon
    int64_t recycle_after; // the last was one: not before then
    int64_t weigh_at;      // when to look at their memory

    /* staffing.c: reloads. */
    unsigned oldest;   // generation that need not go
    bool reloading;    // said so to the service manager
    bool reload_again; // asked for while one was going on

    /* upgrade.c: the next binary, and the last one. */
    bool upgrade_asked;
    struct trial trial;
    int predecessors; // workers
};

/* --- supervisor.c --- */

/* Have the pid file hold our pid, if there is to be one. */
void take_pid_file(const struct supervisor *s);

/* --- birth.c: a worker is forked --- */

/* Fork one for this place. Returns its pid, and in *channel our end of what
 * one talks to it by; or -1 with errno. */
pid_t birth(struct supervisor *s, const struct place *place, int *channel);

/* --- staffing.c: which places are wanted --- */

/* Decide it for this turn. */
void staffing_decide(struct supervisor *s);

/* Have every worker replaced by one that loads its programs anew. */
void staffing_reload(struct supervisor *s);

/* One more, or one less. */
void staffing_change(struct supervisor *s, int change);

/* The heir cannot start: keep who is there. */
void staffing_give_up(struct supervisor *s);

/* Its worker cannot be killed: have another place instead. */
void staffing_lose(struct supervisor *s, struct place *place);

/* As staffing_reload(), whether or not another reload goes on. */
void staffing_replace_all(struct supervisor *s);

/* --- upgrade.c: from this binary to the next one --- */

/* Upgrade, as soon as that can be. */
void upgrade_ask(struct supervisor *s);

/* The trial may have said that it is ready. */
void upgrade_hear(struct supervisor *s);

/* The trial has exited, with this status from wait4(2). */
void upgrade_exited(struct supervisor *s, int status);

/* Do what is due, of which the last is to become the next binary. */
void upgrade_tend(struct supervisor *s);

/* We end at once: so does the trial. */
void upgrade_end(struct supervisor *s);

/* At the start: there may have been a binary before us. Then its workers are
 * ours, until others have replaced them. */
void upgrade_take_over(struct supervisor *s);

/* One of them is buried. */
void upgrade_bury_predecessor(struct supervisor *s, struct place *place);

#endif
