/* listener.h - what a supervisor does to the socket its workers accept from. */
#ifndef PART3_LISTENER_H
#define PART3_LISTENER_H

#include <stdbool.h>

/* Let nobody new in; who is in the queue stays there, and whose handshake has
 * begun still gets there, a round trip later. From then on it can be emptied
 * to the last, and closed without a loss. There is no way back. */
void listener_freeze(int listener);

/* Does anybody wait to be accepted? */
bool listener_waiting(int listener);

#endif
