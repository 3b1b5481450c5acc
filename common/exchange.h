/* exchange.h - one request and its response, and what answers it. */
#ifndef COMMON_EXCHANGE_H
#define COMMON_EXCHANGE_H

#include "net.h"
#include "request.h"
#include "response.h"

struct exchange {
    struct request request;   // complete and sound
    struct response response; // open, not started
    char peer[NET_NAME_BYTES];
    int client; // the connection; -1 if there is no socket
};

/* What a handler is: it answers one exchange. If it starts no response, 500
 * is sent for it; if it forgets response_end(), that is called. It may block;
 * `context` is what was given to connection_serve(). */
typedef void handler_fn(struct exchange *exchange, const void *context);

#endif
