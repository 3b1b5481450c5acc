/* signals_reset.c - for processes that are born: programs, and workers. */
#include "signals_reset.h"

#include <signal.h>

/* With our SIGPIPE setting, `yes | head -1` would complain instead of end. */
void signals_reset(void)
{
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); // KILL and STOP say no, and need it not
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
