/* six_ways.c - six ways to be rid of dead children, side by side.
 *
 * Each way is tried in a process of its own, the parent. It forks children
 * that all wait for one pipe, closes the pipe, so that they die together, and
 * buries them in its way. What is still there to be waited for afterwards is
 * a zombie that this way would have left. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN = 100, LIMIT_MS = 10000 };

/* What the parent tells at its end, through a pipe. */
struct result {
    int zombies;
    int statuses; // learned, and right
    double seconds;
};

struct way {
    const char *name;
    const char *where;
    void (*prepare)(void);      // before the first fork, or NULL
    pid_t (*beget)(int number); // a child that waits for the pipe
    void (*bury)(void);         // all of them
};

/* --- The children of one parent --- */

static int start_pipe[2]; // closed: die
static pid_t children[CHILDREN];
static volatile sig_atomic_t statuses; // the handler of one way writes it too

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static pid_t fork_or_end(void)
{
    pid_t child = fork();
    if (child < 0)
        err(1, "fork");
    return child;
}

/* No two children in a hundred end in the same way. */
__attribute__((noreturn)) static void be_child(int number)
{
    char none;
    close(start_pipe[1]);
    _exit(read(start_pipe[0], &none, 1) == 0 ? number : 255);
}

static pid_t beget_child(int number)
{
    pid_t child = fork_or_end();
    if (child == 0)
        be_child(number);
    return child;
}

/* Was it what this child was to end with? */
static bool is_right(pid_t child, int status)
{
    for (int i = 0; i < CHILDREN; i++)
        if (children[i] == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == i;
    return false;
}

static void bury_the_dead(void)
{
    pid_t child;
    int status;
    while ((child = waitpid(-1, &status, WNOHANG)) > 0)
        statuses += is_right(child, status);
}

/* --- 1. A handler, and the loop in it --- */

static void at_sigchld(int signal)
{
    (void)signal;
    int kept = errno;
    bury_the_dead();
    errno = kept;
}

static void prepare_handler(void)
{
    struct sigaction action = {
        .sa_handler = at_sigchld,
        .sa_flags = SA_RESTART | SA_NOCLDSTOP,
    };
    sigaction(SIGCHLD, &action, NULL);
}

static void let_handler_bury(void)
{
    int64_t limit = now_us() + INT64_C(1000) * LIMIT_MS;
    while (statuses < CHILDREN && now_us() < limit)
        poll(NULL, 0, 1); // a signal ends it at once
}

/* --- 2. and 3. Nobody wants to know --- */

static void prepare_ignoring(void)
{
    signal(SIGCHLD, SIG_IGN);
}

static void prepare_no_wait_flag(void)
{
    struct sigaction action = {
        .sa_handler = SIG_DFL,
        .sa_flags = SA_NOCLDWAIT,
    };
    sigaction(SIGCHLD, &action, NULL);
}

/* Sleeps until all are gone, and learns nothing: ECHILD. */
static void wait_until_gone(void)
{
    int status;
    pid_t child;
    while ((child = waitpid(-1, &status, 0)) > 0)
        statuses += is_right(child, status);
}

/* --- 4. A grandchild is somebody else's --- */

static pid_t beget_grandchild(int number)
{
    pid_t child = fork_or_end();
    if (child == 0) {
        if (fork_or_end() == 0)
            be_child(number);
        _exit(0); // it has lost its parent now, and gets another
    }
    waitpid(child, NULL, 0);
    return child;
}

static void have_nobody_to_bury(void)
{
}

/* --- 5. The signal as data --- */

static sigset_t only_deaths(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    return deaths;
}

static void prepare_blocked(void)
{
    sigset_t deaths = only_deaths();
    sigprocmask(SIG_BLOCK, &deaths, NULL);
}

static void bury_by_signalfd(void)
{
    sigset_t deaths = only_deaths();
    struct pollfd signals = {
        .fd = signalfd(-1, &deaths, SFD_CLOEXEC),
        .events = POLLIN,
    };
    while (statuses < CHILDREN && poll(&signals, 1, LIMIT_MS) > 0) {
        struct signalfd_siginfo record;
        ssize_t got = read(signals.fd, &record, sizeof record);
        if (got == sizeof record)
            bury_the_dead();
    }
    close(signals.fd);
}

/* --- 6. A descriptor for each child --- */

static void bury_by_pidfd(void)
{
    struct pollfd deaths[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        deaths[i] = (struct pollfd){
            .fd = (int)syscall(SYS_pidfd_open, children[i], 0),
            .events = POLLIN,
        };
    int left = CHILDREN;
    while (left > 0 && poll(deaths, CHILDREN, LIMIT_MS) > 0)
        for (int i = 0; i < CHILDREN; i++) {
            int status;
            if (!deaths[i].revents || waitpid(children[i], &status, 0) < 0)
                continue;
            statuses += is_right(children[i], status);
            close(deaths[i].fd);
            deaths[i].fd = -1; // poll passes it over
            left--;
        }
}

/* --- The table --- */

static const struct way ways[] = {
    {"handler with a wait loop", "POSIX", prepare_handler, beget_child,
     let_handler_bury},
    {"SIGCHLD ignored", "POSIX", prepare_ignoring, beget_child,
     wait_until_gone},
    {"SA_NOCLDWAIT", "POSIX", prepare_no_wait_flag, beget_child,
     wait_until_gone},
    {"forked twice", "POSIX; init must bury", NULL, beget_grandchild,
     have_nobody_to_bury},
    {"signalfd and a wait loop", "Linux; POSIX: a pipe", prepare_blocked,
     beget_child, bury_by_signalfd},
    {"a pidfd for each", "Linux 5.3", NULL, beget_child, bury_by_pidfd},
};
enum { WAYS = sizeof ways / sizeof *ways };

static int count_unburied(void)
{
    int count = 0;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        count++;
    return count;
}

/* The parent: `all_gone` is held open by everybody it begets. */
static struct result live_by(const struct way *way, const int all_gone[2])
{
    if (pipe(start_pipe) < 0)
        err(1, "pipe");
    int64_t began = now_us();
    if (way->prepare)
        way->prepare();
    for (int i = 0; i < CHILDREN; i++)
        children[i] = way->beget(i);
    close(all_gone[1]);
    close(start_pipe[1]);
    way->bury();
    char none;
    while (read(all_gone[0], &none, 1) < 0 && errno == EINTR)
        continue;
    double seconds = (double)(now_us() - began) / 1e6;
    return (struct result){count_unburied(), (int)statuses, seconds};
}

static struct result try_way(const struct way *way)
{
    int all_gone[2];
    int report[2];
    if (pipe(all_gone) < 0 || pipe(report) < 0)
        err(1, "pipe");
    fflush(stdout);
    if (fork_or_end() == 0) {
        struct result result = live_by(way, all_gone);
        ssize_t put = write(report[1], &result, sizeof result);
        _exit(put == sizeof result ? 0 : 1);
    }
    close(all_gone[0]);
    close(all_gone[1]);
    close(report[1]);
    struct result result;
    if (read(report[0], &result, sizeof result) != sizeof result)
        errx(1, "%s: its parent told nothing", way->name);
    close(report[0]);
    while (waitpid(-1, NULL, 0) > 0)
        continue; // the parent, and the grandchildren that came to us
    return result;
}

int main(void)
{
    signal(SIGCHLD, SIG_DFL);         // may have been inherited as ignored
    prctl(PR_SET_CHILD_SUBREAPER, 1); // be the init of those forked twice
    printf("%7s %8s %7s  %-25s %s\n", "zombies", "statuses", "forks/s", "way",
           "where");
    for (int i = 0; i < WAYS; i++) {
        struct result result = try_way(&ways[i]);
        printf("%7d %4d/%-3d %7.0f  %-25s %s\n", result.zombies,
               result.statuses, CHILDREN, CHILDREN / result.seconds,
               ways[i].name, ways[i].where);
    }
    return 0;
}
