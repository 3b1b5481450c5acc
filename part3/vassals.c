/* vassals.c - sleep, hear, bury, tend; and again.
 *
 * vassal.c decides what each instance needs; only this file starts, signals
 * and buries them. It runs none of their code and reads none of their output,
 * so nothing that a service does can bring it or another service down. */
#include "vassals_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "events.h"
#include "notify.h"
#include "others.h"
#include "signals.h"
#include "vassal_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 1000, // a lost signal costs no more than this
};

/* --- Sleep --- */

static int64_t soonest(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t nearest_timer(const struct vassals *v, int64_t now)
{
    int64_t nearest = soonest(now + TICK_MS, soonest(v->look_at, v->kill_at));
    for (size_t i = 0; i < v->count; i++)
        for (int j = 0; j < INSTANCES_MAX; j++) {
            const struct instance *instance = &v->list[i]->instances[j];
            nearest = soonest(nearest, instance->slot.until);
            nearest = soonest(nearest, vassal_up_at(instance));
        }
    return nearest;
}

static void sleep_until_needed(struct vassals *v)
{
    struct pollfd watched[] = {{.fd = v->signals, .events = POLLIN},
                               {.fd = v->watch, .events = POLLIN},
                               {.fd = v->control, .events = POLLIN}};
    int64_t now = net_now();
    int64_t nearest = nearest_timer(v, now);
    v->due = nearest > now ? nearest : now;
    poll(watched, sizeof watched / sizeof *watched, (int)(v->due - now));
}

/* --- Hear --- */

static void stop(struct vassals *v, int signal)
{
    bool at_once = v->mode != GOING_ON;
    if (at_once)
        v->status = 128 + signal;
    else if (v->options->grace_ms > 0)
        v->kill_at = net_now() + v->options->grace_ms;
    v->mode = at_once ? ENDING : STOPPING;
    notify("STOPPING=1");
    log_line(at_once                ? "ending at once"
             : v->options->in_order ? "stopping one after the other"
                                    : "stopping all");
}

static void reopen_events(const struct vassals *v)
{
    if (v->options->events && events_open(v->options->events) < 0)
        log_errno("open %s", v->options->events);
}

static void obey(struct vassals *v, int signal)
{
    switch (signal) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT: stop(v, signal); break;
    case SIGHUP: v->look_at = 0; break;
    case SIGUSR1: reopen_events(v); break;
    case SIGTSTP: raise(SIGSTOP); break; // Ctrl-Z
    default: break; // SIGCHLD: we look for the dead in every turn
    }
}

static void hear(struct vassals *v)
{
    for (int signal; (signal = signals_next(v->signals)) != 0;)
        obey(v, signal);
    vassals_hear_changes(v);
    vassals_answer(v);
}

/* --- Bury --- */

static int number_of(const struct vassal *vassal,
                     const struct instance *instance)
{
    return (int)(instance - vassal->instances);
}

static struct event event_of(const struct vassal *vassal,
                             const struct instance *instance, const char *name)
{
    return (struct event){
        .name = name,
        .of = vassal->name,
        .slot = number_of(vassal, instance),
        .generation = vassal->generation,
        .pid = instance->pid,
        .why = instance->why,
        .age_ms = net_now() - instance->born,
        .requests = -1,
    };
}

void vassals_report(const struct vassal *vassal,
                    const struct instance *instance, const char *name)
{
    const struct event event = event_of(vassal, instance, name);
    events_write(&event);
}

static struct instance *instance_of(const struct vassals *v, pid_t pid,
                                    struct vassal **vassal)
{
    for (size_t i = 0; i < v->count; i++)
        for (int j = 0; j < INSTANCES_MAX; j++)
            if (v->list[i]->instances[j].pid == pid) {
                *vassal = v->list[i];
                return &v->list[i]->instances[j];
            }
    return NULL;
}

static void bury_instance(const struct vassal *vassal,
                          struct instance *instance)
{
    struct event event = event_of(vassal, instance, "exit");
    vassal_kill_group(instance); // whoever of it is left
    wait4(instance->pid, &event.status, 0, &event.usage);
    events_write(&event);
    close(instance->pidfd);
    instance->pidfd = -1;
    vassal_ended(instance, event.status, (unsigned)random(), net_now());
}

/* Looked at first and reaped then: as long as the body is there, its pid is
 * nobody else's. */
static void bury_the_dead(const struct vassals *v)
{
    siginfo_t dead = {0};
    while (waitid(P_ALL, 0, &dead, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           dead.si_pid != 0) {
        struct vassal *vassal;
        struct instance *instance = instance_of(v, dead.si_pid, &vassal);
        if (instance)
            bury_instance(vassal, instance);
        else
            waitpid(dead.si_pid, NULL, 0); // an orphan that came to us
        dead.si_pid = 0;
    }
}

/* --- Tend: the instances --- */

/* As a supervisor does: services that were stopped with us have not had that
 * time. */
static void forgive_lost_time(struct vassals *v)
{
    int64_t lost = slot_lost_time(v->due, net_now());
    if (lost == 0)
        return;
    if (v->kill_at != SLOT_NO_TIMER)
        v->kill_at += lost;
    for (size_t i = 0; i < v->count; i++)
        for (int j = 0; j < INSTANCES_MAX; j++)
            slot_postpone(&v->list[i]->instances[j].slot, lost);
}

static void spawn(struct vassal *vassal, struct instance *instance)
{
    const struct settings *target = vassal_target(vassal);
    int64_t now = net_now();
    if (instance->slot.failures > 0 &&
        !fork_budget_take(&vassal->forks, target->instances, now)) {
        slot_wait(&instance->slot, fork_budget_next(&vassal->forks));
        return;
    }
    pid_t pid = vassal_spawn(target, number_of(vassal, instance));
    if (pid < 0) {
        const struct slot_times times = vassal_times(target);
        log_errno("start %s, trying again", vassal->name);
        slot_happened(&instance->slot, SLOT_NOT_SPAWNED, &times,
                      (unsigned)random(), now);
        return;
    }
    vassal_started(vassal, instance, pid, now);
    instance->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    vassals_report(vassal, instance, "spawn");
}

static void kill_group(struct vassals *v, const struct vassal *vassal,
                       const struct instance *instance)
{
    vassals_report(vassal, instance, "kill");
    vassal_kill_group(instance);
    if (v->mode == STOPPING)
        v->status = VASSALS_CUT;
}

static void act(struct vassals *v, struct vassal *vassal,
                struct instance *instance, enum slot_action action)
{
    switch (action) {
    case SLOT_REST: return;
    case SLOT_SPAWN: spawn(vassal, instance); return;
    case SLOT_DRAIN:
        if (!instance->why)
            instance->why = vassal->leaving ? "stop" : "too many instances";
        vassals_report(vassal, instance, "drain");
        vassal_signal(instance, instance->settings->stop_signal);
        vassal_signal(instance, SIGCONT); // a stopped one hears nothing else
        break;
    case SLOT_KILL: kill_group(v, vassal, instance); break;
    case SLOT_REPORT: vassals_report(vassal, instance, "unkillable"); break;
    case SLOT_LEAVE:
    case SLOT_ABORT: break; // nobody is late who need not report
    }
    const struct slot_times times = vassal_times(instance->settings);
    slot_did(&instance->slot, action, &times, net_now());
}

static void tend_instance(struct vassals *v, struct vassal *vassal,
                          struct instance *instance)
{
    int64_t now = net_now();
    if (now >= vassal_up_at(instance)) {
        vassal_up(vassal, instance, now);
        instance->up_since = time(NULL);
        vassals_report(vassal, instance, "ready");
    }
    const struct slot *slot = &instance->slot;
    act(v, vassal, instance,
        v->mode == ENDING
            ? slot_end(slot, now)
            : slot_next(slot, vassal_wants(vassal, instance), false, now));
}

static bool is_there(const struct vassals *v, const struct vassal *vassal)
{
    return v->mode == GOING_ON ? vassal_has_processes(vassal)
                               : vassal_is_awaited(vassal);
}

/* All at once, so that nobody's time to stop is another's. Or else the last in
 * the alphabet, and then the one before: what others need is named before
 * them, and outlives them. */
static void let_them_leave(const struct vassals *v)
{
    bool is_turn = true;
    for (size_t i = v->count; i-- > 0;) {
        struct vassal *vassal = v->list[i];
        bool holds_up = is_there(v, vassal) && v->options->in_order;
        if (is_turn || v->mode == ENDING || !holds_up)
            vassal->leaving = true;
        is_turn = is_turn && !holds_up;
    }
}

/* However they share it, and whoever is deaf: there is one grace for all. */
static void tend_stop(struct vassals *v)
{
    if (v->mode == STOPPING && net_now() >= v->kill_at) {
        log_line("%zu vassals run %d ms after being told to stop, killing",
                 v->count, v->options->grace_ms);
        v->mode = ENDING;
        v->kill_at = SLOT_NO_TIMER;
        v->status = VASSALS_CUT;
    }
    let_them_leave(v);
}

static void forget_who_has_left(struct vassals *v)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->count; i++)
        if (v->list[i]->leaving && !is_there(v, v->list[i]))
            vassal_free(v->list[i]);
        else
            v->list[kept++] = v->list[i];
    v->count = kept;
}

static void tend_vassals(struct vassals *v)
{
    if (v->mode != GOING_ON)
        tend_stop(v);
    else if (net_now() >= v->look_at)
        vassals_look(v);
    for (size_t i = 0; i < v->count; i++) {
        struct vassal *vassal = v->list[i];
        if (!vassal_roll(vassal))
            log_line("%s is held back: %s", vassal->name, vassal->held);
        int first = vassal_longest_waiting(vassal, net_now());
        for (int j = 0; j < INSTANCES_MAX; j++)
            tend_instance(v, vassal,
                          &vassal->instances[(first + j) % INSTANCES_MAX]);
    }
    forget_who_has_left(v);
}

/* --- All of it --- */

int vassals_run(const struct vassals_options *options, int signals)
{
    struct vassals v = {
        .options = options, .signals = signals, .kill_at = SLOT_NO_TIMER};
    log_role("emperor");
    vassals_watch(&v);
    vassals_open_control(&v);
    srandom((unsigned)(getpid() ^ net_now())); // for jitter
    others_adopt();
    tend_vassals(&v);
    notify("READY=1");
    log_line("ready, with %zu vassals", v.count);
    while (v.mode == GOING_ON || v.count > 0) {
        sleep_until_needed(&v);
        forgive_lost_time(&v);
        hear(&v);
        bury_the_dead(&v);
        tend_vassals(&v);
    }
    others_kill(); // whoever has left its group, and outlived its vassal
    if (v.control >= 0)
        unlink(v.control_path);
    free(v.list);
    return v.status;
}
