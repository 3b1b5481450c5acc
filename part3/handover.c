/* handover.c - LISTEN_FDS, in and out; and no other descriptor comes along. */
#include "handover.h"

#include "common/log.h"
#include "part2/signals_reset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_FD = 3, READY_FD = 4 };

/* Written by handover_take(). */
static int ready_fd = -1; // to our predecessor
static bool is_kept;      // the listener, by a service manager

static long number_in(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static bool listens(int fd)
{
    int on = 0;
    socklen_t len = sizeof on;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static void close_on_exec(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int handover_take(void)
{
    bool is_ours = number_in("LISTEN_PID") == (long)getpid();
    long count = is_ours ? number_in("LISTEN_FDS") : 0;
    if (is_ours && getenv("FORKYARD_READY_FD")) {
        ready_fd = (int)number_in("FORKYARD_READY_FD");
        close_on_exec(ready_fd);
    }
    is_kept = count > 0 && (ready_fd < 0 || getenv("FORKYARD_KEPT"));
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    unsetenv("FORKYARD_READY_FD");
    unsetenv("FORKYARD_KEPT");
    if (count == 0)
        return -1;
    errno = 0;
    if (count != 1)
        die("%ld listeners were handed over, but one is served", count);
    if (!listens(FIRST_FD))
        die("descriptor %d was handed over, but does not listen", FIRST_FD);
    close_on_exec(FIRST_FD);
    return FIRST_FD;
}

static bool closes_on_exec(int fd)
{
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

void handover_close_others(void)
{
    DIR *open_here = opendir("/proc/self/fd");
    if (!open_here)
        return;
    for (const struct dirent *one; (one = readdir(open_here)) != NULL;) {
        int fd = (int)strtol(one->d_name, NULL, 10);
        if (fd >= FIRST_FD && !closes_on_exec(fd))
            close(fd);
    }
    closedir(open_here);
}

bool handover_is_kept(void)
{
    return is_kept;
}

void handover_ready(void)
{
    if (ready_fd < 0)
        return;
    ssize_t told = write(ready_fd, "r", 1);
    (void)told; // it has gone already: as well
    close(ready_fd);
    ready_fd = -1;
}

static void set_number(const char *name, long number)
{
    char text[3 * sizeof number + 1];
    snprintf(text, sizeof text, "%ld", number);
    setenv(name, text, 1);
}

/* In the child. Both go out of the way first, lest one lands on the other. */
__attribute__((noreturn)) static void become(char *const argv[], int listener,
                                             int ready)
{
    listener = fcntl(listener, F_DUPFD, READY_FD + 1);
    ready = fcntl(ready, F_DUPFD, READY_FD + 1);
    if (dup2(listener, FIRST_FD) < 0 || dup2(ready, READY_FD) < 0)
        _exit(EXIT_FAILURE);
    close(listener);
    close(ready);
    set_number("LISTEN_PID", (long)getpid());
    set_number("LISTEN_FDS", 1);
    set_number("FORKYARD_READY_FD", READY_FD);
    if (is_kept)
        set_number("FORKYARD_KEPT", 1);
    signals_reset();
    execvp(argv[0], argv);
    log_errno("run %s", argv[0]);
    _exit(EXIT_FAILURE);
}

pid_t handover_start(char *const argv[], int listener, int *ready)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    pid_t successor = fork();
    if (successor == 0)
        become(argv, listener, ends[1]);
    int kept = errno;
    close(ends[1]);
    if (successor < 0)
        close(ends[0]);
    errno = kept;
    *ready = ends[0];
    return successor;
}
