/* init.c COMMAND [ARGUMENT...] - a small init around one command.
 *
 * It starts the command and returns its status. It should also be the parent
 * of every orphan below it and bury them all, and hand every signal that comes
 * for it to the command. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: init COMMAND [ARGUMENT...]\n");
        return 64;
    }
    pid_t command = fork();
    if (command < 0) {
        perror("init: fork");
        return 1;
    }
    if (command == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status;
    waitpid(command, &status, 0);
    return WEXITSTATUS(status);
}
