/*
 * household.c - a process with children, dead and alive, of known names.
 *
 * Usage: household NAME [CHILD...]
 * Takes NAME, and has a child for each CHILD, in their order: "Zname" has
 * died and is not waited for, "Sname" lives; "+2000" is no child but a pause
 * of so many milliseconds. Prints "ready", and stays until it is ended.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void stay(void)
{
    for (;;)
        pause();
}

/* Returns when the child is what it should be. */
static void have_child(const char *child)
{
    int named[2];
    if (pipe(named) < 0)
        exit(1);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, child + 1); // 15 characters of it
        close(named[0]);
        close(named[1]);
        if (child[0] == 'Z')
            _exit(0);
        stay();
    }
    close(named[1]);
    char byte;
    ssize_t got = read(named[0], &byte, 1); // its end: the child has its name
    (void)got;
    close(named[0]);
    siginfo_t about; // has died, and is left where it is
    if (child[0] == 'Z')
        waitid(P_PID, (id_t)pid, &about, WEXITED | WNOWAIT);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 64;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // it stays no longer than who wants it
    prctl(PR_SET_NAME, argv[1]);
    for (int i = 2; i < argc; i++) {
        if (argv[i][0] == '+')
            poll(NULL, 0, atoi(argv[i] + 1));
        else
            have_child(argv[i]);
    }
    puts("ready");
    fflush(stdout);
    stay();
}
