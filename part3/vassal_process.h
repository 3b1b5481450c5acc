/* vassal_process.h - a process for an instance: its birth, its signals. */
#ifndef PART3_VASSAL_PROCESS_H
#define PART3_VASSAL_PROCESS_H

#include "vassal.h"

/* Start the command of these settings, as instance `number`, in a process
 * group of its own and with nothing of ours. Returns its pid, or -1 with
 * errno. What goes wrong after the fork is logged by the child, which then
 * ends with 127 or 126 as shells do. */
pid_t vassal_spawn(const struct settings *settings, int number);

/* To the first process of the instance. */
void vassal_signal(const struct instance *instance, int number);

/* KILL for its whole group. For as long as its first process is not buried,
 * so that the number of the group is nobody else's. */
void vassal_kill_group(const struct instance *instance);

#endif
