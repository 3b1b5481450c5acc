/* forks.c - how long fork() takes, for a small process and for a large one.
 *
 * A child gets a copy of its parent's page tables, not of its pages: so what
 * counts is how many pages the parent has touched. vfork() copies nothing.
 * Others that run meanwhile can only make it slower, so of many times the
 * least is the price. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 40, LARGE_MIB = 128 };

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e6 * (double)now.tv_sec + 1e-3 * (double)now.tv_nsec;
}

/* Until the child has ended and is buried: part of the price is paid there,
 * where the copy is thrown away. */
static double until_buried(pid_t child, double began)
{
    if (child < 0 || waitpid(child, NULL, 0) != child) {
        perror("forks");
        exit(1);
    }
    return now_us() - began;
}

static double price_of_fork(void)
{
    double began = now_us();
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return until_buried(child, began);
}

static double price_of_vfork(void)
{
    double began = now_us();
    pid_t child = vfork();
    if (child == 0)
        _exit(0);
    return until_buried(child, began);
}

static double least(double (*price)(void))
{
    double best = price();
    for (int i = 1; i < TIMES; i++) {
        double took = price();
        if (took < best)
            best = took;
    }
    return best;
}

/* Small pages, as most memory of a server consists of. Returns them. */
static char *become_large(void)
{
    size_t size = (size_t)LARGE_MIB << 20;
    char *memory = aligned_alloc((size_t)2 << 20, size);
    if (!memory) {
        perror("forks: memory");
        exit(1);
    }
    madvise(memory, size, MADV_NOHUGEPAGE);
    memset(memory, 1, size);
    return memory;
}

int main(void)
{
    double small = least(price_of_fork);
    double small_vfork = least(price_of_vfork);
    char *memory = become_large();
    double large = least(price_of_fork);
    double large_vfork = least(price_of_vfork);
    free(memory);
    printf("fork_small %.0f\nfork_large %.0f\n", small, large);
    printf("vfork_small %.0f\nvfork_large %.0f\n", small_vfork, large_vfork);
    return 0;
}
