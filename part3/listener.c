/* listener.c - the accept queue: how long it is, and how to close its end. */
#include "listener.h"

#include "common/log.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* Of a packet whose SYN bit is set (RFC 9293 3.1) accept 0 bytes, of others
 * all: so no connection begins. One that is half made can still be completed,
 * and those made already are not the filter's business. Whoever is dropped
 * tries again a second later, and finds who comes after us, or nobody. */
void listener_freeze(int listener)
{
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

int listener_waiting(int listener)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    if (getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return 0;
    return (int)info.tcpi_unacked; // of a listener: the length of its queue
}
