/* worker.h - the life of a worker: be ready, answer, go when told. */
#ifndef PART3_WORKER_H
#define PART3_WORKER_H

#include "part2/service.h"
#include "post.h"
#include "status.h"

/* What the worker of the kit works with. */
struct job {
    struct service service;
    struct status_options status;
    bool loaded; // the service: before the fork
};

/* It: `context` is a struct job. Loads the service, unless that was done, and
 * answers one connection at a time. */
worker_fn worker_serve;

#endif
