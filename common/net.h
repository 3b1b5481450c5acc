/* net.h - sockets: listen, accept, and reads and writes that cannot hang.
 *
 * What these calls stand for is spelled out in part1/1a_hello.c. Every
 * descriptor made here is close-on-exec, every client is non-blocking, and
 * every wait for a client has an end. Times are milliseconds; a deadline is
 * an instant of net_now(). The caller ignores SIGPIPE. */
#ifndef COMMON_NET_H
#define COMMON_NET_H

#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    NET_BACKLOG = 128,   // connections the kernel keeps ready for accept
    NET_NAME_BYTES = 128 // room for any text that net_peer() writes
};

/* Milliseconds of CLOCK_MONOTONIC: for deadlines, not for dates. */
int64_t net_now(void);

/* What this process has done with its clients, for a thread that watches the
 * one which serves them. Written by net.c. */
struct net_traffic {
    _Atomic uint64_t heard, said; // bytes that it read and wrote
    atomic_int waits;             // it is in, that end by themselves
};
extern struct net_traffic net_traffic;

/* poll(2), for whatever is waited for with a limit: it is seen to wait. */
int net_poll(struct pollfd *ends, size_t count, int timeout_ms);

/* Listen on `host` and `port` (names or numbers; port "0": any free one), or
 * on the unix socket `host` if it contains a slash. A stale unix socket is
 * replaced, one that answers is not. Returns the listener. For start-up: if
 * it cannot be done, says why in one line and ends the program. */
int net_listen(const char *host, const char *port);

/* Log where `listener` listens, as a URL, and the pid of this process. */
void net_announce(int listener);

/* The port `listener` is bound to; 0 for a unix socket. */
int net_port(int listener);

/* Wait for the next client; returns its descriptor, TCP_NODELAY set. Clients
 * gone before they were accepted are passed over; while descriptors or memory
 * are short it waits and tries again. Returns -1 with errno for the rest:
 * EINTR when a signal handler without SA_RESTART ran, see accept(2). */
int net_accept(int listener);

/* Write the address of the other end of `client`, without its port. */
void net_peer(int client, char *text, size_t size);

/* Read what is there, waiting for it until `deadline`. Returns the number of
 * bytes, 0 at the end of input, -1 with errno (ETIMEDOUT: the deadline). */
ssize_t net_read(int client, void *bytes, size_t size, int64_t deadline);

/* How slow a client may be, and how slow it has been. No wait for it lasts
 * longer than `progress_ms`; and whenever the waits come to so much in all,
 * it must have moved `min_rate` bytes for each second of them. So neither a
 * client that stops nor one that drips is served for ever; what the server
 * itself takes its time for does not count. */
struct net_pace {
    int progress_ms;
    int min_rate; // 0: any

    /* For net.c alone. */
    int64_t waited_ms, moved;
};

/* As net_read(), at the client's pace. ETIMEDOUT: it is too slow. */
ssize_t net_read_on(int client, void *bytes, size_t size,
                    struct net_pace *pace);

/* Write all bytes. Returns 0, or -1 with errno (ETIMEDOUT: the client is too
 * slow; EPIPE, ECONNRESET: it has gone). */
int net_write(int client, const void *bytes, size_t len, struct net_pace *pace);

/* The same, and shut the sending side: so the last bytes and the end of the
 * connection are one segment, and wake the client once (tcp(7) MSG_MORE). What
 * is left to do is net_close(), at any time. */
int net_write_last(int client, const void *bytes, size_t len,
                   struct net_pace *pace);

/* Send `len` bytes of `file` from `offset` on by sendfile(2), as net_write().
 * EIO: the file has become shorter. Its file position is not moved. */
int net_send_file(int client, int file, int64_t offset, int64_t len,
                  struct net_pace *pace);

/* Close so that the client can read all that was written: shut the sending
 * side, read away what still comes until the client closes too or
 * `linger_ms` are over, then close. Closing with unread bytes would reset the
 * connection and destroy the answer on its way (RFC 9112 9.6). */
void net_close(int client, int linger_ms);

/* Close by a reset: the client sees an error, not the end of an answer. */
void net_reset(int client);

#endif
