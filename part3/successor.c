/* successor.c - the next binary of this server, started beside this one.
 *
 * It gets the listener, so that no client is refused meanwhile. When its
 * workers are ready, ours go; if it ends before or takes too long, it is as
 * if it had never been. */
#include "supervisor_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "handover.h"
#include "notify.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_TIMES = 3 }; // it may take to be ready what so many may

void successor_start(struct supervisor *s)
{
    if (s->mode != GOING_ON || s->successor)
        return;
    s->successor =
        handover_start(s->options->argv, s->listener, &s->successor_ready);
    if (s->successor < 0) {
        log_errno("start %s", s->options->argv[0]);
        s->successor = 0;
        return;
    }
    s->successor_until =
        net_now() + (int64_t)WORKERS_TIMES * s->options->times.ready_ms;
    log_line("upgrading: pid %d starts", (int)s->successor);
}

static void forget(struct supervisor *s)
{
    close(s->successor_ready);
    s->successor_ready = -1;
    s->successor_until = SLOT_NO_TIMER;
}

static void hand_over(struct supervisor *s)
{
    log_line("upgrading: pid %d is ready and takes over", (int)s->successor);
    notify("MAINPID=%d", (int)s->successor);
    s->mode = HANDED_OVER;
    forget(s);
}

void successor_tend(struct supervisor *s)
{
    if (!s->successor || s->successor_ready < 0)
        return;
    char word;
    ssize_t got = read(s->successor_ready, &word, 1);
    bool hung_up = got == 0; // without a word: it never will be ready
    if (got == 1) {
        hand_over(s);
    } else if (hung_up || net_now() >= s->successor_until) {
        kill(s->successor, SIGKILL); // our child, not yet buried: no stranger
        forget(s);
    }
}

void successor_exited(struct supervisor *s, int status)
{
    if (s->mode == GOING_ON)
        log_line("upgrading: pid %d ended (%s %d), going on as we are",
                 (int)s->successor,
                 WIFSIGNALED(status) ? "killed by signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    if (s->successor_ready >= 0)
        forget(s);
    s->successor = 0;
}

void successor_stop(struct supervisor *s)
{
    if (s->successor && s->mode != HANDED_OVER)
        kill(s->successor, SIGTERM);
}
