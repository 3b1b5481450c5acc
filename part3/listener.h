/* listener.h - what a supervisor does to the socket its workers accept from. */
#ifndef PART3_LISTENER_H
#define PART3_LISTENER_H

#include <stdbool.h>

/* Let the kernel keep who has connected and not yet said anything, for about
 * `ms`, tcp(7) TCP_DEFER_ACCEPT: a worker is woken once, when there is a
 * request to read, and not kept by who has none. After that time they come as
 * they are. Does nothing where clients do not come by TCP. */
void listener_prefer_speakers(int listener, int ms);

/* Let nobody new in; who is in the queue stays there, and whose handshake has
 * begun still gets there, a round trip later. From then on it can be emptied
 * to the last, and closed without a loss. There is no way back. */
void listener_freeze(int listener);

/* Does anybody wait to be accepted? */
bool listener_waiting(int listener);

#endif
