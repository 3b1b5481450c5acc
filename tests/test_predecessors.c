/* test_predecessors.c - a table of workers, out of one binary and into the
 * next. */
#include "common/net.h"
#include "part3/channel.h"
#include "part3/handover.h"
#include "part3/predecessors.h"
#include "tests/testing.h"

enum { PLACES = 4, WORKER_PLACE = 2 };

static struct supervisor_options options = {.max_workers = 3};

/* With empty places of its own, of which there may be two sets in a test. */
static struct supervisor some_supervisor(void)
{
    static struct place places[2][PLACES];
    static int made;
    struct supervisor s = {.options = &options,
                           .number = 1,
                           .place_count = PLACES,
                           .board = scoreboard_make(PLACES)};
    s.places = places[made++];
    for (int i = 0; i < PLACES; i++)
        s.places[i] = (struct place){.number = i,
                                     .slot = {.until = SLOT_NO_TIMER},
                                     .seat = &s.board->seats[i],
                                     .pidfd = -1,
                                     .channel = -1};
    return s;
}

static void wait_for_the_end(const void *context)
{
    (void)context;
    pause();
}

static int a_channel(void)
{
    int ends[2];
    ck_assert_int_eq(channel_open(ends), 0);
    return ends[0];
}

/* As if we had been started by a binary that wrote it. */
static void take_over(const char *workers)
{
    char number[32];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    snprintf(number, sizeof number, "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDS", "1", 1);
    snprintf(number, sizeof number, "%d", listener);
    setenv("FORKYARD_LISTENER", number, 1);
    setenv("FORKYARD_WORKERS", workers, 1);
    ck_assert_int_eq(handover_take(), listener);
}

static void end_worker(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static const struct crossing {
    enum slot_state state;
    bool has_timer, leaving, stays; // on
} crossings[] = {
    {SLOT_UP, false, false, true},
    {SLOT_STARTING, true, false, false}, // too late to be of use
    {SLOT_DRAINING, true, true, false},
    {SLOT_KILLING, true, true, false},
};

START_TEST(a_worker_is_after_exec_what_it_was_before)
{
    const struct crossing *crossing = &crossings[_i];
    pid_t pid = start(wait_for_the_end, NULL);
    struct supervisor old = some_supervisor();
    old.number = 2;
    old.extra = 1;
    old.generation = 7;
    struct place *before = &old.places[WORKER_PLACE];
    before->pid = pid;
    before->channel = a_channel();
    before->generation = 6;
    before->born = net_now() - 100000;
    before->slot = (struct slot){
        .state = crossing->state,
        .since = net_now() - 50000,
        .until = crossing->has_timer ? net_now() + 60000 : SLOT_NO_TIMER,
        .leaving = crossing->leaving};
    char *workers = predecessors_write(&old);
    ck_assert(!closes_on_exec(before->channel));
    take_over(workers);
    free(workers);

    struct supervisor new = some_supervisor();
    ck_assert_uint_eq(predecessors_places(), PLACES);
    ck_assert_int_eq(predecessors_adopt(&new), 1);
    ck_assert_int_eq(new.number, 2);
    ck_assert_int_eq(new.extra, 1);
    ck_assert_uint_eq(new.generation, 7);
    const struct place *after = &new.places[WORKER_PLACE];
    ck_assert(after->is_predecessor);
    ck_assert_int_eq(after->pid, pid);
    ck_assert_int_eq(after->seat->pid, pid);
    ck_assert_int_eq(after->channel, before->channel);
    ck_assert(closes_on_exec(after->channel));
    ck_assert_uint_eq(after->generation, 6);
    ck_assert_int_eq(after->born, before->born);
    ck_assert_int_eq(after->slot.state, crossing->state);
    ck_assert_int_eq(after->slot.since, before->slot.since);
    ck_assert_int_eq(after->slot.leaving, crossing->leaving);
    ck_assert_int_eq(after->wanted, crossing->stays);
    ck_assert_int_ge(after->slot.until, before->slot.until);
    ck_assert(crossing->has_timer == (after->slot.until != SLOT_NO_TIMER));
    end_worker(pid);
}
END_TEST

START_TEST(places_without_a_worker_do_not_cross)
{
    struct supervisor old = some_supervisor();
    old.places[1].slot.state = SLOT_BACKOFF;
    char *workers = predecessors_write(&old);
    take_over(workers);
    free(workers);
    struct supervisor new = some_supervisor();
    ck_assert_int_eq(predecessors_adopt(&new), 0);
    ck_assert_int_eq(new.places[1].slot.state, SLOT_EMPTY);
}
END_TEST

/* A worker as it should be, and in each row one thing that cannot be: -2 is
 * our child, -3 its channel. */
enum { HEAD = 4, OUR_CHILD = -2, ITS_CHANNEL = -3 };
static const int wrong[][HEAD + 9] = {
    {4, 7, 2, 0, -1, OUR_CHILD, ITS_CHANNEL, 6, 0, SLOT_UP, 0, -1, 0}, // place
    {4, 7, 2, 0, 4, OUR_CHILD, ITS_CHANNEL, 6, 0, SLOT_UP, 0, -1, 0},
    {4, 7, 2, 0, 2, 1, ITS_CHANNEL, 6, 0, SLOT_UP, 0, -1, 0}, // a stranger
    {4, 7, 2, 0, 2, 0, ITS_CHANNEL, 6, 0, SLOT_UP, 0, -1, 0},
    {4, 7, 2, 0, 2, -1, ITS_CHANNEL, 6, 0, SLOT_UP, 0, -1, 0},
    {4, 7, 2, 0, 2, OUR_CHILD, 2, 6, 0, SLOT_UP, 0, -1, 0}, // no socket
    {4, 7, 2, 0, 2, OUR_CHILD, 1000, 6, 0, SLOT_UP, 0, -1, 0},
    {4, 7, 2, 0, 2, OUR_CHILD, ITS_CHANNEL, 6, 0, SLOT_EMPTY, 0, -1, 0},
    {4, 7, 2, 0, 2, OUR_CHILD, ITS_CHANNEL, 6, 0, SLOT_BACKOFF, 0, -1, 0},
    {4, 7, 2, 0, 2, OUR_CHILD, ITS_CHANNEL, 6, 0, SLOT_STATES, 0, -1, 0},
    {4, 7, 2, 0, 2, OUR_CHILD, ITS_CHANNEL, 6, 0, -1, 0, -1, 0},
};

static void write_numbers(char *text, size_t size, const int numbers[],
                          size_t count, pid_t child)
{
    FILE *file = fmemopen(text, size, "w");
    for (size_t i = 0; i < count; i++)
        fprintf(file, " %d",
                numbers[i] == OUR_CHILD     ? (int)child
                : numbers[i] == ITS_CHANNEL ? a_channel()
                                            : numbers[i]);
    fclose(file);
}

static void expect_nobody(void)
{
    struct supervisor s = some_supervisor();
    ck_assert_int_eq(predecessors_adopt(&s), 0);
    for (int i = 0; i < PLACES; i++)
        ck_assert_int_eq(s.places[i].slot.state, SLOT_EMPTY);
}

START_TEST(what_cannot_be_is_left_out)
{
    pid_t pid = start(wait_for_the_end, NULL);
    char workers[256];
    write_numbers(workers, sizeof workers, wrong[_i], COUNT(wrong[_i]), pid);
    take_over(workers);
    expect_nobody();
    end_worker(pid);
}
END_TEST

static const char *const broken[] = {"", "x", "4 7", "4 7 2 0 x",
                                     "4 7 2 0 2 3 4"};

START_TEST(what_is_no_table_is_left_out)
{
    take_over(broken[_i]);
    expect_nobody();
}
END_TEST

START_TEST(a_place_is_given_once)
{
    pid_t pid = start(wait_for_the_end, NULL);
    char workers[256];
    snprintf(workers, sizeof workers,
             "4 7 2 0 2 %d -1 6 0 2 0 -1 0 2 %d -1 6 0 2 0 -1 0", (int)pid,
             (int)pid);
    take_over(workers);
    struct supervisor s = some_supervisor();
    ck_assert_int_eq(predecessors_adopt(&s), 1);
    end_worker(pid);
}
END_TEST

START_TEST(no_more_are_wanted_than_may_be)
{
    take_over("4 7 9 9");
    struct supervisor s = some_supervisor();
    ck_assert_int_eq(predecessors_adopt(&s), 0);
    ck_assert_int_eq(s.number, 1);
    ck_assert_int_eq(s.extra, 0);
}
END_TEST

START_TEST(the_first_binary_has_none)
{
    struct supervisor s = some_supervisor();
    ck_assert_uint_eq(predecessors_places(), 0);
    ck_assert_int_eq(predecessors_adopt(&s), 0);
    ck_assert_int_eq(s.number, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predecessors");
    TCase *tests = new_case(suite, "predecessors");
    tcase_add_loop_test(tests, a_worker_is_after_exec_what_it_was_before, 0,
                        COUNT(crossings));
    tcase_add_test(tests, places_without_a_worker_do_not_cross);
    tcase_add_loop_test(tests, what_cannot_be_is_left_out, 0, COUNT(wrong));
    tcase_add_loop_test(tests, what_is_no_table_is_left_out, 0, COUNT(broken));
    tcase_add_test(tests, a_place_is_given_once);
    tcase_add_test(tests, no_more_are_wanted_than_may_be);
    tcase_add_test(tests, the_first_binary_has_none);
    return run_suite(suite);
}
