/* worker.h - the life of a worker: be ready, answer, go when told.
 *
 * Its channel to the supervisor is a stream of single bytes. The worker says
 * WORKER_READY once; all the rest is said to it. When the other end is closed
 * the supervisor is gone, and so is the worker, at once. */
#ifndef PART3_WORKER_H
#define PART3_WORKER_H

#include "scoreboard.h"

enum worker_word {
    WORKER_READY = 'r',  // worker: I can answer
    WORKER_DRAIN = 'd',  // finish what you have, take nothing more, go
    WORKER_EMPTY = 'e',  // the same, but first answer all who already wait
    WORKER_REOPEN = 'l', // open your log anew
};

/* What a new worker is given. */
struct post {
    int listener; // shared by all, non-blocking
    int channel;  // to the supervisor
    struct seat *seat;
    const struct scoreboard *board; // to look at
};

/* Be a worker. Called in a new process, with signals at their defaults; the
 * process ends with what it returns: 0 if it went because it was told to. */
typedef int worker_fn(const struct post *post, void *context);

/* The one of the kit: `context` is a struct service, which it loads, and then
 * answers with, one connection at a time. */
worker_fn worker_serve;

#endif
