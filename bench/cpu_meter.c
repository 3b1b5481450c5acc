/* cpu_meter.c - the CPU time of a program and of all that it starts, whoever
 * buries them.
 *
 *     cpu_meter FILE COMMAND [ARGUMENT...]
 *
 * At each SIGUSR1, FILE gets one more line: the nanoseconds so far. TERM and
 * INT are passed on; the end of COMMAND is ours.
 *
 * /proc has the time of a dead child only if its parent waited for it: under a
 * parent that ignores SIGCHLD, it is nowhere. A perf counter is inherited by
 * every child, and added up when it dies. */
#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

/* A counter of this process and of the children it will have. */
static int open_counter(void)
{
    struct perf_event_attr what = {
        .size = sizeof what,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .inherit = 1,
        .exclude_kernel = 1, // or only root may; this clock counts both anyway
        .exclude_hv = 1,
    };
    return (int)syscall(SYS_perf_event_open, &what, 0, -1, -1,
                        PERF_FLAG_FD_CLOEXEC);
}

static pid_t start(char **command, const sigset_t *mask)
{
    pid_t pid = fork();
    if (pid < 0) {
        fprintf(stderr, "cpu_meter: fork: %s\n", strerror(errno));
        exit(EX_OSERR);
    }
    if (pid > 0)
        return pid;
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(command[0], command);
    fprintf(stderr, "cpu_meter: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

static void tell(int counter, FILE *file)
{
    uint64_t ns;
    if (read(counter, &ns, sizeof ns) == sizeof ns)
        fprintf(file, "%" PRIu64 "\n", ns);
    fflush(file);
}

/* Signals as data: until the program has ended. Returns how. */
static int attend(pid_t program, int counter, FILE *file, const sigset_t *heard)
{
    for (;;) {
        int status, signal = sigwaitinfo(heard, NULL);
        if (signal == SIGUSR1)
            tell(counter, file);
        else if (signal == SIGCHLD &&
                 waitpid(program, &status, WNOHANG) == program)
            return status;
        else if (signal == SIGTERM || signal == SIGINT)
            kill(program, signal);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "Usage: cpu_meter FILE COMMAND [ARGUMENT...]\n");
        return EX_USAGE;
    }
    FILE *file = fopen(argv[1], "we");
    int counter = open_counter();
    if (!file || counter < 0) {
        fprintf(stderr, "cpu_meter: cannot %s: %s\n",
                file ? "have a perf counter" : argv[1], strerror(errno));
        return EX_UNAVAILABLE;
    }
    sigset_t heard, before;
    sigemptyset(&heard);
    sigaddset(&heard, SIGUSR1);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGCHLD);
    sigprocmask(SIG_BLOCK, &heard, &before);
    pid_t program = start(argv + 2, &before);
    int status = attend(program, counter, file, &heard);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
