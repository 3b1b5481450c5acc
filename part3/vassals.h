/* vassals.h - a directory of services, kept alive. */
#ifndef PART3_VASSALS_H
#define PART3_VASSALS_H

struct vassals_options {
    const char *directory;
    const char *control; // socket for vassals_status(); NULL: the directory's
    const char *events;  // file for events.h; NULL: none
};

/* Look after the services of the directory until told to stop. Returns the
 * status to end with, when none of their processes is left: 0, or 128 and the
 * signal that said to be quick. `signals` is from signals_open(). */
int vassals_run(const struct vassals_options *options, int signals);

/* As a client: show how they are. `where` is the directory or the socket.
 * Returns the status to end with. */
int vassals_status_table(const char *where);
int vassals_status_json(const char *where);

#endif
