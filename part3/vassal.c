/* vassal.c - the decisions: pure, so that they can be tested. */
#include "vassal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    GIVE_UP_AFTER = 2, // failures of an instance of the next version
    HANGS_MS = 60000   // never reached: who lives for start_ms is up
};

/* --- Life --- */

struct vassal *vassal_make(const char *name, int64_t now)
{
    struct vassal *vassal = calloc(1, sizeof *vassal);
    if (!vassal)
        return NULL;
    vassal->name = strdup(name);
    if (!vassal->name) {
        free(vassal);
        return NULL;
    }
    vassal->forks = fork_budget_full(now);
    for (int i = 0; i < INSTANCES_MAX; i++)
        vassal->instances[i] =
            (struct instance){.slot = {.until = SLOT_NO_TIMER}, .pidfd = -1};
    return vassal;
}

void vassal_free(struct vassal *vassal)
{
    for (int i = 0; i < INSTANCES_MAX; i++)
        settings_drop(vassal->instances[i].settings);
    settings_drop(vassal->now);
    settings_drop(vassal->next);
    free(vassal->name);
    free(vassal);
}

/* --- Versions --- */

void vassal_change(struct vassal *vassal, struct settings *settings)
{
    vassal->held[0] = '\0';
    vassal->generation++;
    settings_drop(vassal->next);
    vassal->next = NULL;
    if (vassal->proven) {
        vassal->next = settings; // there is something to come back to
        return;
    }
    settings_drop(vassal->now);
    vassal->now = settings;
}

void vassal_begin_anew(struct vassal *vassal)
{
    settings_drop(vassal->now);
    settings_drop(vassal->next);
    vassal->now = vassal->next = NULL;
    vassal->proven = vassal->leaving = false;
}

/* Reasons quote files: what is shown of them is printable. */
void vassal_hold(struct vassal *vassal, const char *why)
{
    snprintf(vassal->held, sizeof vassal->held, "%s", why);
    for (char *c = vassal->held; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

struct settings *vassal_target(const struct vassal *vassal)
{
    return vassal->next ? vassal->next : vassal->now;
}

static bool has_failed(const struct vassal *vassal,
                       const struct instance *instance)
{
    return vassal->next && instance->settings == vassal->next &&
           instance->slot.state == SLOT_BACKOFF &&
           instance->slot.failures >= GIVE_UP_AFTER;
}

static void give_up(struct vassal *vassal, int number)
{
    snprintf(vassal->held, sizeof vassal->held,
             "instance %d of the new version failed, the old one goes on",
             number);
    settings_drop(vassal->next);
    vassal->next = NULL;
}

/* Is it at the target, for as long as anyone can tell? */
static bool has_changed(const struct instance *instance,
                        const struct settings *target)
{
    return instance->settings == target &&
           (instance->done || instance->slot.state == SLOT_UP);
}

/* One at a time: while one is on its way, down or up, all others stay as they
 * are. First comes who is not up anyway, then the first of them. */
static void let_one_change(struct vassal *vassal)
{
    const struct settings *target = vassal_target(vassal);
    struct instance *old = NULL;
    for (int i = target->instances; i-- > 0;) {
        struct instance *instance = &vassal->instances[i];
        if (has_changed(instance, target))
            continue;
        bool is_old = instance->settings != target && !instance->stale &&
                      instance->slot.state != SLOT_EMPTY;
        if (!is_old)
            return;
        bool is_up = instance->slot.state == SLOT_UP;
        if (!old || !is_up || old->slot.state == SLOT_UP)
            old = instance;
    }
    if (!old)
        return;
    old->stale = true;
    old->why = "reload";
}

static void end_change(struct vassal *vassal)
{
    if (!vassal->next)
        return;
    for (int i = 0; i < vassal->next->instances; i++)
        if (!has_changed(&vassal->instances[i], vassal->next))
            return;
    settings_drop(vassal->now);
    vassal->now = vassal->next;
    vassal->next = NULL;
}

bool vassal_roll(struct vassal *vassal)
{
    if (!vassal_target(vassal) || vassal->leaving)
        return true;
    bool gave_up = false;
    for (int i = 0; i < INSTANCES_MAX; i++) {
        struct instance *instance = &vassal->instances[i];
        if (has_failed(vassal, instance)) {
            give_up(vassal, i);
            gave_up = true;
        }
        if (instance->stale && instance->slot.state == SLOT_EMPTY)
            instance->stale = false; // room for the other version
    }
    let_one_change(vassal);
    end_change(vassal);
    return !gave_up;
}

/* --- Instances --- */

bool vassal_wants(const struct vassal *vassal, const struct instance *instance)
{
    const struct settings *target = vassal_target(vassal);
    if (vassal->leaving || !target || instance->stale)
        return false;
    return instance - vassal->instances < target->instances &&
           !(instance->done && instance->settings == target);
}

int vassal_longest_waiting(const struct vassal *vassal, int64_t now)
{
    int first = 0;
    int64_t longest = now;
    for (int i = 0; i < INSTANCES_MAX; i++) {
        const struct slot *slot = &vassal->instances[i].slot;
        if (slot->state == SLOT_BACKOFF && now >= slot->until &&
            slot->since < longest) {
            longest = slot->since;
            first = i;
        }
    }
    return first;
}

struct slot_times vassal_times(const struct settings *settings)
{
    struct slot_times times = slot_default_times;
    if (!settings)
        return times;
    times.ready_ms = settings->start_ms + HANGS_MS;
    times.drain_ms = settings->stop_ms;
    return times;
}

void vassal_started(struct vassal *vassal, struct instance *instance, pid_t pid,
                    int64_t now)
{
    struct settings *target = settings_use(vassal_target(vassal));
    if (instance->settings != target)
        instance->slot.failures = 0; // they were another version's
    settings_drop(instance->settings);
    instance->settings = target;
    instance->done = false;
    instance->pid = pid;
    instance->born = now;
    instance->births++;
    instance->why = NULL;
    struct slot_times times = vassal_times(target);
    slot_happened(&instance->slot, SLOT_SPAWNED, &times, 0, now);
}

int64_t vassal_up_at(const struct instance *instance)
{
    return instance->slot.state == SLOT_STARTING
               ? instance->slot.since + instance->settings->start_ms
               : SLOT_NO_TIMER;
}

void vassal_up(struct vassal *vassal, struct instance *instance, int64_t now)
{
    struct slot_times times = vassal_times(instance->settings);
    slot_happened(&instance->slot, SLOT_READY, &times, 0, now);
    if (instance->settings == vassal->now)
        vassal->proven = true;
}

void vassal_ended(struct instance *instance, int status, unsigned chance,
                  int64_t now)
{
    bool is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    enum restart restart = instance->settings->restart;
    if (!instance->slot.leaving)
        instance->done = restart == RESTART_NEVER ||
                         (restart == RESTART_ON_FAILURE && is_good);
    struct slot_times times = vassal_times(instance->settings);
    slot_happened(&instance->slot, SLOT_EXITED, &times, chance, now);
    instance->pid = 0;
    instance->why = NULL;
}

/* --- The whole --- */

bool vassal_has_processes(const struct vassal *vassal)
{
    for (int i = 0; i < INSTANCES_MAX; i++)
        if (slot_has_worker(&vassal->instances[i].slot))
            return true;
    return false;
}

bool vassal_is_awaited(const struct vassal *vassal)
{
    for (int i = 0; i < INSTANCES_MAX; i++)
        if (slot_is_awaited(&vassal->instances[i].slot))
            return true;
    return false;
}

int vassal_wanted(const struct vassal *vassal)
{
    const struct settings *target = vassal_target(vassal);
    return target && !vassal->leaving ? target->instances : 0;
}

int vassal_count_up(const struct vassal *vassal)
{
    int count = 0;
    for (int i = 0; i < INSTANCES_MAX; i++)
        count += vassal->instances[i].slot.state == SLOT_UP;
    return count;
}

static int count_done(const struct vassal *vassal)
{
    int count = 0;
    for (int i = 0; i < vassal_wanted(vassal); i++)
        count += vassal->instances[i].done;
    return count;
}

static bool is_failing(const struct vassal *vassal)
{
    for (int i = 0; i < INSTANCES_MAX; i++) {
        const struct slot *slot = &vassal->instances[i].slot;
        if (slot->state == SLOT_BACKOFF ||
            (slot->state == SLOT_STARTING && slot->failures > 0))
            return true;
    }
    return false;
}

const char *vassal_state(const struct vassal *vassal)
{
    int wanted = vassal_wanted(vassal);
    if (vassal->leaving)
        return "stopping";
    if (!vassal->now)
        return "held";
    if (vassal->next)
        return "changing";
    if (count_done(vassal) == wanted && wanted > 0)
        return "done";
    if (is_failing(vassal))
        return "failing";
    return vassal_count_up(vassal) + count_done(vassal) < wanted ? "starting"
                                                                 : "up";
}
