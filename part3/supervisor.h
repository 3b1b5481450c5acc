/* supervisor.h - keeps the wanted number of workers alive. */
#ifndef PART3_SUPERVISOR_H
#define PART3_SUPERVISOR_H

#include "post.h"
#include "rights.h"
#include "slot.h"

struct supervisor_options {
    int workers;
    int max_workers;  // when all are busy; at least `workers`
    int beat_ms;      // without a sign of life a worker is stuck
    int request_ms;   // and with a request that does not move; 0: any time
    int max_requests; // then a worker is replaced, give or take 10 %; 0: never
    int max_memory;   // MiB resident; the same; 0: never
    struct slot_times times;
    struct rights rights;  // of workers
    const char *pid_file;  // NULL: none
    const char *log_file;  // standard error, opened anew on SIGUSR1; or NULL
    const char *json_file; // of events.h; NULL: none
    char *const *argv;     // to start the next binary with
};

/* What the process should end with. */
enum supervisor_status {
    SUPERVISOR_DRAINED = 0,
    SUPERVISOR_NO_START = 3, // no worker ever was ready
    SUPERVISOR_CUT = 4,      // asked to drain, but some had to be killed
    // 128 + signal: told to end at once
};

/* Supervise workers that serve `listener` by `worker` until told to stop.
 * `signals` is from signals_open(). Returns an enum supervisor_status when all
 * workers are gone and the listener is closed. */
int supervise(const struct supervisor_options *options, int signals,
              int listener, worker_fn *worker, void *context);

#endif
