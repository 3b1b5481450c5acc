/* listener.c - the accept queue: is anybody in it, and how to close its end. */
#include "listener.h"

#include "common/log.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

static bool is_local(int listener)
{
    int domain = 0;
    socklen_t len = sizeof domain;
    getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &domain, &len);
    return domain == AF_UNIX;
}

void listener_prefer_speakers(int listener, int ms)
{
    int s = (ms + 999) / 1000;
    setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &s, sizeof s);
}

/* A unix socket knows no packets, but can be shut: connect(2) is refused then,
 * and whoever is in the queue is still there to be accepted.
 *
 * Of a packet whose SYN bit is set (RFC 9293 3.1) accept 0 bytes, of others
 * all: so no connection begins. One that is half made can still be completed,
 * and those made already are not the filter's business. Whoever is dropped
 * tries again a second later, and finds who comes after us, or nobody. */
void listener_freeze(int listener)
{
    if (is_local(listener)) {
        shutdown(listener, SHUT_RD);
        return;
    }
    enum { FLAGS = 13, SYN = 0x02, ALL = 0x40000 };
    struct sock_filter drop_syn[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FLAGS),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SYN, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, ALL),
    };
    struct sock_fprog program = {sizeof drop_syn / sizeof *drop_syn, drop_syn};
    if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                   sizeof program) < 0)
        log_errno("freeze the listener");
}

bool listener_waiting(int listener)
{
    struct pollfd door = {.fd = listener, .events = POLLIN};
    return poll(&door, 1, 0) > 0;
}
