/* predecessors.h - workers of the binary that this process was before.
 *
 * exec changes neither the pid of a process nor whose children its children
 * are: so they serve on, and take the new binary for their supervisor. What it
 * needs to know of them crosses as a text; their channels stay open. */
#ifndef PART3_PREDECESSORS_H
#define PART3_PREDECESSORS_H

#include "supervisor_parts.h"

/* What the next binary must know of our workers; the caller frees it. NULL
 * with errno: there is no memory. From now on their channels stay open over
 * exec, until predecessors_close_on_exec(). */
char *predecessors_write(const struct supervisor *s);
void predecessors_close_on_exec(const struct supervisor *s);

/* How many places the binary before us had; 0: there was none. */
size_t predecessors_places(void);

/* Give its workers, if there are any, the places they had, and go on with its
 * generation and number of workers. What cannot be so is left out. Returns
 * how many were adopted. */
int predecessors_adopt(struct supervisor *s);

#endif
