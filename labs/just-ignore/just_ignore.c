/* just_ignore.c - what SIG_IGN for SIGCHLD costs.
 *
 * The kernel buries ignored children at once; whoever asks how they ended,
 * system(3) for one, is told that there are no children. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 10, THEIR_STATUS = 3 };

static int statuses_learned(void)
{
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        if (child < 0)
            err(1, "fork");
        if (child == 0)
            _exit(THEIR_STATUS);
    }
    int learned = 0;
    int status;
    while (waitpid(-1, &status, 0) > 0)
        learned += WIFEXITED(status) && WEXITSTATUS(status) == THEIR_STATUS;
    return learned;
}

static void tell(const char *who)
{
    int learned = statuses_learned();
    fflush(stdout);
    errno = 0;
    int result = system("true"); // NOLINT: that is what is shown
    printf("%s: %d of %d statuses, system(\"true\") is %d%s%s\n", who, learned,
           CHILDREN, result, result ? ", " : "", result ? strerror(errno) : "");
}

/* "heir" as its argument: tell, with what was inherited. */
int main(int argc, char **argv)
{
    if (argc > 1) {
        tell(argv[1]);
        return 0;
    }
    signal(SIGCHLD, SIG_DFL);
    tell("by default");
    signal(SIGCHLD, SIG_IGN);
    tell("ignored");
    fflush(stdout);
    execl(argv[0], argv[0], "its heir", (char *)NULL);
    err(1, "%s", argv[0]);
}
