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

/* --- What doing it changes --- */

static const struct {
    enum slot_action action;
    enum slot_state from, to;
    int64_t timer; // from now on; 0: none
} done[] = {
    {SLOT_DRAIN, SLOT_UP, SLOT_DRAINING, 800},
    {SLOT_DRAIN, SLOT_STARTING, SLOT_DRAINING, 800},
    {SLOT_ABORT, SLOT_UP, SLOT_SUSPECT, 100},
    {SLOT_KILL, SLOT_STARTING, SLOT_KILLING, 500},
    {SLOT_KILL, SLOT_SUSPECT, SLOT_KILLING, 500},
    {SLOT_KILL, SLOT_DRAINING, SLOT_KILLING, 500},
    {SLOT_LEAVE, SLOT_BACKOFF, SLOT_EMPTY, 0},
};

START_TEST(what_is_done_leads_to_the_next_state_and_its_timer)
{
    struct slot slot = {.state = done[_i].from, .until = 7};
    slot_did(&slot, done[_i].action, &times, NOW);
    ck_assert_int_eq(slot.state, done[_i].to);
    ck_assert_int_eq(slot.since, NOW);
    ck_assert_int_eq(slot.until,
                     done[_i].timer ? NOW + done[_i].timer : SLOT_NO_TIMER);
}
END_TEST

START_TEST(one_that_cannot_be_killed_is_reported_once)
{
    struct slot slot = {.state = SLOT_KILLING, .until = NOW};
    ck_assert_int_eq(slot_next(&slot, false, false, NOW), SLOT_REPORT);
    slot_did(&slot, SLOT_REPORT, &times, NOW);
    ck_assert_int_eq(slot.state, SLOT_KILLING);
    ck_assert_int_eq(slot_next(&slot, false, false, INT64_MAX - 1), SLOT_REST);
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

/* --- What happens to it --- */

enum { UNCHANGED = -1 };

/* The state after each event, in the order of enum slot_event. */
static const struct {
    enum slot_state state;
    int after[4];
} happened[] = {
    {SLOT_EMPTY, {SLOT_STARTING, SLOT_BACKOFF, UNCHANGED, UNCHANGED}},
    {SLOT_STARTING, {UNCHANGED, UNCHANGED, SLOT_UP, SLOT_BACKOFF}},
    {SLOT_UP, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF}},
    {SLOT_SUSPECT, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF}},
    {SLOT_DRAINING, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF}},
    {SLOT_KILLING, {UNCHANGED, UNCHANGED, UNCHANGED, SLOT_BACKOFF}},
    {SLOT_BACKOFF, {SLOT_STARTING, SLOT_BACKOFF, UNCHANGED, UNCHANGED}},
};

START_TEST(each_event_changes_the_states_it_can_happen_in_and_no_other)
{
    ck_assert_int_eq(COUNT(happened), SLOT_STATES);
    for (int event = 0; event < 4; event++) {
        const struct slot before = {
            .state = happened[_i].state, .since = 1, .until = 2};
        struct slot slot = before;
        slot_happened(&slot, (enum slot_event)event, &times, 0, NOW);
        int after = happened[_i].after[event];
        if (after == UNCHANGED)
            check_same(&slot, &before);
        else
            ck_assert_int_eq((int)slot.state, after);
    }
}
END_TEST

START_TEST(a_new_worker_has_its_time_to_become_ready)
{
    struct slot slot = {.until = SLOT_NO_TIMER};
    slot_happened(&slot, SLOT_SPAWNED, &times, 0, NOW);
    ck_assert_int_eq(slot.until, NOW + times.ready_ms);
    slot_happened(&slot, SLOT_READY, &times, 0, NOW + 5);
    ck_assert_int_eq(slot.until, SLOT_NO_TIMER);
    ck_assert_int_eq(slot.since, NOW + 5);
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
    tcase_add_test(decisions, one_that_cannot_be_killed_is_reported_once);
    tcase_add_test(decisions, rest_and_spawn_change_nothing_by_themselves);

    TCase *events = new_case(suite, "events");
    tcase_add_loop_test(
        events, each_event_changes_the_states_it_can_happen_in_and_no_other, 0,
        COUNT(happened));
    tcase_add_test(events, a_new_worker_has_its_time_to_become_ready);
    tcase_add_test(events, who_was_told_to_go_leaves_an_empty_place);
    tcase_add_test(events, each_state_has_a_name_and_other_numbers_have_none);

    TCase *backoff = new_case(suite, "back-off");
    tcase_add_loop_test(backoff, deaths_in_a_row_wait_longer_and_longer, 0,
                        COUNT(delays));
    tcase_add_test(backoff, a_failed_fork_waits_like_a_death);
    tcase_add_test(backoff, who_lived_long_is_replaced_at_once);
    tcase_add_test(backoff, who_died_a_moment_younger_is_not);
    return run_suite(suite);
}
