/*
 * 3d - workers made beforehand: one listener, many in accept.
 *
 * New here:    N processes that all wait in accept on the same listener.
 * Still wrong: nobody comes back: a worker that dies leaves its place empty.
 * See it:      scripts/curl/3d.sh
 */
#include "common/connection.h"
#include "common/log.h"
#include "common/net.h"
#include "part2/service.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEY_WORKERS = 0x3d00, WORKERS_MAX = 256 };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    int *workers = state->input;
    if (key != KEY_WORKERS)
        return ARGP_ERR_UNKNOWN;
    *workers = (int)options_number(state, "workers", arg, 1, WORKERS_MAX);
    return 0;
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Processes:", 0},
    {"workers", KEY_WORKERS, "N", 0, "So many answer at the same time (4)", 0},
    {0},
};

static const struct argp own_argp = {.options = table, .parser = take_option};

/* The kernel gives each client to one of those who wait in accept. */
__attribute__((noreturn)) static void be_a_worker(int listener,
                                                  struct service *service)
{
    log_role("3d worker");
    prctl(PR_SET_PDEATHSIG, SIGTERM); // it must not outlive its server
    service_load(service, MANY_PROCESSES);
    for (;;) {
        int client = net_accept(listener);
        if (client < 0)
            die("accept");
        connection_serve(client, &service->options.limits, service_answer,
                         service);
    }
}

static void start_workers(int count, int listener, struct service *service)
{
    for (int i = 0; i < count; i++) {
        pid_t worker = fork();
        if (worker == 0)
            be_a_worker(listener, service);
        if (worker < 0)
            die("fork");
    }
}

static void report_death(pid_t worker, int status)
{
    if (WIFSIGNALED(status))
        log_line("worker %d was killed by signal %d (%s)", (int)worker,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_line("worker %d exited with status %d", (int)worker,
                 WEXITSTATUS(status));
}

/* LESSON: the dead are buried, and that is all: nobody comes back. Cured in
 * 3e. */
static void bury_them_all(int count)
{
    while (count > 0) {
        int status;
        pid_t worker = wait(&status);
        if (worker < 0)
            die("wait");
        report_death(worker, status);
        log_line("%d of the workers are left", --count);
    }
}

int main(int argc, char **argv)
{
    int workers = 4;
    const struct own_options own = {.argp = &own_argp, .values = &workers};
    struct service service = service_parse_with(
        argc, argv, "3d - workers made beforehand", all_gateways, &own);
    signal(SIGPIPE, SIG_IGN); // a client that left is an error, not a death
    int listener = net_listen(service.options.host, service.options.port);
    net_announce(listener);

    start_workers(workers, listener, &service);
    close(listener); // only they answer
    bury_them_all(workers);
    return EXIT_FAILURE;
}
