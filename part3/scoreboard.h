/* scoreboard.h - what supervisor and workers show each other, in memory they
 * share.
 *
 * Every field has one writer, and a worker can write to its own seat alone. It
 * may be buggy or hostile, so whoever reads must be content with any value;
 * the supervisor keeps what it acts on in memory of its own, and believes of
 * a seat only what costs that worker its life, at worst, or brings one worker
 * too many. */
#ifndef PART3_SCOREBOARD_H
#define PART3_SCOREBOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SEATS_MAX = 512,
    SEAT_BYTES = 4096 // a page: what can be protected by itself
};

/* One worker's place. Times are those of net_now(). */
struct seat {
    _Alignas(SEAT_BYTES) size_t number; // of the place, from 0; never changes

    /* Written by the supervisor, read by anyone. */
    _Atomic int state; // enum slot_state
    _Atomic int pid;   // 0 if there is no process
    _Atomic unsigned generation;
    _Atomic int64_t born;
    _Atomic uint64_t deaths; // in this place, so far

    /* Written by the worker in this place, read by anyone. */
    _Atomic int64_t beat;       // when it last showed that it lives
    _Atomic bool has_client;    // though it may have asked for nothing yet
    _Atomic int64_t busy_since; // when its request began to move; 0: none
    _Atomic uint64_t requests;  // answered, by this worker
};

struct scoreboard {
    /* Written by the supervisor. */
    int file;                    // the memory, for scoreboard.c alone
    _Atomic int supervisor;      // its pid
    _Atomic int64_t started;     // when
    _Atomic unsigned generation; // the newest
    _Atomic int wanted;          // how many workers
    _Atomic uint64_t spawned, died, orphans; // so far
    _Atomic uint64_t requests;               // of workers that are gone
    _Atomic int64_t swept;                   // when it last looked for the dead
    size_t seat_count;
    struct seat seats[];
};

/* Make one for `seats` places, shared with all children to come. For start-up:
 * ends the program if there is no memory. */
struct scoreboard *scoreboard_make(size_t seats);

/* In a new worker, before it drops its rights: from now on it can write to
 * `seat`, and only read the rest. Ends the program if that cannot be done. */
void scoreboard_take_seat(struct scoreboard *board, struct seat *seat);

/* In the supervisor, before a worker is forked: what the last one wrote in
 * this place is forgotten. */
void scoreboard_clear_seat(struct seat *seat, unsigned generation, int64_t now);

#endif
