/* signals.c - sigprocmask, signalfd, pidfd_send_signal. */
#include "signals.h"

#include "common/log.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int signals_open(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    /* Whoever started us may have ignored it: then no child's status would be
     * known, and none would be announced. */
    signal(SIGCHLD, SIG_DFL);
    int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        die("hear signals");
    return signals;
}

int signals_next(int signals)
{
    struct signalfd_siginfo info;
    ssize_t got = read(signals, &info, sizeof info);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

void signals_send(int pidfd, pid_t child, int number)
{
    if (pidfd >= 0)
        syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
    else
        kill(child, number);
}

int signals_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end != text)
        return !*end && number > 0 && number < NSIG ? (int)number : 0;
    if (strncmp(text, "SIG", 3) == 0)
        text += 3;
    for (int known = 1; known < NSIG; known++) {
        const char *name = sigabbrev_np(known);
        if (name && strcmp(name, text) == 0)
            return known;
    }
    return 0;
}
