/* init.c - sleep, hear, bury, tend; and again, until nobody is left.
 *
 *    RUNNING --the command ends--> LEAVING --nobody is left--> return
 *       |                             |                           ^
 *       '------- the deadline --------'--> KILLING ---------------'
 *
 * There is one deadline: it begins with the first TERM that comes, or with
 * the end of the command. So whoever stops us waits no longer than that,
 * whatever the command and its children do. */
#include "init.h"

#include "common/log.h"
#include "common/net.h"
#include "init_terminal.h"
#include "others.h"
#include "part2/signals_reset.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 1000,    // a lost SIGCHLD costs no more than this
    AGAIN_MS = 100,    // between one KILL for all and the next
    GIVE_UP_MS = 5000, // whom KILL does not end in this time, nothing does
    NOT_FOUND = 127,   // what shells return
    NOT_EXECUTABLE = 126
};

#define NEVER INT64_MAX

struct init {
    const struct init_options *options;
    int signals;
    int terminal;  // -1: none
    pid_t command; // 0 once it is buried
    int status;    // to return
    enum { RUNNING, LEAVING, KILLING } phase;
    int64_t deadline;
    bool alone; // no child is left
};

/* --- Birth --- */

/* In the child. Nothing of ours goes along: no mask, no disposition, no
 * descriptor, nothing in the environment. */
__attribute__((noreturn)) static void become_command(const struct init *init,
                                                     pid_t parent, pid_t group)
{
    setpgid(0, 0);
    terminal_pass(init->terminal, group, getpid());
    prctl(PR_SET_PDEATHSIG, SIGTERM); // should someone kill us
    if (getppid() != parent)
        _exit(0);
    signals_reset();
    execvp(init->options->command[0], init->options->command);
    int status = errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    log_errno("run %s", init->options->command[0]);
    _exit(status);
}

static void start_command(struct init *init)
{
    pid_t self = getpid();
    pid_t group = getpgrp();
    init->command = fork();
    if (init->command < 0)
        die("start %s", init->options->command[0]);
    if (init->command == 0)
        become_command(init, self, group);
    setpgid(init->command, init->command); // whoever of the two is first
    if (init->options->verbose)
        log_line("started %s as %d", init->options->command[0],
                 (int)init->command);
}

/* --- Sleep --- */

static int64_t soonest(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static void sleep_until_needed(const struct init *init)
{
    int64_t now = net_now();
    int64_t tick = now + (init->phase == KILLING ? AGAIN_MS : TICK_MS);
    int64_t until = soonest(init->deadline, tick);
    struct pollfd signals = {.fd = init->signals, .events = POLLIN};
    poll(&signals, 1, until > now ? (int)(until - now) : 0);
}

/* --- Hear --- */

static void set_deadline(struct init *init)
{
    if (init->deadline == NEVER && init->options->grace_ms > 0)
        init->deadline = net_now() + init->options->grace_ms;
}

static void forward(struct init *init, int came)
{
    int number = init->options->rewrite[came];
    if (init->options->verbose)
        log_line("signal %d came, sending %d", came, number);
    if (number == 0 || init->command == 0)
        return;
    if (came == SIGCONT)
        terminal_pass(init->terminal, getpgrp(), init->command);
    kill(init->options->single ? init->command : -init->command, number);
    if (came == SIGTERM || number == SIGTERM)
        set_deadline(init);
}

static void hear_signals(struct init *init)
{
    for (int signal; (signal = signals_next(init->signals)) != 0;)
        if (signal != SIGCHLD) // we look for the dead in every turn
            forward(init, signal);
}

/* --- Bury --- */

static void bury_command(struct init *init, int status)
{
    init->status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    terminal_pass(init->terminal, init->command, getpgrp());
    init->command = 0;
    if (init->options->verbose)
        log_line("the command has ended with %d", init->status);
}

/* Everyone who is dead: SIGCHLD only says "at least one", and most of those
 * that come to us we never started. */
static void bury_the_dead(struct init *init)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        bool is_command = pid == init->command;
        if (is_command && WIFSTOPPED(status))
            terminal_stopped(init->terminal, pid, WSTOPSIG(status));
        else if (is_command)
            bury_command(init, status);
        else if (init->options->verbose && !WIFSTOPPED(status))
            log_line("buried the orphan %d", (int)pid);
    }
    init->alone = pid < 0 && errno == ECHILD;
}

/* --- Tend --- */

/* The command has ended: nobody else is needed. */
static void send_the_others_home(struct init *init)
{
    init->phase = LEAVING;
    others_ask_to_end();
    set_deadline(init);
}

static void begin_to_kill(struct init *init)
{
    log_line("%s %d ms after being told to, killing",
             init->command ? "the command runs" : "children run",
             init->options->grace_ms);
    if (init->command)
        init->status = 128 + SIGKILL; // even if that does not end it
    init->phase = KILLING;
    init->deadline = net_now() + GIVE_UP_MS;
}

static void tend(struct init *init)
{
    if (init->phase == RUNNING && init->command == 0)
        send_the_others_home(init);
    if (init->alone)
        return;
    if (init->phase != KILLING && net_now() >= init->deadline)
        begin_to_kill(init);
    if (init->phase == KILLING)
        others_signal(SIGKILL); // again and again: some may have been born
}

static bool is_over(const struct init *init)
{
    return init->alone ||
           (init->phase == KILLING && net_now() >= init->deadline);
}

/* --- All of it --- */

int init_run(const struct init_options *options, int signals)
{
    struct init init = {
        .options = options,
        .signals = signals,
        .terminal = terminal_open(),
        .deadline = NEVER,
    };
    others_adopt();
    start_command(&init);
    while (!is_over(&init)) {
        sleep_until_needed(&init);
        hear_signals(&init);
        bury_the_dead(&init);
        tend(&init);
    }
    return options->is_ok[init.status] ? 0 : init.status;
}
