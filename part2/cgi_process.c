/* cgi_process.c - pipe, vfork, dup2, execve; and at the end kill and waitpid.
 *
 *        input[1] ---->  0  program  1 ----> output[0]
 *                        2 -> the server's own standard error
 *
 * cgi.c speaks with the program; only this file starts, ends and reaps it. */
#include "cgi_process.h"

#include "common/net.h"
#include "signals_reset.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GRACE_MS = 1000, // between SIGTERM and SIGKILL
    NOT_STARTED = 127
};

/* Each pair as from pipe(2): [0] is read, [1] is written. -1: closed. */
struct pipes {
    int input[2];
    int output[2];
    int report[2]; // closed by a successful execve, else carries its errno
};

static void close_end(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

static void close_pipes(struct pipes *pipes)
{
    int *pairs[] = {pipes->input, pipes->output, pipes->report};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        close_end(&pairs[i][0]);
        close_end(&pairs[i][1]);
    }
}

/* The ends that stay here never wait: poll() says when it is worth it. The
 * program's ends wait, as every program expects. */
static int open_pipes(struct pipes *pipes)
{
    *pipes = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}};
    if (pipe2(pipes->input, O_CLOEXEC) == 0 &&
        pipe2(pipes->output, O_CLOEXEC) == 0 &&
        pipe2(pipes->report, O_CLOEXEC) == 0 &&
        fcntl(pipes->input[1], F_SETFL, O_NONBLOCK) == 0 &&
        fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    int error = errno;
    close_pipes(pipes);
    errno = error;
    return -1;
}

/* --- In the child ---
 *
 * vfork() lends it our memory and holds us until it runs the program: so
 * starting one costs nothing for the size of a server, as copying its page
 * tables would. In return the child makes only system calls, as it would have
 * to anyway (another thread may hold any lock), writes to nothing but its own
 * variables, which have a frame of their own as long as nothing here becomes
 * part of spawn(), and leaves by execve() or _exit(). */

/* A lower limit that is there already stays. */
static bool limit(enum __rlimit_resource resource, rlim_t soft, rlim_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now) < 0)
        return false;
    if (now.rlim_max > hard)
        now.rlim_max = hard;
    now.rlim_cur = soft < now.rlim_max ? soft : now.rlim_max;
    return setrlimit(resource, &now) == 0;
}

/* No core file, which would land among the programs; who wants one says
 * "ulimit -c unlimited" in front of the program. */
static bool keep_within(const struct cgi_limits *most)
{
    return limit(RLIMIT_CORE, 0, RLIM_INFINITY) &&
           (!most->cpu_s || limit(RLIMIT_CPU, most->cpu_s, most->cpu_s + 1)) &&
           (!most->memory || limit(RLIMIT_AS, most->memory, most->memory)) &&
           (!most->files || limit(RLIMIT_NOFILE, most->files, most->files));
}

/* A dead server takes its programs along: the kernel sends them SIGKILL when
 * the thread that forked them ends. */
__attribute__((noreturn, noinline)) static void become(
    const struct cgi_program *program, char *const env[],
    const struct cgi_limits *limits, const struct pipes *pipes, pid_t server)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != server)
        _exit(NOT_STARTED); // it ended before it could be asked for
    setpgid(0, 0);
    signals_reset();
    /* No words of the query as arguments (RFC 3875 4.4 would allow it):
     * options for an interpreter have been smuggled in that way. */
    char *const argv[] = {program->file, NULL};
    if (dup2(pipes->input[0], STDIN_FILENO) >= 0 &&
        dup2(pipes->output[1], STDOUT_FILENO) >= 0 &&
        chdir(program->directory) == 0 && keep_within(limits)) {
        /* All descriptors are close-on-exec already. This is for the one
         * that a library opened. */
        syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
        execve(program->file, argv, env);
    }
    int error = errno;
    ssize_t told = write(pipes->report[1], &error, sizeof error);
    (void)told;
    _exit(NOT_STARTED);
}

/* --- In the server --- */

/* No handler of ours may run in the child: it would write to our memory. */
static pid_t spawn(const struct cgi_program *program, char *const env[],
                   const struct cgi_limits *limits, const struct pipes *pipes)
{
    pid_t server = getpid();
    sigset_t all, kept;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &kept);
    pid_t pid = vfork();
    if (pid == 0)
        become(program, env, limits, pipes, server);
    pthread_sigmask(SIG_SETMASK, &kept, NULL);
    return pid;
}

/* 0 once the program runs, or the errno that its child reported. */
static int hear_report(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static int reap(pid_t pid)
{
    int status = 0;
    pid_t dead;
    do
        dead = waitpid(pid, &status, 0);
    while (dead < 0 && errno == EINTR);
    return dead < 0 ? CGI_STATUS_LOST : status;
}

int cgi_process_start(struct cgi_process *process,
                      const struct cgi_program *program, char *const env[],
                      const struct cgi_limits *limits)
{
    struct pipes pipes;
    if (open_pipes(&pipes) < 0)
        return -1;
    pid_t pid = spawn(program, env, limits, &pipes);
    int error = pid < 0 ? errno : 0;

    /* As long as we held the program's ends too, no end would ever be read. */
    close_end(&pipes.input[0]);
    close_end(&pipes.output[1]);
    close_end(&pipes.report[1]);
    if (!error)
        error = hear_report(pipes.report[0]);
    int pidfd = error ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (!error && pidfd < 0)
        error = errno;
    close_end(&pipes.report[0]);
    if (!error) {
        *process = (struct cgi_process){.pid = pid,
                                        .pidfd = pidfd,
                                        .input = pipes.input[1],
                                        .output = pipes.output[0]};
        return 0;
    }

    close_pipes(&pipes);
    if (pid > 0) {
        kill(pid, SIGKILL);
        reap(pid);
    }
    errno = error;
    return -1;
}

void cgi_process_close_input(struct cgi_process *process)
{
    close_end(&process->input);
}

bool cgi_process_exits(const struct cgi_process *process, int timeout_ms)
{
    struct pollfd ending = {.fd = process->pidfd, .events = POLLIN};
    int ready;
    do
        ready = net_poll(&ending, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/* Also to the program alone, should it have left its group. Until it is
 * reaped, neither number can belong to anybody else. */
static void signal_all(const struct cgi_process *process, int number)
{
    kill(-process->pid, number);
    kill(process->pid, number);
}

void cgi_process_stop(const struct cgi_process *process)
{
    signal_all(process, SIGTERM);
    cgi_process_exits(process, GRACE_MS);
    signal_all(process, SIGKILL); // the rest of the group, at the latest now
}

int cgi_process_bury(struct cgi_process *process)
{
    close_end(&process->input);
    close_end(&process->output);
    close_end(&process->pidfd);
    return reap(process->pid);
}
