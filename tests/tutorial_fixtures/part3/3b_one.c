/*
 * 3b - one wait per signal.
 */
#include <sys/wait.h>

/* Who is dead is buried here: one of them. */
static void bury_the_dead(int signal)
{
    (void)signal;
    waitpid(-1, NULL, WNOHANG);
}

struct grave {
    int number;
};

int main(void)
{
    bury_the_dead(0);
    return 0;
}
