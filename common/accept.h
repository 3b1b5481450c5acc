/* accept.h - what a client would rather have (RFC 9110 12). */
#ifndef COMMON_ACCEPT_H
#define COMMON_ACCEPT_H

#include "request.h"

/* How much its Accept lines want the media type, "text/html": 0, not at all,
 * to 1000. Of several ranges that include it, the most exact one counts. */
int accept_type(const struct request *request, const char *type);

#endif
