/* init_terminal.c - job control from the middle. */
#include "init_terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

int terminal_open(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

void terminal_pass(int terminal, pid_t from, pid_t to)
{
    if (terminal >= 0 && tcgetpgrp(terminal) == from)
        tcsetpgrp(terminal, to);
}

/* Stop the job that we are a part of, as Ctrl-Z would have. Returns whether
 * we were stopped, and continued by someone: the kernel stops nobody whom
 * nobody could continue, neither process 1 nor an orphaned group. */
static bool stop_our_job(void)
{
    sigset_t stop, pending;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    signal(SIGTSTP, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &stop, NULL);
    kill(0, SIGTSTP); // we do not return from here before SIGCONT
    sigprocmask(SIG_BLOCK, &stop, NULL);
    sigpending(&pending);
    return sigismember(&pending, SIGCONT) == 1;
}

void terminal_stopped(int terminal, pid_t group, int signal)
{
    bool by_terminal =
        signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    if (terminal < 0 || !by_terminal)
        return;
    terminal_pass(terminal, group, getpgrp());
    if (stop_our_job())
        return;
    /* There is no shell to say fg: a Ctrl-Z changes nothing. */
    terminal_pass(terminal, getpgrp(), group);
    if (signal == SIGTSTP)
        kill(-group, SIGCONT);
}
