/* slot_table.c - asks part3/slot.c what it would do in every state, and prints
 * the answers as a table; with --arrows, each way from one state to another in
 * a line. Nothing is forked and no time passes. */
#include "part3/slot.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

/* --- Arrows --- */

static void print_upper(const char *name)
{
    for (; *name; name++)
        putchar(toupper((unsigned char)*name));
}

static void print_arrow(enum slot_state from, const char *label,
                        const struct slot *to)
{
    if (to->state == from)
        return;
    print_upper(slot_state_name(from));
    printf(" --%s--> ", label);
    print_upper(slot_state_name(to->state));
    printf("\n");
}

static void print_event(struct slot slot, const char *label,
                        enum slot_event event)
{
    enum slot_state from = slot.state;
    slot_happened(&slot, event, &slot_default_times, 0, BORN);
    print_arrow(from, label, &slot);
}

/* Where it leads to do so; a fork succeeds. */
static void print_action(struct slot slot, const char *label,
                         enum slot_action action)
{
    enum slot_state from = slot.state;
    if (action == SLOT_SPAWN)
        slot_happened(&slot, SLOT_SPAWNED, &slot_default_times, 0, BORN);
    else
        slot_did(&slot, action, &slot_default_times, BORN);
    print_arrow(from, label, &slot);
}

static void print_arrows_from(const struct slot *slot)
{
    const int64_t before = BORN - 1; // its timer rings
    print_action(*slot, "wanted", slot_next(slot, true, false, before));
    print_action(*slot, "not wanted", slot_next(slot, false, false, before));
    if (slot_has_worker(slot))
        print_action(*slot, "late", slot_next(slot, true, true, before));
    if (slot->until != SLOT_NO_TIMER)
        print_action(*slot, "timer", slot_next(slot, true, false, slot->until));
    print_action(*slot, "end at once", slot_end(slot, before));
    print_event(*slot, "fork fails", SLOT_NOT_SPAWNED);
    print_event(*slot, "ready", SLOT_READY);
    print_event(*slot, "exit", SLOT_EXITED);
}

static void print_arrows(void)
{
    for (int state = 0; state < SLOT_STATES; state++) {
        const struct slot slot = slot_in((enum slot_state)state);
        print_arrows_from(&slot);
    }
    struct slot drained = slot_in(SLOT_DRAINING);
    slot_did(&drained, SLOT_KILL, &slot_default_times, BORN);
    print_event(drained, "exit after DRAINING", SLOT_EXITED);
}

/* --- All of it --- */

static void print_table(void)
{
    printf("state     timer  wanted  not     late    rings   exit\n");
    for (int state = 0; state < SLOT_STATES; state++)
        print_row((enum slot_state)state);
    print_delays();
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--arrows") == 0)
        print_arrows();
    else
        print_table();
    return 0;
}
