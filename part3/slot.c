/* slot.c - the decisions: pure, so that every one of them can be tested. */
#include "slot.h"

enum {
    FIRST_BACKOFF_MS = 100,
    JITTER_PERCENT = 10,
    LATE_MS = 1000 // a turn so late: it was not only busy
};

const struct slot_times slot_default_times = {
    .ready_ms = 10000,
    .abort_ms = 1000,
    .drain_ms = 8000,
    .kill_ms = 5000,
    .young_ms = 10000,
    .backoff_ms = 5000,
};

static void enter(struct slot *slot, enum slot_state state, int64_t now,
                  int64_t until)
{
    slot->state = state;
    slot->since = now;
    slot->until = until;
}

enum slot_action slot_next(const struct slot *slot, bool wanted, bool late,
                           int64_t now)
{
    bool rings = now >= slot->until;
    switch (slot->state) {
    case SLOT_EMPTY: return wanted ? SLOT_SPAWN : SLOT_REST;
    case SLOT_BACKOFF:
        return !wanted ? SLOT_LEAVE : rings ? SLOT_SPAWN : SLOT_REST;
    case SLOT_STARTING:
        return !wanted ? SLOT_DRAIN : rings ? SLOT_KILL : SLOT_REST;
    case SLOT_UP: return !wanted ? SLOT_DRAIN : late ? SLOT_ABORT : SLOT_REST;
    case SLOT_SUSPECT:
    case SLOT_DRAINING: return rings ? SLOT_KILL : SLOT_REST;
    case SLOT_KILLING: return rings ? SLOT_REPORT : SLOT_REST;
    case SLOT_LOST:
    case SLOT_STATES: break;
    }
    return SLOT_REST;
}

enum slot_action slot_end(const struct slot *slot, int64_t now)
{
    return slot_is_awaited(slot) && slot->state != SLOT_KILLING
               ? SLOT_KILL
               : slot_next(slot, false, false, now);
}

/* Who was up for long enough did not fail, whatever comes then. */
static void forget_failures(struct slot *slot, const struct slot_times *times,
                            int64_t now)
{
    if (slot->state == SLOT_UP && now - slot->since >= times->young_ms)
        slot->failures = 0;
}

void slot_did(struct slot *slot, enum slot_action action,
              const struct slot_times *times, int64_t now)
{
    switch (action) {
    case SLOT_DRAIN:
        slot->leaving = true;
        enter(slot, SLOT_DRAINING, now, now + times->drain_ms);
        break;
    case SLOT_ABORT:
        forget_failures(slot, times, now);
        enter(slot, SLOT_SUSPECT, now, now + times->abort_ms);
        break;
    case SLOT_KILL: enter(slot, SLOT_KILLING, now, now + times->kill_ms); break;
    case SLOT_LEAVE:
        slot->failures = 0;
        enter(slot, SLOT_EMPTY, now, SLOT_NO_TIMER);
        break;
    case SLOT_REPORT:
        slot->leaving = true;
        enter(slot, SLOT_LOST, now, SLOT_NO_TIMER);
        break;
    case SLOT_SPAWN:
    case SLOT_REST: break;
    }
}

int64_t slot_delay_after(int failures, const struct slot_times *times,
                         unsigned chance)
{
    if (failures <= 1)
        return 0;
    int64_t delay = FIRST_BACKOFF_MS;
    for (int i = 2; i < failures && delay < times->backoff_ms; i++)
        delay *= 2;
    if (delay > times->backoff_ms)
        delay = times->backoff_ms;
    int64_t spread = delay * JITTER_PERCENT / 100;
    return delay - spread + (int64_t)chance % (2 * spread + 1);
}

static void back_off(struct slot *slot, const struct slot_times *times,
                     unsigned chance, int64_t now)
{
    slot->failures++;
    enter(slot, SLOT_BACKOFF, now,
          now + slot_delay_after(slot->failures, times, chance));
}

static void exited(struct slot *slot, const struct slot_times *times,
                   unsigned chance, int64_t now)
{
    if (slot->leaving) {
        *slot = (struct slot){.since = now, .until = SLOT_NO_TIMER};
        return;
    }
    forget_failures(slot, times, now);
    back_off(slot, times, chance, now);
}

void slot_happened(struct slot *slot, enum slot_event event,
                   const struct slot_times *times, unsigned chance, int64_t now)
{
    switch (event) {
    case SLOT_SPAWNED:
        if (!slot_has_worker(slot))
            enter(slot, SLOT_STARTING, now, now + times->ready_ms);
        break;
    case SLOT_NOT_SPAWNED:
        if (!slot_has_worker(slot))
            back_off(slot, times, chance, now);
        break;
    case SLOT_READY:
        if (slot->state == SLOT_STARTING)
            enter(slot, SLOT_UP, now, SLOT_NO_TIMER);
        break;
    case SLOT_EXITED:
        if (slot_has_worker(slot))
            exited(slot, times, chance, now);
        break;
    }
}

bool slot_has_worker(const struct slot *slot)
{
    return slot->state != SLOT_EMPTY && slot->state != SLOT_BACKOFF;
}

bool slot_is_awaited(const struct slot *slot)
{
    return slot_has_worker(slot) && slot->state != SLOT_LOST;
}

int64_t slot_lost_time(int64_t due, int64_t now)
{
    return now - due > LATE_MS ? now - due : 0;
}

void slot_postpone(struct slot *slot, int64_t ms)
{
    if (slot->until != SLOT_NO_TIMER)
        slot->until += ms;
}

void slot_wait(struct slot *slot, int64_t until)
{
    slot->until = until;
}

const char *slot_state_name(enum slot_state state)
{
    static const char *const names[SLOT_STATES] = {
        [SLOT_EMPTY] = "empty",
        [SLOT_STARTING] = "starting",
        [SLOT_UP] = "up",
        [SLOT_SUSPECT] = "suspect",
        [SLOT_DRAINING] = "draining",
        [SLOT_KILLING] = "killing",
        [SLOT_LOST] = "lost",
        [SLOT_BACKOFF] = "backoff",
    };
    return state >= 0 && state < SLOT_STATES ? names[state] : "?";
}
