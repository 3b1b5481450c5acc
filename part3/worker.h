/* worker.h - the life of a worker: be ready, answer, go when told. */
#ifndef PART3_WORKER_H
#define PART3_WORKER_H

#include "scoreboard.h"

/* What a new worker is given. */
struct post {
    int listener; // shared by all, non-blocking
    int channel;  // to the supervisor: channel.h
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
