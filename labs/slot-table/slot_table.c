/* slot_table.c - asks part3/slot.c what it would do in every state, and prints
 * the answers as a table. Nothing is forked and no time passes. */
#include "part3/slot.h"

#include <stdio.h>

enum { BORN = 1000 };

static const char *const action_names[] = {
    [SLOT_REST] = "-",        [SLOT_SPAWN] = "spawn", [SLOT_DRAIN] = "drain",
    [SLOT_ABORT] = "abort",   [SLOT_KILL] = "kill",   [SLOT_LEAVE] = "leave",
    [SLOT_REPORT] = "report",
};

/* A slot that has come to this state as slots do. */
static struct slot slot_in(enum slot_state state)
{
    static const enum slot_action to[SLOT_STATES] = {
        [SLOT_SUSPECT] = SLOT_ABORT,
        [SLOT_DRAINING] = SLOT_DRAIN,
        [SLOT_KILLING] = SLOT_KILL,
        [SLOT_LOST] = SLOT_REPORT,
    };
    const struct slot_times *times = &slot_default_times;
    struct slot slot = {.until = SLOT_NO_TIMER};
    if (state == SLOT_EMPTY)
        return slot;
    slot_happened(&slot, SLOT_SPAWNED, times, 0, BORN);
    if (state == SLOT_STARTING)
        return slot;
    if (state != SLOT_BACKOFF)
        slot_happened(&slot, SLOT_READY, times, 0, BORN);
    if (state == SLOT_BACKOFF)
        slot_happened(&slot, SLOT_EXITED, times, 0, BORN);
    else if (to[state] != SLOT_REST)
        slot_did(&slot, to[state], times, BORN);
    return slot;
}

static const char *action(const struct slot *slot, bool wanted, bool late,
                          int64_t now)
{
    return action_names[slot_next(slot, wanted, late, now)];
}

static const char *state_after_exit(struct slot slot)
{
    if (!slot_has_worker(&slot))
        return "-";
    slot_happened(&slot, SLOT_EXITED, &slot_default_times, 0, BORN);
    return slot_state_name(slot.state);
}

static void print_row(enum slot_state state)
{
    const struct slot slot = slot_in(state);
    bool has_timer = slot.until != SLOT_NO_TIMER;
    char timer[24] = "-";
    if (has_timer)
        snprintf(timer, sizeof timer, "%lld s",
                 (long long)(slot.until - BORN) / 1000);
    printf("%-9s %-6s %-7s %-7s %-7s %-7s %s\n", slot_state_name(state), timer,
           action(&slot, true, false, BORN - 1),
           action(&slot, false, false, BORN - 1),
           slot_has_worker(&slot) ? action(&slot, true, true, BORN - 1) : "-",
           has_timer ? action(&slot, true, false, slot.until) : "-",
           state_after_exit(slot));
}

static void print_delays(void)
{
    struct slot slot = {.until = SLOT_NO_TIMER};
    printf("deaths in a row, and the delay before the next:");
    for (int deaths = 1; deaths <= 9; deaths++) {
        slot_happened(&slot, SLOT_SPAWNED, &slot_default_times, 0, BORN);
        /* By this chance it is the shortest: a tenth less than meant. */
        slot_happened(&slot, SLOT_EXITED, &slot_default_times, 0, BORN);
        printf(" %.1f", (double)(slot.until - BORN) / 900);
    }
    printf(" s\n");
}

int main(void)
{
    printf("state     timer  wanted  not     late    rings   exit\n");
    for (int state = 0; state < SLOT_STATES; state++)
        print_row((enum slot_state)state);
    print_delays();
    return 0;
}
