/*
 * errno.c - runs the reader's handler between a call that failed and the look
 * at errno, where a death may come too (lab 12.3).
 *
 * Linked with the reader's stage, it takes the place of the C library's
 * functions that wait for descriptors, and of write: when the stage waits for
 * the first time, its handler is run, whose write fails as if the pipe were
 * full. "kept", or what errno says then, goes to the file that $LOOK names.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile bool is_full;

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (!is_full)
        return syscall(SYS_write, fd, bytes, len);
    errno = EAGAIN;
    return -1;
}

/* The mask is that of ppoll and its like: what is let in while they wait. */
static int look(const sigset_t *mask)
{
    if (mask)
        sigprocmask(SIG_SETMASK, mask, NULL);
    is_full = true;
    errno = ENOENT; // some call has failed
    kill(getpid(), SIGCHLD);
    int seen = errno; // the look
    is_full = false;
    FILE *file = fopen(getenv("LOOK"), "we");
    if (file) {
        fputs(seen == ENOENT ? "kept" : strerror(seen), file);
        fclose(file);
    }
    _exit(0);
}

/* --- What a main loop may wait in --- */

int poll(struct pollfd *ends, nfds_t count, int timeout)
{
    (void)ends, (void)count, (void)timeout;
    return look(NULL);
}

int ppoll(struct pollfd *ends, nfds_t count, const struct timespec *timeout,
          const sigset_t *mask)
{
    (void)ends, (void)count, (void)timeout;
    return look(mask);
}

int select(int count, fd_set *in, fd_set *out, fd_set *other,
           struct timeval *timeout)
{
    (void)count, (void)in, (void)out, (void)other, (void)timeout;
    return look(NULL);
}

int pselect(int count, fd_set *in, fd_set *out, fd_set *other,
            const struct timespec *timeout, const sigset_t *mask)
{
    (void)count, (void)in, (void)out, (void)other, (void)timeout;
    return look(mask);
}

int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
    (void)epoll, (void)events, (void)max, (void)timeout;
    return look(NULL);
}

int epoll_pwait(int epoll, struct epoll_event *events, int max, int timeout,
                const sigset_t *mask)
{
    (void)epoll, (void)events, (void)max, (void)timeout;
    return look(mask);
}

int accept4(int listener, struct sockaddr *address, socklen_t *len, int flags)
{
    (void)listener, (void)address, (void)len, (void)flags;
    return look(NULL);
}

int accept(int listener, struct sockaddr *address, socklen_t *len)
{
    return accept4(listener, address, len, 0);
}
