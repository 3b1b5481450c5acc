/* connection.h - the blocking life of one connection (RFC 9112 9). */
#ifndef COMMON_CONNECTION_H
#define COMMON_CONNECTION_H

#include "exchange.h"
#include "limits.h"

/* Serve `client` until it is done, then close it: read a request, have it
 * answered, keep the connection while both sides want to, take pipelined
 * requests in their order. Whatever the client does, this returns: each wait
 * ends by one of `limits`. Blocks meanwhile. */
void connection_serve(int client, const struct limits *limits,
                      handler_fn *handler, const void *context);

#endif
