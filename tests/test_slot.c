/* test_slot.c - every state of a worker's place, with every wish, every event
 * and its timer. Nothing is forked and no clock is read. */
#include "part3/slot.h"
#include "tests/testing.h"

static const struct slot_times times = {
    .ready_ms = 1000,
    .abort_ms = 100,
    .drain_ms = 800,
    .kill_ms = 500,
    .young_ms = 2000,
    .backoff_ms = 5000,
};

enum { NOW = 1000000 };

static void check_same(const struct slot *slot, const struct slot *before)
{
    ck_assert_int_eq(slot->state, before->state);
    ck_assert_int_eq(slot->since, before->since);
    ck_assert_int_eq(slot->until, before->until);
    ck_assert_int_eq(slot->failures, before->failures);
    ck_assert(slot->leaving == before->leaving);
}

/* --- What is to be done --- */

enum when { BEFORE, AT, AFTER }; // its timer rings

/* What a place in this state asks for, by wish and by what its worker shows:
 * [wanted][late], while the timer runs and when it rings. */
static const struct {
    enum slot_state state;
    enum slot_action running[2][2];
    enum slot_action rung[2][2];
} asked[] = {
    {SLOT_EMPTY,
     {{SLOT_REST, SLOT_REST}, {SLOT_SPAWN, SLOT_SPAWN}},
     {{SLOT_REST, SLOT_REST}, {SLOT_SPAWN, SLOT_SPAWN}}},
    {SLOT_STARTING,
     {{SLOT_DRAIN, SLOT_DRAIN}, {SLOT_REST, SLOT_REST}},
     {{SLOT_DRAIN, SLOT_DRAIN}, {SLOT_KILL, SLOT_KILL}}},
    {SLOT_UP,
     {{SLOT_DRAIN, SLOT_DRAIN}, {SLOT_REST, SLOT_ABORT}},
     {{SLOT_DRAIN, SLOT_DRAIN}, {SLOT_REST, SLOT_ABORT}}},
    {SLOT_SUSPECT,
     {{SLOT_REST, SLOT_REST}, {SLOT_REST, SLOT_REST}},
     {{SLOT_KILL, SLOT_KILL}, {SLOT_KILL, SLOT_KILL}}},
    {SLOT_DRAINING,
     {{SLOT_REST, SLOT_REST}, {SLOT_REST, SLOT_REST}},
     {{SLOT_KILL, SLOT_KILL}, {SLOT_KILL, SLOT_KILL}}},
    {SLOT_KILLING,
     {{SLOT_REST, SLOT_REST}, {SLOT_REST, SLOT_REST}},
     {{SLOT_REPORT, SLOT_REPORT}, {SLOT_REPORT, SLOT_REPORT}}},
    {SLOT_LOST,
     {{SLOT_REST, SLOT_REST}, {SLOT_REST, SLOT_REST}},
     {{SLOT_REST, SLOT_REST}, {SLOT_REST, SLOT_REST}}},
    {SLOT_BACKOFF,
     {{SLOT_LEAVE, SLOT_LEAVE}, {SLOT_REST, SLOT_REST}},
     {{SLOT_LEAVE, SLOT_LEAVE}, {SLOT_SPAWN, SLOT_SPAWN}}},
};

START_TEST(each_state_and_wish_asks_for_one_action)
{
    ck_assert_int_eq(COUNT(asked), SLOT_STATES);
    for (int wanted = 0; wanted < 2; wanted++)
        for (int late = 0; late < 2; late++)
            for (enum when when = BEFORE; when <= AFTER; when++) {
                const struct slot slot = {.state = asked[_i].state,
                                          .until = NOW + 1 - (int)when};
                enum slot_action action =
                    slot_next(&slot, wanted != 0, late != 0, NOW);
                enum slot_action expected =
                    when == BEFORE ? asked[_i].running[wanted][late]
                                   : asked[_i].rung[wanted][late];
                ck_assert_msg(action == expected,
                              "%s, wanted %d, late %d, when %d: %d, not %d",
                              slot_state_name(slot.state), wanted, late,
                              (int)when, (int)action, (int)expected);
            }
}
END_TEST

/* The same when all is to end at once. */
static const struct {
    enum slot_state state;
    enum slot_action running, rung;
} ended[] = {
    {SLOT_EMPTY, SLOT_REST, SLOT_REST},
    {SLOT_STARTING, SLOT_KILL, SLOT_KILL},
    {SLOT_UP, SLOT_KILL, SLOT_KILL},
    {SLOT_SUSPECT, SLOT_KILL, SLOT_KILL},
    {SLOT_DRAINING, SLOT_KILL, SLOT_KILL},
    {SLOT_KILLING, SLOT_REST, SLOT_REPORT},
    {SLOT_LOST, SLOT_REST, SLOT_REST},
    {SLOT_BACKOFF, SLOT_LEAVE, SLOT_LEAVE},
};

START_TEST(at_the_end_whoever_lives_is_killed_once)
{
    ck_assert_int_eq(COUNT(ended), SLOT_STATES);
    struct slot slot = {.state = ended[_i].state, .until = NOW};
    ck_assert_int_eq(slot_end(&slot, NOW - 1), ended[_i].running);
    ck_assert_int_eq(slot_end(&slot, NOW), ended[_i].rung);
}
END_TEST

/* --- What doing it changes --- */

/* How long the timer of a state runs; 0: it has none. */
static int64_t timer_of(enum slot_state state)
{
    switch (state) {
    case SLOT_STARTING: return times.ready_ms;
    case SLOT_SUSPECT: return times.abort_ms;
    case SLOT_DRAINING: return times.drain_ms;
    case SLOT_KILLING: return times.kill_ms;
    case SLOT_EMPTY:
    case SLOT_UP:
    case SLOT_LOST:
    case SLOT_BACKOFF: // its first
    case SLOT_STATES: break;
    }
    return 0;
}

static void check_entered(const struct slot *slot, enum slot_state state)
{
    int64_t timer = timer_of(state);
    ck_assert_str_eq(slot_state_name(slot->state), slot_state_name(state));
    ck_assert_int_eq(slot->since, NOW);
    if (state == SLOT_BACKOFF)
        ck_assert_int_eq(slot->until, NOW);
    else
        ck_assert_int_eq(slot->until, timer ? NOW + timer : SLOT_NO_TIMER);
}

/* Of each action but SPAWN and REST: where it leads, from wherever it is. */
static const struct {
    enum slot_action action;
    enum slot_state to;
    bool leaving;
} done[] = {
    {SLOT_DRAIN, SLOT_DRAINING, true}, {SLOT_ABORT, SLOT_SUSPECT, false},
    {SLOT_KILL, SLOT_KILLING, false},  {SLOT_LEAVE, SLOT_EMPTY, false},
    {SLOT_REPORT, SLOT_LOST, true},
};

START_TEST(what_is_done_leads_to_the_next_state_and_its_timer)
{
    for (int from = 0; from < SLOT_STATES; from++) {
        struct slot slot = {.state = (enum slot_state)from, .until = 7};
        slot_did(&slot, done[_i].action, &times, NOW);
        check_entered(&slot, done[_i].to);
        ck_assert(slot.leaving == done[_i].leaving);
    }
}
END_TEST

START_TEST(one_that_cannot_be_killed_is_reported_once_and_given_up)
{
    struct slot slot = {.state = SLOT_KILLING, .failures = 2, .until = NOW};
    ck_assert(slot_is_awaited(&slot));
    slot_did(&slot, SLOT_REPORT, &times, NOW);
    ck_assert(slot_has_worker(&slot));
    ck_assert(!slot_is_awaited(&slot));
    for (int wanted = 0; wanted < 2; wanted++)
        ck_assert_int_eq(slot_next(&slot, wanted != 0, true, INT64_MAX - 1),
                         SLOT_REST);
    /* If it ever ends, its place is as good as new. */
    slot_happened(&slot, SLOT_EXITED, &times, 0, NOW);
    check_entered(&slot, SLOT_EMPTY);
    ck_assert_int_eq(slot.failures, 0);
    ck_assert(!slot.leaving);
}
END_TEST

START_TEST(rest_and_spawn_change_nothing_by_themselves)
{
    for (int state = 0; state < SLOT_STATES; state++) {
        const struct slot before = {.state = (enum slot_state)state,
                                    .since = 1,
                                    .until = 2,
                                    .failures = 3};
        struct slot slot = before;
        slot_did(&slot, SLOT_REST, &times, NOW);
        slot_did(&slot, SLOT_SPAWN, &times, NOW);
        check_same(&slot, &before);
    }
}
END_TEST

START_TEST(who_is_a_little_late_was_not_stopped)
{
    ck_assert_int_eq(slot_lost_time(5000, 4000), 0);
    ck_assert_int_eq(slot_lost_time(5000, 6000), 0);
    ck_assert_int_eq(slot_lost_time(5000, 6001), 1001);
}
END_TEST

START_TEST(a_timer_can_be_put_off_but_not_begun)
{
    struct slot slot = {.state = SLOT_STARTING, .until = 70};
    slot_postpone(&slot, 30);
    ck_assert_int_eq(slot.until, 100);
    slot.until = SLOT_NO_TIMER;
    slot_postpone(&slot, 30);
    ck_assert_int_eq(slot.until, SLOT_NO_TIMER);
}
END_TEST

/* --- What happens to it --- */

enum { UNCHANGED = -1, EVENTS = 4 };

/* The state after each event, in the order of enum slot_event; the last one
 * twice: for who was not told to go, and for who was. */
static const struct {
    enum slot_state state;
    int after[EVENTS + 1];
} happened[] = {
    {SLOT_EMPTY,
     {SLOT_STARTING, SLOT_BACKOFF, UNCHANGED, UNCHANGED, UNCHANGED}},
    {SLOT_STARTING, {UNCHANGED, UNCHANGED, SLOT_UP, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_UP, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_SUSPECT, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_DRAINING,
     {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_KILLING, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_LOST, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF, SLOT_EMPTY}},
    {SLOT_BACKOFF,
     {SLOT_STARTING, SLOT_BACKOFF, UNCHANGED, UNCHANGED, UNCHANGED}},
};

START_TEST(each_event_changes_the_states_it_can_happen_in_and_no_other)
{
    ck_assert_int_eq(COUNT(happened), SLOT_STATES);
    for (int event = 0; event < EVENTS; event++)
        for (int leaving = 0; leaving < 2; leaving++) {
            const struct slot before = {.state = happened[_i].state,
                                        .since = 1,
                                        .until = 2,
                                        .leaving = leaving != 0};
            struct slot slot = before;
            slot_happened(&slot, (enum slot_event)event, &times, 0, NOW);
            bool left = event == SLOT_EXITED && leaving;
            int after = happened[_i].after[left ? EVENTS : event];
            if (after == UNCHANGED)
                check_same(&slot, &before);
            else
                check_entered(&slot, (enum slot_state)after);
        }
}
END_TEST

START_TEST(who_was_told_to_go_leaves_an_empty_place)
{
    struct slot slot = {.state = SLOT_UP, .failures = 3};
    slot_did(&slot, SLOT_DRAIN, &times, NOW);
    slot_did(&slot, SLOT_KILL, &times, NOW + times.drain_ms);
    slot_happened(&slot, SLOT_EXITED, &times, 0, NOW + times.drain_ms);
    ck_assert_int_eq(slot.state, SLOT_EMPTY);
    ck_assert_int_eq(slot.failures, 0);
    ck_assert(!slot.leaving);
}
END_TEST

/* --- Every way --- */

enum { STEPS = 9, COUNTED = 3, WISHES = 3 };
enum { SEEN_MOST = SLOT_STATES * 2 * (COUNTED + 1) * 2 };

/* What the next step depends on: no two slots that agree in it differ. */
static int index_of(const struct slot *slot, int64_t now)
{
    int failures = slot->failures < COUNTED ? slot->failures : COUNTED;
    bool is_old = now - slot->since >= times.young_ms;
    return (((int)slot->state * 2 + slot->leaving) * (COUNTED + 1) + failures) *
               2 +
           is_old;
}

static void check_sound(const struct slot *slot, int64_t now)
{
    const char *name = slot_state_name(slot->state);
    bool has_timer = slot->until != SLOT_NO_TIMER;
    bool is_quiet = slot->state == SLOT_EMPTY || slot->state == SLOT_UP ||
                    slot->state == SLOT_LOST;
    ck_assert_msg(has_timer != is_quiet, "%s: timer %d", name, has_timer);
    ck_assert_msg(slot->since <= now, "%s: since later", name);
    ck_assert_msg(slot_has_worker(slot) || !slot->leaving, "%s leaves", name);
    ck_assert_msg(slot->state != SLOT_EMPTY || slot->failures == 0,
                  "an empty place remembers %d failures", slot->failures);
    struct slot buried = *slot;
    slot_happened(&buried, SLOT_EXITED, &times, 0, now);
    ck_assert_msg(!slot_has_worker(&buried), "%s after an exit", name);
}

/* However it is, and though no worker dies: who ends it at once is not kept
 * waiting for longer than a SIGKILL may take. */
static void check_end(struct slot slot, int64_t now)
{
    for (int turn = 0; turn < 2; turn++, now += times.kill_ms)
        slot_did(&slot, slot_end(&slot, now), &times, now);
    ck_assert_msg(!slot_is_awaited(&slot), "waits for ever in %s",
                  slot_state_name(slot.state));
}

static bool seen[STEPS + 1][SEEN_MOST];

static void walk(struct slot slot, int64_t now, int steps)
{
    check_sound(&slot, now);
    check_end(slot, now);
    int index = index_of(&slot, now);
    if (steps == 0 || seen[steps][index])
        return;
    seen[steps][index] = true;
    const int64_t moments[] = {now, now + times.young_ms, slot.until};
    for (size_t i = 0; i < COUNT(moments); i++) {
        int64_t then = moments[i];
        if (then == SLOT_NO_TIMER || then < now)
            continue;
        for (int event = 0; event < EVENTS; event++) {
            struct slot next = slot;
            slot_happened(&next, (enum slot_event)event, &times, 7, then);
            walk(next, then, steps - 1);
        }
        for (int wish = 0; wish < WISHES; wish++) {
            struct slot next = slot;
            slot_did(&next, slot_next(&slot, wish > 0, wish > 1, then), &times,
                     then);
            walk(next, then, steps - 1);
        }
    }
}

START_TEST(however_it_goes_no_place_waits_for_ever)
{
    walk((struct slot){.until = SLOT_NO_TIMER}, NOW, STEPS);
    for (int state = 0; state < SLOT_STATES; state++) {
        bool was_there = false;
        for (int i = 0; i < SEEN_MOST; i++)
            was_there = was_there || (i / (SEEN_MOST / SLOT_STATES) == state &&
                                      seen[STEPS / 2][i]);
        ck_assert_msg(was_there, "never %s",
                      slot_state_name((enum slot_state)state));
    }
}
END_TEST

/* --- Back-off --- */

/* The delay after so many deaths in a row, none of them old. */
static int64_t delay_after(int deaths, unsigned chance)
{
    struct slot slot = {.until = SLOT_NO_TIMER};
    for (int i = 0; i < deaths; i++) {
        slot_happened(&slot, SLOT_SPAWNED, &times, chance, NOW);
        slot_happened(&slot, SLOT_READY, &times, chance, NOW);
        slot_happened(&slot, SLOT_EXITED, &times, chance, NOW + 1);
    }
    return slot.until - (NOW + 1);
}

static const int64_t delays[] = {0, 100, 200, 400, 800, 1600, 3200, 5000, 5000};

START_TEST(deaths_in_a_row_wait_longer_and_longer)
{
    int64_t most = delays[_i];
    for (unsigned chance = 0; chance < 2000; chance += 7) {
        int64_t delay = delay_after(_i + 1, chance);
        ck_assert_int_ge(delay, most - most / 10);
        ck_assert_int_le(delay, most + most / 10);
    }
    if (most) // chance makes a difference: places part
        ck_assert_int_ne(delay_after(_i + 1, 0), delay_after(_i + 1, 5));
}
END_TEST

START_TEST(a_failed_fork_waits_like_a_death)
{
    struct slot slot = {.until = SLOT_NO_TIMER};
    slot_happened(&slot, SLOT_NOT_SPAWNED, &times, 0, NOW);
    ck_assert_int_eq(slot.until, NOW);
    slot_happened(&slot, SLOT_NOT_SPAWNED, &times, 10, NOW);
    ck_assert_int_eq(slot.until, NOW + 100);
    ck_assert_int_eq(slot.failures, 2);
}
END_TEST

START_TEST(who_lived_long_is_replaced_at_once)
{
    struct slot slot = {.state = SLOT_UP, .since = NOW, .failures = 5};
    int64_t old = NOW + times.young_ms;
    slot_happened(&slot, SLOT_EXITED, &times, 0, old);
    ck_assert_int_eq(slot.state, SLOT_BACKOFF);
    ck_assert_int_eq(slot.until, old);
    ck_assert_int_eq(slot.failures, 1);
}
END_TEST

START_TEST(who_lived_long_and_then_was_stuck_is_no_failure_either)
{
    struct slot slot = {.state = SLOT_UP, .since = NOW, .failures = 5};
    int64_t old = NOW + times.young_ms;
    slot_did(&slot, SLOT_ABORT, &times, old);
    slot_happened(&slot, SLOT_EXITED, &times, 0, old + 1);
    ck_assert_int_eq(slot.failures, 1);
    ck_assert_int_eq(slot.until, old + 1);
}
END_TEST

START_TEST(who_died_a_moment_younger_is_not)
{
    struct slot slot = {.state = SLOT_UP, .since = NOW, .failures = 5};
    slot_happened(&slot, SLOT_EXITED, &times, 0, NOW + times.young_ms - 1);
    ck_assert_int_eq(slot.failures, 6);
}
END_TEST

START_TEST(each_state_has_a_name_and_other_numbers_have_none)
{
    for (int state = 0; state < SLOT_STATES; state++)
        ck_assert_str_ne(slot_state_name((enum slot_state)state), "?");
    ck_assert_str_eq(slot_state_name(SLOT_STATES), "?");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slot");
    TCase *decisions = new_case(suite, "decisions");
    tcase_add_loop_test(decisions, each_state_and_wish_asks_for_one_action, 0,
                        COUNT(asked));
    tcase_add_loop_test(decisions,
                        what_is_done_leads_to_the_next_state_and_its_timer, 0,
                        COUNT(done));
    tcase_add_loop_test(decisions, at_the_end_whoever_lives_is_killed_once, 0,
                        COUNT(ended));
    tcase_add_test(decisions,
                   one_that_cannot_be_killed_is_reported_once_and_given_up);
    tcase_add_test(decisions, who_is_a_little_late_was_not_stopped);
    tcase_add_test(decisions, a_timer_can_be_put_off_but_not_begun);
    tcase_add_test(decisions, rest_and_spawn_change_nothing_by_themselves);

    TCase *events = new_case(suite, "events");
    tcase_add_loop_test(
        events, each_event_changes_the_states_it_can_happen_in_and_no_other, 0,
        COUNT(happened));
    tcase_add_test(events, who_was_told_to_go_leaves_an_empty_place);
    tcase_add_test(events, each_state_has_a_name_and_other_numbers_have_none);
    tcase_add_test(events, however_it_goes_no_place_waits_for_ever);

    TCase *backoff = new_case(suite, "back-off");
    tcase_add_loop_test(backoff, deaths_in_a_row_wait_longer_and_longer, 0,
                        COUNT(delays));
    tcase_add_test(backoff, a_failed_fork_waits_like_a_death);
    tcase_add_test(backoff, who_lived_long_is_replaced_at_once);
    tcase_add_test(backoff,
                   who_lived_long_and_then_was_stuck_is_no_failure_either);
    tcase_add_test(backoff, who_died_a_moment_younger_is_not);
    return run_suite(suite);
}
