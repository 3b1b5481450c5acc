/* vassal_control.h - the socket at which the emperor says how it is.
 *
 * Whoever connects is handed a file, which then is the client's own: so
 * however slow clients are, the emperor waits for none of them. */
#ifndef PART3_VASSAL_CONTROL_H
#define PART3_VASSAL_CONTROL_H

/* Listen at this path. Returns the listener, which closes on exec, or -1 with
 * errno: EADDRINUSE if someone listens there already. What a dead one has
 * left behind is replaced. */
int control_listen(const char *path);

/* The next client, or -1 if there is none; never blocks. */
int control_accept(int listener);

/* Hand the client a copy of this file's descriptor, rewound. */
void control_answer(int client, int file);

/* As a client: returns the file, or -1 with errno. */
int control_ask(const char *path);

#endif
