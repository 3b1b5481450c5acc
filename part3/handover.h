/* handover.h - listeners that come from whoever started us, or go to the next
 * binary of this server.
 *
 * The protocol is systemd's, sd_listen_fds(3): LISTEN_FDS descriptors from 3
 * on, for the process LISTEN_PID alone. A successor that we started also gets
 * FORKYARD_READY_FD, and writes one byte there when its workers answer; and
 * FORKYARD_KEPT if we were not the first to have the listener. */
#ifndef PART3_HANDOVER_H
#define PART3_HANDOVER_H

#include <stdbool.h>
#include <sys/types.h>

/* The listener we were started with, or -1 if we were given none. For
 * start-up: ends the program if there is more than one, or none that listens.
 * Nothing of it is left in the environment. */
int handover_take(void);

/* After that: close what else whoever started us has left open, lest workers
 * and programs hold it, a lock or the end of a pipe. All that is ours closes on
 * exec, so what does not is none of it. */
void handover_close_others(void);

/* Does whoever started us keep that listener open when we are gone? A service
 * manager does, so that its next client starts us again; a predecessor that
 * was not given it does not. */
bool handover_is_kept(void);

/* Tell our predecessor, if there is one, that it can go. */
void handover_ready(void);

/* Run `argv` again, with `listener`. Returns its pid, or -1 with errno; *ready
 * does not block: one byte says that it is ready, the end of input that it
 * never will be. */
pid_t handover_start(char *const argv[], int listener, int *ready);

#endif
