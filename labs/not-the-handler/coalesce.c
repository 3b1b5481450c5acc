/* coalesce.c - many deaths, and what signalfd has to say about them.
 *
 * No handler anywhere: SIGCHLD stays blocked and is read as data. What is
 * read comes from the same set of pending signals, in which each number is
 * one bit. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 10, MOST_CHILDREN = 1000 };

/* SIGCHLD as a descriptor that never blocks. */
static int open_signals(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    int signals = signalfd(-1, &deaths, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0)
        err(1, "signalfd");
    return signals;
}

/* Returns when all of them are dead; buries none. */
static void let_children_die(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child < 0)
            err(1, "fork");
        if (child == 0)
            _exit(i);
        siginfo_t about;
        if (waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT) < 0)
            err(1, "waitid");
    }
}

static int read_records(int signals)
{
    int records = 0;
    struct signalfd_siginfo record;
    while (read(signals, &record, sizeof record) == sizeof record)
        records++;
    return records;
}

static int bury_the_dead(void)
{
    int buried = 0;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        buried++;
    return buried;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : CHILDREN;
    if (count < 1 || count > MOST_CHILDREN)
        errx(64, "how many children? 1 to %d", MOST_CHILDREN);
    signal(SIGCHLD, SIG_DFL); // may have been inherited as ignored
    int signals = open_signals();
    let_children_die(count);
    printf("died %d\n", count);
    printf("records %d\n", read_records(signals));
    printf("buried %d\n", bury_the_dead());
    return 0;
}
