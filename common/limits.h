/* limits.h - what one client may cost, in bytes and in time.
 * options.c fills it in; request.c and connection.c keep to it. */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#include <stddef.h>

struct limits {
    size_t target_bytes; // request target; beyond: 414
    size_t head_bytes;   // all header lines together; beyond: 431
    size_t body_bytes;   // request body; beyond: 413
    int head_ms;         // for the whole head, from accept or its first byte
    int progress_ms;     // body and answer: longest time without a byte
    int min_rate;        // body and answer: bytes a second; 0: any
    int idle_ms;         // a kept connection waiting for its next request
    int linger_ms;       // after the last answer: for the client to read it
};

/* What a server without options grants. */
extern const struct limits default_limits;

#endif
