/* handover.h - what comes from whoever started us, or goes to the next binary
 * of this server.
 *
 * A listener comes as systemd gives it, sd_listen_fds(3): LISTEN_FDS
 * descriptors from 3 on, for the process LISTEN_PID alone. A trial of the next
 * binary gets ours like that, and FORKYARD_READY_FD: it writes one byte there
 * when its workers answer. What takes our place by exec, and so has our pid,
 * finds the listener where it was, FORKYARD_LISTENER; our workers are its
 * children by then, and FORKYARD_WORKERS says which. */
#ifndef PART3_HANDOVER_H
#define PART3_HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

/* The byte that a trial writes: what of all that it understands. Another one
 * for another form of FORKYARD_WORKERS. */
enum { HANDOVER_VERSION = '1' };

/* The listener we were started with, or -1 if we were given none. For
 * start-up: ends the program if there is more than one, or none that listens.
 * Nothing of it is left in the environment. */
int handover_take(void);

/* After that: close what else whoever started us has left open, lest workers
 * and programs hold it, a lock or the end of a pipe. All that is ours closes on
 * exec, so what does not is none of it. */
void handover_close_others(void);

/* Does somebody else keep that listener open when we are gone? A service
 * manager does, so that its next client starts us again, and so does whoever
 * tries us. */
bool handover_is_kept(void);

/* Were we only started to see whether we can be? */
bool handover_is_trial(void);

/* What predecessors.c wrote in the binary before us; NULL: we are the first. */
const char *handover_workers(void);

/* Tell whoever tries us that we are ready. */
void handover_ready(void);

/* Start a trial of `program` with `listener`, in a process group of its own; it
 * dies with us. Returns its pid, or -1 with errno and nothing changed; *ready
 * does not block: one byte says that it is ready, the end of input that it
 * never will be. Every signal stays blocked until it hears them itself. */
pid_t handover_try(const char *program, char *const argv[], int listener,
                   int *ready);

/* Become `program`, with the same pid, listener and blocked signals, and with
 * whatever else does not close on exec. Returns, with errno and nothing
 * changed, only if that fails. */
void handover_become(const char *program, char *const argv[], int listener,
                     const char *workers);

#endif
