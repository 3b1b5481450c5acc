/* supervisor.c - sleep, hear, bury, tend; and again. The loop is at the end, in
 * supervise(), and each of its steps is a section:
 *
 *    sleep_until_needed   until a signal or a word comes, or a timer rings
 *    hear                 what it was: signals, workers, the next binary
 *    bury_the_dead        whoever they are
 *    tend_workers         a birth; or what else a place needs
 *    announce             what others are told; and feed_watchdog
 *
 * slot.c decides what a place needs, and staffing.c which places are wanted.
 * Workers are forked by birth.c, and signalled and buried here. No application
 * runs here and no request is parsed, so nothing that a client sends can bring
 * it down. */
#include "supervisor_parts.h"

#include "channel.h"
#include "common/log.h"
#include "common/net.h"
#include "events.h"
#include "handover.h"
#include "listener.h"
#include "notify.h"
#include "others.h"
#include "pid_file.h"
#include "predecessors.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 1000,     // the longest sleep: a lost signal costs no more
    BUSY_TICK_MS = 250, // while the number of workers follows the load
    GIVE_UP_AFTER = 2,  // failures of an heir to start
    JITTER_PERCENT = 10,
    LEFT_MS = 1000, // for who left its worker's group, when all others went
    OTHERS = 2      // watched beside the channels
};

/* --- Sleep --- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t nearest_timer(const struct supervisor *s, int64_t now)
{
    bool follows = s->options->max_workers > s->number;
    int64_t nearest = now + (follows ? BUSY_TICK_MS : TICK_MS);
    nearest = earlier(nearest, s->trial.slot.until);
    if (s->watchdog_ms)
        nearest = earlier(nearest, s->watchdog_at);
    for (size_t i = 0; i < s->place_count; i++)
        nearest = earlier(nearest, s->places[i].slot.until);
    return later(nearest, now);
}

static void sleep_until_needed(struct supervisor *s)
{
    /* What is -1, poll passes over. */
    s->watched[0] = (struct pollfd){.fd = s->signals, .events = POLLIN};
    s->watched[1] = (struct pollfd){.fd = s->trial.ready, .events = POLLIN};
    for (size_t i = 0; i < s->place_count; i++)
        s->watched[OTHERS + i] =
            (struct pollfd){.fd = s->places[i].channel, .events = POLLIN};
    int64_t now = net_now();
    s->due = nearest_timer(s, now);
    poll(s->watched, OTHERS + s->place_count, (int)(s->due - now));
}

/* --- Hear --- */

static void stop(struct supervisor *s, int signal)
{
    bool at_once = signal != SIGTERM || s->mode != GOING_ON;
    if (at_once) {
        s->status = 128 + signal;
        upgrade_end(s);
    } else if (!handover_is_kept()) {
        listener_freeze(s->listener);
    }
    s->mode = at_once ? ENDING : DRAINING;
    notify("STOPPING=1");
    log_line(at_once ? "ending at once" : "draining, then ending");
}

/* Whoever rotates logs has moved the file away. Workers may not be allowed to
 * open it: so they are sent it. */
static void reopen_logs(struct supervisor *s)
{
    if (s->options->log_file && log_open(s->options->log_file) < 0)
        log_errno("open %s", s->options->log_file);
    if (s->options->json_file && events_open(s->options->json_file) < 0)
        log_errno("open %s", s->options->json_file);
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].channel >= 0)
            channel_say(s->places[i].channel, CHANNEL_LOG, STDERR_FILENO);
}

static void obey(struct supervisor *s, int signal)
{
    switch (signal) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT: stop(s, signal); break;
    case SIGHUP: staffing_reload(s); break;
    case SIGUSR1: reopen_logs(s); break;
    case SIGUSR2: upgrade_ask(s); break;
    case SIGTTIN: staffing_change(s, 1); break;
    case SIGTTOU: staffing_change(s, -1); break;
    case SIGTSTP: raise(SIGSTOP); break; // Ctrl-Z
    default: break; // SIGCHLD: we look for the dead in every turn
    }
}

static struct event event_of(const struct place *place, const char *name)
{
    return (struct event){
        .name = name,
        .slot = place->number,
        .generation = place->generation,
        .pid = place->pid,
        .why = place->why,
        .age_ms = net_now() - place->born,
        .requests = (int64_t)place->seat->requests,
    };
}

static void report(const struct place *place, const char *name)
{
    const struct event event = event_of(place, name);
    events_write(&event);
}

static void hear_worker(struct supervisor *s, struct place *place)
{
    enum channel_word word = channel_hear(place->channel, NULL);
    if (word == CHANNEL_CLOSED) { // it is ending; its status comes by itself
        close(place->channel);
        place->channel = -1;
    }
    if (word != CHANNEL_READY || place->ready)
        return;
    place->ready = s->was_ready = true;
    slot_happened(&place->slot, SLOT_READY, &s->options->times, 0, net_now());
    report(place, "ready");
}

static void hear(struct supervisor *s)
{
    for (int signal; (signal = signals_next(s->signals)) != 0;)
        obey(s, signal);
    for (size_t i = 0; i < s->place_count; i++)
        if (s->watched[OTHERS + i].revents && s->places[i].channel >= 0)
            hear_worker(s, &s->places[i]);
    upgrade_hear(s);
}

/* --- Bury --- */

static struct place *place_of(struct supervisor *s, pid_t pid)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].pid == pid)
            return &s->places[i];
    return NULL;
}

static void report_exit(const struct place *place, int status,
                        const struct rusage *usage)
{
    struct event event = event_of(place, "exit");
    event.status = status;
    event.usage = *usage;
    events_write(&event);
}

/* An heir, or all workers at the very start, may be unable to start at all: a
 * module with a fault in it, most of the time. Once is bad luck: so it is twice
 * for an heir, and at the start more often than there are workers. */
static void judge_start(struct supervisor *s, struct place *place)
{
    bool all_failed = !s->was_ready && s->board->died > (uint64_t)s->number;
    if (all_failed && s->mode == GOING_ON) {
        log_line("the workers cannot start, giving up");
        s->status = SUPERVISOR_NO_START;
        s->mode = ENDING;
    } else if (place == s->heir && place->slot.failures >= GIVE_UP_AFTER &&
               s->predecessors == 0) { // the last binary's cannot stay
        staffing_give_up(s);
    }
}

/* After a first death it is none at all; a failed fork is always told. */
static void report_backoff(const struct place *place, const char *why)
{
    const struct slot *slot = &place->slot;
    struct event event = event_of(place, "backoff");
    event.why = why;
    event.age_ms = slot->until - slot->since;
    event.requests = -1;
    if (slot->state == SLOT_BACKOFF && (why || event.age_ms > 0))
        events_write(&event);
}

static void bury_worker(struct supervisor *s, struct place *place, int status,
                        const struct rusage *usage)
{
    report_exit(place, status, usage);
    s->board->died++;
    s->board->requests += place->seat->requests;
    place->seat->deaths++;
    place->seat->pid = 0;
    slot_happened(&place->slot, SLOT_EXITED, &s->options->times,
                  (unsigned)random(), net_now());
    close(place->pidfd);
    if (place->channel >= 0)
        close(place->channel);
    place->pidfd = place->channel = -1;
    place->pid = 0;
    place->why = NULL;
    if (place->is_predecessor)
        upgrade_bury_predecessor(s, place);
    report_backoff(place, NULL);
    if (!place->ready)
        judge_start(s, place);
}

/* SIGCHLD says "at least one", and may be lost altogether: so everyone who is
 * dead, in every turn. Looked at first and reaped then: as long as the body
 * is there, its pid is nobody else's, and nor is the number of its group. */
static void bury_the_dead(struct supervisor *s)
{
    siginfo_t dead = {0};
    while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           dead.si_pid != 0) {
        struct rusage usage;
        int status;
        struct place *place = place_of(s, dead.si_pid);
        if (place)
            kill(-dead.si_pid, SIGKILL); // what it forked goes with it
        wait4(dead.si_pid, &status, 0, &usage);
        if (place)
            bury_worker(s, place, status, &usage);
        else if (dead.si_pid == s->trial.pid)
            upgrade_exited(s, status);
        else
            s->board->orphans++; // a worker's child: it came to us
        dead.si_pid = 0;
    }
    s->board->swept = net_now();
}

/* --- Tend: a birth --- */

static uint64_t with_jitter(int most)
{
    uint64_t spread = (uint64_t)most * JITTER_PERCENT / 100;
    return (uint64_t)most - spread + (uint64_t)random() % (2 * spread + 1);
}

static void note_birth(struct supervisor *s, struct place *place, pid_t pid,
                       int channel)
{
    place->pid = pid;
    place->channel = channel;
    place->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    place->ready = false;
    place->resident_mib = 0;
    place->max_requests = with_jitter(s->options->max_requests);
    place->seat->pid = pid;
    s->board->spawned++;
    slot_happened(&place->slot, SLOT_SPAWNED, &s->options->times, 0,
                  place->born);
    report(place, "spawn");
}

static void spawn(struct supervisor *s, struct place *place)
{
    if (place->slot.failures > 0 &&
        !fork_budget_take(&s->forks, s->number, net_now())) {
        slot_wait(&place->slot, fork_budget_next(&s->forks));
        return;
    }
    place->generation = s->generation;
    place->born = net_now();
    scoreboard_clear_seat(place->seat, place->generation, place->born);
    int channel;
    pid_t pid = birth(s, place, &channel);
    if (pid > 0) {
        note_birth(s, place, pid, channel);
        return;
    }
    const char *why = strerrordesc_np(errno);
    slot_happened(&place->slot, SLOT_NOT_SPAWNED, &s->options->times,
                  (unsigned)random(), net_now());
    report_backoff(place, why);
}

/* --- Tend: what each place needs --- */

/* If we were stopped, the workers were stopped with us: that time has not
 * passed, for any of us. */
static void forgive_lost_time(struct supervisor *s, int64_t now)
{
    int64_t lost = slot_lost_time(s->due, now);
    if (lost == 0)
        return;
    s->thawed_at = now;
    for (size_t i = 0; i < s->place_count; i++)
        slot_postpone(&s->places[i].slot, lost);
    slot_postpone(&s->trial.slot, lost);
}

/* Why is it stuck? NULL: it is not. What a worker wrote on the board is not
 * to be trusted, but the worst it can do is to die, or not to, as itself. */
static const char *why_late(const struct supervisor *s,
                            const struct place *place, int64_t now)
{
    int64_t well_until = later(s->thawed_at, place->slot.since);
    int64_t busy_since = place->seat->busy_since;
    if (place->is_predecessor)
        return NULL; // we cannot see its seat, but then it has to go soon
    if (now - later(place->seat->beat, well_until) > s->options->beat_ms)
        return "no heart-beat";
    if (s->options->request_ms && busy_since > 0 &&
        now - later(busy_since, well_until) > s->options->request_ms)
        return "its request takes too long";
    return NULL;
}

static void signal_worker(const struct place *place, int number)
{
    signals_send(place->pidfd, place->pid, number);
}

/* Who waits at a listener that is closed behind us would be lost. */
static enum channel_word word_to_go(const struct supervisor *s)
{
    return s->mode == DRAINING && !handover_is_kept() ? CHANNEL_EMPTY
                                                      : CHANNEL_DRAIN;
}

static void act(struct supervisor *s, struct place *place,
                enum slot_action action, const char *late)
{
    switch (action) {
    case SLOT_REST: return;
    case SLOT_SPAWN: spawn(s, place); return;
    case SLOT_DRAIN:
        place->why = place->unwanted;
        channel_say(place->channel, word_to_go(s), -1);
        report(place, "drain");
        break;
    case SLOT_ABORT:
        place->why = late;
        report(place, "suspect");
        signal_worker(place, SIGABRT);
        signal_worker(place, SIGCONT); // a stopped one hears nothing else
        break;
    case SLOT_KILL:
        if (!place->why)
            place->why = place->wanted ? "not ready in time" : place->unwanted;
        report(place, "kill");
        signal_worker(place, SIGKILL);
        if (s->mode == DRAINING)
            s->status = SUPERVISOR_CUT;
        break;
    case SLOT_REPORT:
        report(place, "unkillable");
        staffing_lose(s, place);
        break;
    case SLOT_LEAVE: break;
    }
    slot_did(&place->slot, action, &s->options->times, net_now());
}

static void tend_workers(struct supervisor *s)
{
    int64_t now = net_now();
    forgive_lost_time(s, now);
    staffing_decide(s);
    for (size_t i = 0; i < s->place_count; i++) {
        struct place *place = &s->places[i];
        const char *late = why_late(s, place, now);
        enum slot_action action =
            s->mode == ENDING
                ? slot_end(&place->slot, now)
                : slot_next(&place->slot, place->wanted, late != NULL, now);
        act(s, place, action, late);
        place->seat->state = place->slot.state;
    }
}

/* --- Tend: what others are told --- */

static bool all_up(const struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].wanted && s->places[i].slot.state != SLOT_UP)
            return false;
    return true;
}

void take_pid_file(const struct supervisor *s)
{
    if (s->options->pid_file && !handover_is_trial() &&
        pid_file_write(s->options->pid_file) < 0)
        log_errno("write %s", s->options->pid_file);
}

/* Once, when all workers are ready for the first time. */
static void announce(struct supervisor *s)
{
    if (s->announced || s->mode != GOING_ON || !all_up(s))
        return;
    s->announced = true;
    take_pid_file(s);
    notify("READY=1");
    handover_ready();
    log_line("ready, with %d workers", s->number);
}

static void feed_watchdog(struct supervisor *s)
{
    int64_t now = net_now();
    if (!s->watchdog_ms || now < s->watchdog_at)
        return;
    notify("WATCHDOG=1");
    s->watchdog_at = now + s->watchdog_ms / 2;
}

/* --- All of it --- */

static bool all_gone(const struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (slot_is_awaited(&s->places[i].slot))
            return false;
    return !slot_has_worker(&s->trial.slot);
}

/* Twice as many as workers: who drains keeps its place, and all may be
 * draining while as many are up. */
static void make_places(struct supervisor *s)
{
    s->place_count = 2 * (size_t)s->options->max_workers;
    if (s->place_count < predecessors_places())
        s->place_count = predecessors_places();
    s->board = scoreboard_make(s->place_count);
    s->places = calloc(s->place_count, sizeof *s->places);
    s->watched = calloc(OTHERS + s->place_count, sizeof *s->watched);
    if (!s->places || !s->watched)
        die("make %zu places for workers", s->place_count);
    for (size_t i = 0; i < s->place_count; i++)
        s->places[i] = (struct place){.number = (int)i,
                                      .slot = {.until = SLOT_NO_TIMER},
                                      .seat = &s->board->seats[i],
                                      .pidfd = -1,
                                      .channel = -1};
    s->board->supervisor = (int)getpid();
    s->board->started = net_now();
    s->board->generation = s->generation;
}

int supervise(const struct supervisor_options *options, int signals,
              int listener, worker_fn *worker, void *context)
{
    struct supervisor s = {
        .options = options,
        .signals = signals,
        .listener = listener,
        .worker = worker,
        .context = context,
        .generation = 1,
        .number = options->workers,
        .forks = fork_budget_full(net_now()),
        .due = net_now(),
        .trial = {.slot = {.until = SLOT_NO_TIMER}, .ready = -1},
        .watchdog_ms = notify_watchdog_ms(),
    };
    srandom((unsigned)(getpid() ^ net_now())); // for jitter
    fcntl(listener, F_SETFL, O_NONBLOCK);
    others_adopt(); // what workers leave behind comes to us
    make_places(&s);
    upgrade_take_over(&s);

    tend_workers(&s);
    while (s.mode == GOING_ON || !all_gone(&s)) {
        sleep_until_needed(&s);
        hear(&s);
        bury_the_dead(&s);
        tend_workers(&s);
        upgrade_tend(&s);
        announce(&s);
        feed_watchdog(&s);
    }
    others_end(s.mode == DRAINING ? LEFT_MS : 0);
    close(listener);
    close(s.board->file);
    if (options->pid_file)
        pid_file_remove(options->pid_file);
    free(s.places);
    free(s.watched);
    return s.status;
}
