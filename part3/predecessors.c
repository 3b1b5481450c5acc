/* predecessors.c - the supervisor's table of workers, as text and back. */
#include "predecessors.h"

#include "common/log.h"
#include "common/net.h"
#include "handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The text is numbers alone: first these, of the supervisor, */
enum { PLACES, GENERATION, WORKERS, EXTRA, HEAD_NUMBERS };
/* then these of each worker. A timer crosses as what is left of it, so that
 * the time exec takes is nobody's. */
enum {
    PLACE,
    PID,
    CHANNEL,
    OF_GENERATION,
    BORN,
    STATE,
    SINCE,
    LEFT,
    LEAVING,
    WORKER_NUMBERS
};

enum { NO_TIMER = -1 }; // for LEFT

/* --- Out --- */

static long long left_of(const struct slot *slot, int64_t now)
{
    if (slot->until == SLOT_NO_TIMER)
        return NO_TIMER;
    return slot->until > now ? slot->until - now : 0;
}

static void write_worker(FILE *text, const struct place *place, int64_t now)
{
    fprintf(text, " %d %d %d %u %lld %d %lld %lld %d", place->number,
            (int)place->pid, place->channel, place->generation,
            (long long)place->born, (int)place->slot.state,
            (long long)place->slot.since, left_of(&place->slot, now),
            place->slot.leaving);
}

static void set_channels(const struct supervisor *s, int flags)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].channel >= 0)
            fcntl(s->places[i].channel, F_SETFD, flags);
}

char *predecessors_write(const struct supervisor *s)
{
    char *written = NULL;
    size_t len;
    FILE *text = open_memstream(&written, &len);
    if (!text)
        return NULL;
    int64_t now = net_now();
    fprintf(text, "%zu %u %d %d", s->place_count, s->generation, s->number,
            s->extra);
    for (size_t i = 0; i < s->place_count; i++)
        if (slot_has_worker(&s->places[i].slot))
            write_worker(text, &s->places[i], now);
    if (fclose(text) != 0) {
        free(written);
        return NULL;
    }
    set_channels(s, 0);
    return written;
}

void predecessors_close_on_exec(const struct supervisor *s)
{
    set_channels(s, FD_CLOEXEC);
}

/* --- In --- */

/* Returns what comes behind them, or NULL if there are not so many. */
static const char *read_numbers(const char *text, long long numbers[],
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *end;
        numbers[i] = strtoll(text, &end, 10);
        if (end == text)
            return NULL;
        text = end;
    }
    return text;
}

size_t predecessors_places(void)
{
    long long count;
    const char *text = handover_workers();
    if (!text || !read_numbers(text, &count, 1) || count < 0 ||
        count > SEATS_MAX)
        return 0;
    return (size_t)count;
}

/* Alive, or not yet buried. */
static bool is_our_child(pid_t pid)
{
    siginfo_t info;
    return pid > 0 &&
           waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* -1: closed, since the worker was ending. */
static bool can_be_channel(int fd)
{
    int family = 0;
    socklen_t len = sizeof family;
    return fd == -1 ||
           (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == 0 &&
            family == AF_UNIX);
}

static bool can_be_so(const struct supervisor *s, const long long worker[])
{
    const struct slot slot = {.state = (enum slot_state)worker[STATE]};
    return worker[PLACE] >= 0 && (size_t)worker[PLACE] < s->place_count &&
           s->places[worker[PLACE]].slot.state == SLOT_EMPTY &&
           worker[STATE] >= 0 && worker[STATE] < SLOT_STATES &&
           slot_has_worker(&slot) && is_our_child((pid_t)worker[PID]) &&
           can_be_channel((int)worker[CHANNEL]);
}

/* Its seat is not in our memory: what we show of it is what we know. */
static void adopt(struct supervisor *s, const long long worker[], int64_t now)
{
    struct place *place = &s->places[worker[PLACE]];
    place->is_predecessor = true;
    place->pid = (pid_t)worker[PID];
    place->pidfd = (int)syscall(SYS_pidfd_open, place->pid, 0);
    place->channel = (int)worker[CHANNEL];
    place->generation = (unsigned)worker[OF_GENERATION];
    place->born = worker[BORN];
    place->slot.state = (enum slot_state)worker[STATE];
    place->slot.since = worker[SINCE];
    place->slot.leaving = worker[LEAVING];
    if (worker[LEFT] != NO_TIMER)
        place->slot.until = now + worker[LEFT];
    place->ready = place->slot.state != SLOT_STARTING;
    place->wanted = place->slot.state == SLOT_UP;
    if (place->channel >= 0)
        fcntl(place->channel, F_SETFD, FD_CLOEXEC);
    scoreboard_clear_seat(place->seat, place->generation, place->born);
    place->seat->pid = place->pid;
}

static void go_on_with(struct supervisor *s, const long long head[])
{
    s->generation = (unsigned)head[GENERATION];
    if (head[WORKERS] >= 1 && head[WORKERS] <= s->options->max_workers)
        s->number = (int)head[WORKERS];
    if (head[EXTRA] > 0 && s->number + head[EXTRA] <= s->options->max_workers)
        s->extra = (int)head[EXTRA];
}

int predecessors_adopt(struct supervisor *s)
{
    long long head[HEAD_NUMBERS], worker[WORKER_NUMBERS];
    const char *text = handover_workers();
    if (text)
        text = read_numbers(text, head, HEAD_NUMBERS);
    if (!text)
        return 0;
    go_on_with(s, head);
    int adopted = 0;
    int64_t now = net_now();
    while ((text = read_numbers(text, worker, WORKER_NUMBERS)) != NULL) {
        if (can_be_so(s, worker)) {
            adopt(s, worker, now);
            adopted++;
        } else {
            log_line("there is no worker %lld of the last binary, pid %lld",
                     worker[PLACE], worker[PID]);
        }
    }
    return adopted;
}
