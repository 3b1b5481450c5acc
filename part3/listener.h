/* listener.h - what a supervisor does to the socket its workers accept from. */
#ifndef PART3_LISTENER_H
#define PART3_LISTENER_H

/* Let nobody new in; who is in the queue stays there, and whose handshake has
 * begun still gets there, a round trip later. From then on it can be emptied
 * to the last, and closed without a loss. */
void listener_freeze(int listener);

/* How many clients wait to be accepted; 0 if that cannot be known. */
int listener_waiting(int listener);

#endif
