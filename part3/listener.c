/* listener.c - the accept queue: how long it is, and how to close its end. */
#include "listener.h"

#include "common/log.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A filter that accepts 0 bytes of any packet drops the first packets of new
 * connections; those made already are not its business. Whoever is dropped
 * tries again a second later, and finds our successor, or nobody. */
void listener_freeze(int listener)
{
    struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &drop};
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
