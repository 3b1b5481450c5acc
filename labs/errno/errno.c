/* errno.c - when a handler can spoil errno, and when it cannot.
 *
 * 1. It interrupts accept(): the kernel's EINTR is stored into errno after
 *    the handler has returned. Nothing is lost.
 * 2. It runs between a call that failed and the line that looks at errno:
 *    what the handler's waitpid() left there is what that line sees. */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 100, PATIENCE_MS = 5000 };

/* --- Two handlers: which one is 3c's? --- */

/* Ends with waitpid() failing: no child is left, ECHILD. */
static void bury_and_spoil(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static void bury_and_keep(int signal)
{
    int kept = errno;
    bury_and_spoil(signal);
    errno = kept;
}

/* No SA_RESTART: accept() is to be interrupted. */
static void hear_of_deaths(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(SIGCHLD, &action, NULL);
}

static pid_t fork_or_end(void)
{
    pid_t child = fork();
    if (child < 0)
        err(1, "fork");
    return child;
}

/* --- 1. During a call --- */

/* A listener nobody connects to. That it gives up in time is only for the
 * case that the experiment goes wrong. */
static int open_listener(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK), // any free port
    };
    struct timeval limit = {.tv_sec = PATIENCE_MS / 1000};
    if (listener < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, 1) < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
        err(1, "listen");
    return listener;
}

static bool is_asleep(pid_t pid)
{
    char path[64];
    char text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, text, sizeof text - 1);
    close(file);
    const char *behind_name = got > 0 ? strrchr(text, ')') : NULL;
    return behind_name && strncmp(behind_name, ") S", 3) == 0;
}

/* In the child: die as soon as the parent sleeps in accept(). */
static void die_while_it_sleeps(void)
{
    for (int ms = 0; ms < PATIENCE_MS && !is_asleep(getppid()); ms++)
        poll(NULL, 0, 1);
    _exit(0);
}

/* The errno that main() sees, or 0 if accept() did not fail. */
static int interrupted_accept(void)
{
    static int listener = -1;
    if (listener < 0)
        listener = open_listener();
    if (fork_or_end() == 0)
        die_while_it_sleeps();
    return accept(listener, NULL, NULL) < 0 ? errno : 0;
}

/* --- 2. Between a call and the look at errno --- */

/* As if the child had died in that moment: its signal is held back until
 * then. */
static int death_before_the_look(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    pid_t child = fork_or_end();
    if (child == 0)
        _exit(0);
    siginfo_t about;
    waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT); // dead, not buried

    int file = open("/no/such/file", O_RDONLY | O_CLOEXEC); // fails: ENOENT
    sigprocmask(SIG_UNBLOCK, &deaths, NULL);                // handler runs here
    if (file < 0)
        return errno; // the look
    close(file);
    return 0;
}

/* --- Many times --- */

static void repeat(const char *what, void (*handler)(int), int (*try)(void),
                   int good)
{
    int kept = 0;
    int spoiled = 0;
    hear_of_deaths(handler);
    for (int i = 0; i < ROUNDS; i++) {
        int seen = try();
        kept += seen == good;
        spoiled += seen == ECHILD;
    }
    printf("%-34s %s %3d  ECHILD %3d\n", what,
           good == EINTR ? "EINTR " : "ENOENT", kept, spoiled);
}

int main(void)
{
    repeat("accept, interrupted; no save:", bury_and_spoil, interrupted_accept,
           EINTR);
    repeat("open, then a death; no save:", bury_and_spoil,
           death_before_the_look, ENOENT);
    repeat("open, then a death; errno saved:", bury_and_keep,
           death_before_the_look, ENOENT);
    return 0;
}
