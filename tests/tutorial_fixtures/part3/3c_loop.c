/*
 * 3c - as many waits as there are dead.
 *
 * News: the loop.
 */
#include <sys/wait.h>

/* Who is dead is buried here: one of them. */
static void bury_the_dead(int signal)
{
    (void)signal;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
        continue;
    }
}

struct grave {
    int number;
};

int main(void)
{
    bury_the_dead(0);
    return 0;
}
