/* net.c - everything that touches a socket, and knows nothing of HTTP. */
#include "net.h"

#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    SHORTAGE_PAUSE_MS = 100, // before accept is tried again
    SENDFILE_STEP = 1 << 20, // bytes per sendfile, so that progress is seen
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
    struct sockaddr_storage room;
};

int64_t net_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct net_traffic net_traffic;

int net_poll(struct pollfd *ends, size_t count, int timeout_ms)
{
    net_traffic.waits++;
    int ready = poll(ends, count, timeout_ms);
    net_traffic.waits--;
    return ready;
}

/* A socket that listens at `address`, or -1 with errno. */
static int listen_at(const struct sockaddr *address, socklen_t len)
{
    int listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return -1;
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, address, len) < 0 || listen(listener, NET_BACKLOG) < 0) {
        int kept = errno;
        close(listener);
        errno = kept;
        return -1;
    }
    return listener;
}

/* Is this a unix socket that nobody listens at any more? */
static bool is_stale(const union address *address)
{
    struct stat about;
    if (lstat(address->local.sun_path, &about) < 0 || !S_ISSOCK(about.st_mode))
        return false;
    /* Non-blocking: a full queue must not make us wait. */
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return false;
    bool refused = connect(probe, &address->any, sizeof address->local) < 0 &&
                   errno == ECONNREFUSED;
    close(probe);
    return refused;
}

static int listen_unix(const char *path)
{
    union address address = {.local = {.sun_family = AF_UNIX}};
    size_t len = strlen(path);
    if (len >= sizeof address.local.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.local.sun_path, path, len + 1);
    int listener = listen_at(&address.any, sizeof address.local);
    if (listener >= 0 || errno != EADDRINUSE)
        return listener;
    if (!is_stale(&address)) {
        errno = EADDRINUSE;
        return -1;
    }
    unlink(path); // left behind by a server that was killed
    return listen_at(&address.any, sizeof address.local);
}

static int listen_inet(const char *host, const char *port)
{
    struct addrinfo hints = {
        .ai_flags = AI_PASSIVE | AI_ADDRCONFIG,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error == EAI_SYSTEM)
        die("find the address %s", host);
    if (error) {
        errno = 0;
        die("find the address %s, port %s: %s", host, port,
            gai_strerror(error));
    }
    int listener = -1;
    for (struct addrinfo *one = found; one && listener < 0; one = one->ai_next)
        listener = listen_at(one->ai_addr, one->ai_addrlen);
    int kept = errno;
    freeaddrinfo(found);
    errno = kept;
    return listener;
}

int net_listen(const char *host, const char *port)
{
    int listener =
        strchr(host, '/') ? listen_unix(host) : listen_inet(host, port);
    if (listener < 0 && strchr(host, '/'))
        die("cannot listen on %s", host);
    if (listener < 0 && errno == EADDRINUSE)
        die("cannot listen on %s port %s, try another --port", host, port);
    if (listener < 0)
        die("cannot listen on %s port %s", host, port);
    return listener;
}

static union address own_address(int listener)
{
    union address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;
    getsockname(listener, &address.any, &len);
    return address;
}

int net_port(int listener)
{
    union address address = own_address(listener);
    if (address.any.sa_family == AF_INET)
        return ntohs(address.v4.sin_port);
    if (address.any.sa_family == AF_INET6)
        return ntohs(address.v6.sin6_port);
    return 0;
}

static void address_text(const union address *address, char *text, size_t size)
{
    const void *number = NULL;
    if (address->any.sa_family == AF_INET)
        number = &address->v4.sin_addr;
    else if (address->any.sa_family == AF_INET6)
        number = &address->v6.sin6_addr;
    if (!number)
        snprintf(text, size, "unix:%s", address->local.sun_path);
    else if (!inet_ntop(address->any.sa_family, number, text, (socklen_t)size))
        snprintf(text, size, "unknown");
}

void net_announce(int listener)
{
    union address address = own_address(listener);
    char text[NET_NAME_BYTES];
    address_text(&address, text, sizeof text);
    int pid = (int)getpid();
    if (address.any.sa_family == AF_INET6)
        log_line("listening on http://[%s]:%d/, pid %d", text,
                 net_port(listener), pid);
    else if (address.any.sa_family == AF_INET)
        log_line("listening on http://%s:%d/, pid %d", text, net_port(listener),
                 pid);
    else
        log_line("listening on %s, pid %d", text, pid);
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

/* accept(2) hands over errors of the new connection as if they were its own:
 * the client is gone, the listener is well. */
static bool is_the_clients(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
           error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
           error == EHOSTUNREACH || error == ENETUNREACH || error == EPERM;
}

int net_accept(int listener)
{
    bool told = false;
    for (;;) {
        int client =
            accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client >= 0) {
            /* An answer must not wait for the client's acknowledgement of
             * the one before; fails on unix sockets, where nothing waits. */
            int on = 1;
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return client;
        }
        if (is_shortage(errno)) {
            if (!told)
                log_errno("accept, trying again");
            told = true;
            poll(NULL, 0, SHORTAGE_PAUSE_MS);
        } else if (!is_the_clients(errno)) {
            return -1;
        }
    }
}

void net_peer(int client, char *text, size_t size)
{
    union address address = {.any = {.sa_family = AF_UNSPEC}};
    socklen_t len = sizeof address;
    if (getpeername(client, &address.any, &len) < 0)
        snprintf(text, size, "unknown");
    else if (address.any.sa_family == AF_UNIX)
        snprintf(text, size, "unix");
    else
        address_text(&address, text, size);
}

/* Wait until `client` is ready for `events`. -1, ETIMEDOUT at the deadline. */
static int wait_for(int client, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - net_now();
        struct pollfd one = {.fd = client, .events = events};
        int ready = net_poll(&one, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -1;
        if (ready == 0 && left <= 0) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

static bool only_not_yet(void)
{
    return errno == EAGAIN || errno == EINTR;
}

ssize_t net_read(int client, void *bytes, size_t size, int64_t deadline)
{
    for (;;) {
        ssize_t got = read(client, bytes, size);
        if (got > 0)
            net_traffic.heard += (uint64_t)got;
        if (got >= 0 || !only_not_yet())
            return got;
        if (wait_for(client, POLLIN, deadline) < 0)
            return -1;
    }
}

/* Wait for the client, unless it is too slow: then -1, ETIMEDOUT. */
static int wait_in_pace(int client, short events, struct net_pace *pace)
{
    int64_t before = net_now();
    if (wait_for(client, events, before + pace->progress_ms) < 0)
        return -1;
    pace->waited_ms += net_now() - before;
    if (pace->waited_ms < pace->progress_ms)
        return 0;
    bool too_slow = pace->moved * 1000 < pace->min_rate * pace->waited_ms;
    /* A new stretch: what was fast once is no credit for later. */
    pace->waited_ms = pace->moved = 0;
    if (!too_slow)
        return 0;
    errno = ETIMEDOUT;
    return -1;
}

ssize_t net_read_on(int client, void *bytes, size_t size, struct net_pace *pace)
{
    for (;;) {
        ssize_t got = read(client, bytes, size);
        if (got > 0) {
            net_traffic.heard += (uint64_t)got;
            pace->moved += got;
        }
        if (got >= 0 || !only_not_yet())
            return got;
        if (wait_in_pace(client, POLLIN, pace) < 0)
            return -1;
    }
}

/* Send all bytes, with these flags of send(2). */
static int send_all(int client, const void *bytes, size_t len, int flags,
                    struct net_pace *pace)
{
    const char *next = bytes;
    while (len > 0) {
        ssize_t put = send(client, next, len, flags);
        if (put >= 0) {
            next += put;
            len -= (size_t)put;
            net_traffic.said += (uint64_t)put;
            pace->moved += put;
        } else if (!only_not_yet() || wait_in_pace(client, POLLOUT, pace) < 0) {
            return -1;
        }
    }
    return 0;
}

int net_write(int client, const void *bytes, size_t len, struct net_pace *pace)
{
    return send_all(client, bytes, len, 0, pace);
}

int net_write_last(int client, const void *bytes, size_t len,
                   struct net_pace *pace)
{
    if (send_all(client, bytes, len, MSG_MORE, pace) < 0)
        return -1;
    shutdown(client, SHUT_WR); // fails if the client has just gone
    return 0;
}

int net_send_file(int client, int file, int64_t offset, int64_t len,
                  struct net_pace *pace)
{
    off_t next = offset;
    while (len > 0) {
        size_t step = len < SENDFILE_STEP ? (size_t)len : SENDFILE_STEP;
        ssize_t put = sendfile(client, file, &next, step);
        if (put == 0) {
            errno = EIO; // nothing there: the file has become shorter
            return -1;
        }
        if (put > 0) {
            len -= put;
            net_traffic.said += (uint64_t)put;
            pace->moved += put;
        } else if (!only_not_yet() || wait_in_pace(client, POLLOUT, pace) < 0) {
            return -1;
        }
    }
    return 0;
}

void net_close(int client, int linger_ms)
{
    int64_t deadline = net_now() + linger_ms;
    if (shutdown(client, SHUT_WR) == 0 && linger_ms > 0) {
        char discarded[16384];
        while (net_read(client, discarded, sizeof discarded, deadline) > 0 &&
               net_now() < deadline)
            continue;
    }
    close(client);
}

void net_reset(int client)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
}
