/* flood_target.h - whom the requests go to. */
#ifndef TOOLS_FLOOD_TARGET_H
#define TOOLS_FLOOD_TARGET_H

#include <netdb.h>
#include <stdbool.h>

enum {
    TARGET_HOST_BYTES = 256, // RFC 1035 2.3.4: a name has at most 255
    TARGET_PORT_BYTES = 6
};

struct target {
    char host[TARGET_HOST_BYTES]; // without the brackets of an IPv6 address
    char port[TARGET_PORT_BYTES];
    char *authority; // for the Host header
    char *path;      // begins with a slash
    struct addrinfo *addresses;
};

/* Read HOST:PORT[/PATH], with or without http:// before it. Returns NULL, or
 * what is wrong with it. Release with target_free(). */
const char *target_parse(struct target *target, const char *text);

/* Find the addresses, in the order in which to try them. Returns NULL, or why
 * there are none. May block for as long as name servers take. */
const char *target_resolve(struct target *target);

/* Is every address one of this machine's own loopback? */
bool target_is_loopback(const struct target *target);

void target_free(struct target *target);

#endif
