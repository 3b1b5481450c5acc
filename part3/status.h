/* status.h - the family on a page: slots, requests, restarts, zombies. */
#ifndef PART3_STATUS_H
#define PART3_STATUS_H

#include "common/exchange.h"
#include "scoreboard.h"

#include <stdbool.h>

struct status_options {
    const char *path; // "/status"; "" for none
    bool is_wish;     // of the command line: an application has to give way
    bool for_all;     // not only for clients of this machine
};

/* Answer PATH (a page that refreshes itself), PATH.json or PATH.prom (the text
 * format of Prometheus) from the scoreboard. Returns false, having done
 * nothing, if something else is asked for or the client is not of this
 * machine: loopback or a unix socket. A proxy on this machine is. */
bool status_answer(struct exchange *exchange, const struct scoreboard *board,
                   const struct status_options *options);

#endif
