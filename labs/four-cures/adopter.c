/* adopter.c - runs a command, and buries whoever dies below it.
 *
 * PR_SET_CHILD_SUBREAPER makes it the parent of every orphan among its
 * descendants, the dead ones included: what init is for all, it is for them.
 * Ends when nobody is left, and says how many it has buried. */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: adopter COMMAND [ARGUMENT...]\n");
        return 64;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child < 0) {
        perror("adopter: fork");
        return 1;
    }
    if (child == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int buried = 0;
    while (wait(NULL) > 0) // until ECHILD: there are no children any more
        buried++;
    printf("buried %d\n", buried);
    return 0;
}
