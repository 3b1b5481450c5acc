/* handover.c - what crosses an exec: listeners, and what belongs to them. */
#include "handover.h"

#include "common/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_FD = 3, READY_FD = 4 };

/* Written by handover_take(). */
static bool is_trial;
static bool is_kept;  // the listener, by somebody else
static char *workers; // of the binary before us

static int ready_fd = -1; // to whoever tries us

static long number_in(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

static void forget_environment(void)
{
    static const char *const names[] = {"LISTEN_PID",      "LISTEN_FDS",
                                        "LISTEN_FDNAMES",  "FORKYARD_READY_FD",
                                        "FORKYARD_KEPT",   "FORKYARD_LISTENER",
                                        "FORKYARD_WORKERS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
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

/* The number of listeners that are for us. */
static long look_at_environment(int *listener)
{
    if (number_in("LISTEN_PID") != (long)getpid())
        return 0;
    long count = number_in("LISTEN_FDS");
    const char *text = getenv("FORKYARD_WORKERS");
    is_trial = getenv("FORKYARD_READY_FD") != NULL;
    if (is_trial) {
        ready_fd = (int)number_in("FORKYARD_READY_FD");
        close_on_exec(ready_fd);
    } else if (text) {
        workers = strdup(text);
        *listener = (int)number_in("FORKYARD_LISTENER");
    }
    is_kept = count > 0 && (!text || getenv("FORKYARD_KEPT"));
    return count;
}

int handover_take(void)
{
    int listener = FIRST_FD;
    long count = look_at_environment(&listener);
    forget_environment();
    if (count == 0)
        return -1;
    errno = 0;
    if (count != 1)
        die("%ld listeners were handed over, but one is served", count);
    if (!listens(listener))
        die("descriptor %d was handed over, but does not listen", listener);
    close_on_exec(listener);
    return listener;
}

static bool closes_on_exec(int fd)
{
    return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

void handover_close_others(void)
{
    /* The binary before us did it; now there are channels to its workers. */
    DIR *open_here = handover_workers() ? NULL : opendir("/proc/self/fd");
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

bool handover_is_trial(void)
{
    return is_trial;
}

const char *handover_workers(void)
{
    return workers;
}

void handover_ready(void)
{
    if (ready_fd < 0)
        return;
    const char version = HANDOVER_VERSION;
    ssize_t told = write(ready_fd, &version, 1);
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

static void announce_listener(void)
{
    set_number("LISTEN_PID", (long)getpid());
    set_number("LISTEN_FDS", 1);
}

/* --- The trial --- */

/* In the child. Both go out of the way first, lest one lands on the other. */
static void take_only(int listener, int ready)
{
    listener = fcntl(listener, F_DUPFD, READY_FD + 1);
    ready = fcntl(ready, F_DUPFD, READY_FD + 1);
    if (dup2(listener, FIRST_FD) < 0 || dup2(ready, READY_FD) < 0)
        _exit(EXIT_FAILURE);
    close(listener);
    close(ready);
}

/* In the child. The service manager is not to hear of it. */
__attribute__((noreturn)) static void be_tried(const char *program,
                                               char *const argv[],
                                               pid_t supervisor)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(EXIT_FAILURE); // it ended before it could be asked for
    setpgid(0, 0);           // what is sent to all of us, we pass on ourselves
    announce_listener();
    set_number("FORKYARD_READY_FD", READY_FD);
    unsetenv("NOTIFY_SOCKET");
    execv(program, argv);
    log_errno("run %s", program);
    _exit(EXIT_FAILURE);
}

pid_t handover_try(const char *program, char *const argv[], int listener,
                   int *ready)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    pid_t supervisor = getpid();
    pid_t trial = fork();
    if (trial == 0) {
        take_only(listener, ends[1]);
        be_tried(program, argv, supervisor);
    }
    int kept = errno;
    close(ends[1]);
    if (trial < 0)
        close(ends[0]);
    else
        *ready = ends[0];
    errno = kept;
    return trial;
}

/* --- In our place --- */

void handover_become(const char *program, char *const argv[], int listener,
                     const char *table)
{
    announce_listener();
    set_number("FORKYARD_LISTENER", listener);
    setenv("FORKYARD_WORKERS", table, 1);
    if (is_kept)
        set_number("FORKYARD_KEPT", 1);
    fcntl(listener, F_SETFD, 0);
    execv(program, argv);
    int kept = errno;
    close_on_exec(listener);
    forget_environment();
    errno = kept;
}
