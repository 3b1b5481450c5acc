/* exchange.h - one request and its response, and what answers it. */
#ifndef COMMON_EXCHANGE_H
#define COMMON_EXCHANGE_H

#include "net.h"
#include "request.h"
#include "response.h"

struct exchange {
    struct request request;   // sound; complete but for what handler_fn says
    struct response response; // open, not started
    char peer[NET_NAME_BYTES];
    int client; // the connection; -1 if there is no socket
};

/* What a handler is: it answers one exchange. If it starts no response, 500
 * is sent for it; if it forgets response_end(), that is called. It may block;
 * `context` is what was given to connection_serve().
 *
 * A client may hold its body back until it hears that it is wanted (Expect:
 * 100-continue, RFC 9110 10.1.1). Then the handler is asked before, with
 * request.complete false: what it can answer without the body it answers, and
 * the body is never sent; if it starts nothing, the body is invited and the
 * handler is called again. So who reads a body looks at `complete` first. */
typedef void handler_fn(struct exchange *exchange, const void *context);

#endif
