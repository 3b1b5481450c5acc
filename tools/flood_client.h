/* flood_client.h - one client of a flood, and what it does next.
 *
 *   IDLE --> CONNECTING --> TALKING --> LISTENING --> IDLE
 *
 * with detours:
 *
 *   CONNECTING --> STANDING --> TALKING    --together: until it is its turn
 *   CONNECTING --> LISTENING               --silent
 *   IDLE --> TALKING                       --keep: is connected already
 *   TALKING --> PAUSING --> TALKING        --drip: between two bytes
 *   TALKING --> LEAVING --> IDLE           --abort=MS
 *   LISTENING --> HOLDING                  --hold
 *
 * From any state the outcome of the request, decide(), leads back to IDLE.
 *
 * None of these blocks. Each may decide the request, and so make the client
 * the next idle one. */
#ifndef TOOLS_FLOOD_CLIENT_H
#define TOOLS_FLOOD_CLIENT_H

#include "flood.h"

/* Give the first idle client a request: it connects, or goes on. */
void client_begin(struct flood *flood, struct client *client);

/* Let a client that stands say its request. */
void client_speak(struct flood *flood, struct client *client);

/* Handle what epoll says about its connection. */
void client_hear(struct flood *flood, struct client *client, uint32_t events);

/* Handle what is due at `now`: the deadline, or the end of a pause. Lowers
 * flood->next_due to what is due next. */
void client_look_at_clock(struct flood *flood, struct client *client,
                          int64_t now);

/* Close its connection, if it has one. */
void client_disconnect(struct client *client);

#endif
