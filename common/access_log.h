/* access_log.h - the line that each answer leaves, in the combined format. */
#ifndef COMMON_ACCESS_LOG_H
#define COMMON_ACCESS_LOG_H

#include "exchange.h"

/* Log an exchange that has been answered, or whose request was refused:
 *   HOST - - [DATE] "REQUEST LINE" STATUS BYTES "REFERER" "USER-AGENT"
 * behind role and pid, by log_request(). BYTES are of the body, as many as
 * were handed over to be sent: if the client leaves in the middle, it got
 * fewer. The date is UTC. What the client said is cut where it is very long,
 * and escaped, so that it can end neither its quotes nor the line. Keeps
 * errno. */
void access_log_write(const struct exchange *exchange);

#endif
