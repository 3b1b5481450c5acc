/* post.h - what a supervisor gives to a worker: all that they know of each
 * other. */
#ifndef PART3_POST_H
#define PART3_POST_H

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

#endif
