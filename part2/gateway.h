/* gateway.h - what a gateway is: a way to let another program answer.
 *
 * Each gateway brings an option, --cgi, --app or --wsgi, which mounts what
 * answers below a prefix. service.c finds the mount of a request; all that is
 * particular to a kind of program stays behind the three functions here. */
#ifndef PART2_GATEWAY_H
#define PART2_GATEWAY_H

#include "common/exchange.h"

#include <argp.h>

struct service;

/* What answers below a prefix. The longest prefix of a path counts. */
struct mount {
    const char *prefix; // "/shop", decoded; no final slash, so "/" is ""
    const char *target; // what the option says after the '='
    const struct gateway *gateway;
    void *program; // what load() made of `target`: the gateway's own
};

enum gateway_outcome {
    GATEWAY_ANSWERED,
    GATEWAY_REDIRECTED // the request names another path now: answer that
};

struct gateway {
    /* Its options; finds the struct service as its state->input, and hands
     * its mounts to service_mount(). */
    const struct argp *argp;

    /* Make the mount ready to answer. For start-up: if it cannot be done,
     * says why in one line and ends the program. */
    void (*load)(struct mount *mount, const struct service *service);

    /* Answer an exchange whose path lies below mount->prefix, as handler_fn
     * says; `complete` must be looked at. */
    enum gateway_outcome (*answer)(struct exchange *exchange,
                                   const struct mount *mount,
                                   const struct service *service);
};

extern const struct gateway cgi_gateway, app_gateway, wsgi_gateway;

#endif
