/* hello.c - hello.sh without the shell: what is left is the price of a process.
 * `make` puts it into build/cgi-bin/. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    printf("Content-Type: text/plain\n\n"
           "Hello from a C program, process %d.\n",
           (int)getpid());
    return fflush(stdout) == 0 ? 0 : 1;
}
