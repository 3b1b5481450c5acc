/* test_watch.c - what watch makes of /proc, and how it draws it.
 * No test forks: families are made of the text of stat files. */

#include "tools/family.h"
#include "tools/watch_picture.h"
#include "tools/watch_report.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { ROOT = 100 };

static const int64_t SECOND = 1000;

// Each test has these to itself: Check forks for every one.
static struct family family;
static struct picture picture;
static char *drawn;

static void start(void)
{
    family_begin(&family, ROOT);
    picture_begin(&picture);
}

static void finish(void)
{
    family_end(&family);
    picture_end(&picture);
    free(drawn);
    drawn = NULL;
}

/* One process of the look that is going on. */
static void see_at(int64_t now, pid_t pid, pid_t parent, char state,
                   int wait_status)
{
    char text[512];

    (void)snprintf(text, sizeof text,
                   "%d (some name) %c %d 1 1 0 -1 4194304 99 0 0 0 1 2 0 0 "
                   "20 0 1 0 %d 3133440 25 18446744073709551615 1 1 0 0 0 0 0 "
                   "0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
                   (int)pid, state, (int)parent, (int)pid, wait_status);
    ck_assert(family_see(&family, text, now));
}

static void see(int64_t now, pid_t pid, pid_t parent, char state)
{
    see_at(now, pid, parent, state, 0);
}

static void settle(int64_t now)
{
    family_settle(&family, now);
    picture_see(&picture, &family, now);
}

/* The watched process with one child in this state. */
static void look_at_one_child(int64_t now, char state)
{
    family_look(&family);
    see(now, ROOT, 1, 'S');
    see(now, 101, ROOT, state);
    settle(now);
}

/* The watched process, `alive` children from pid 200 and `dead` from 1000. */
static void look_at_many(int64_t now, int alive, int dead)
{
    family_look(&family);
    see(now, ROOT, 1, 'S');
    for (int i = 0; i < alive; i++)
        see(now, 200 + i, ROOT, 'S');
    for (int i = 0; i < dead; i++)
        see(now, 1000 + i, ROOT, 'Z');
    settle(now);
}

static const char *draw(int width, int height)
{
    size_t len;
    FILE *out;

    free(drawn);
    out = open_memstream(&drawn, &len);
    ck_assert_ptr_nonnull(out);
    picture_draw(&picture, &family, width, height, false, out);
    ck_assert_int_eq(fclose(out), 0);
    return drawn;
}

/* The drawn line with `text` in it, without its newline; "" without one. */
static const char *drawn_line(const char *text)
{
    static char line[1024];
    const char *at = strstr(drawn, text);

    line[0] = '\0';
    if (at == NULL)
        return line;
    while (at > drawn && at[-1] != '\n')
        at--;
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    return line;
}

static int count_in_drawing(const char *text)
{
    int count = 0;

    for (const char *at = drawn; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* ---- the text of stat ---- */

START_TEST(a_name_with_spaces_and_parentheses_is_read_to_its_end)
{
    struct process process;

    ck_assert(process_parse(
        &process, "7 (a) Z 1 (b) c) S 42 7 7 0 -1 4194304 99 0 0 0 11 22 33 44 "
                  "20 0 1 0 4711 3133440 25 18446744073709551615 1 1 0 0 0 0 "
                  "0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 768\n"));
    ck_assert_int_eq(process.pid, 7);
    ck_assert_str_eq(process.name, "a) Z 1 (b) c");
    ck_assert_int_eq(process.state, 'S');
    ck_assert_int_eq(process.parent, 42);
    ck_assert_uint_eq(process.cpu_ticks, 33);
    ck_assert_uint_eq(process.buried_cpu_ticks, 77);
    ck_assert_uint_eq(process.started, 4711);
    ck_assert_uint_eq(process.rss_pages, 25);
    ck_assert_int_eq(process.wait_status, 768);
}
END_TEST

START_TEST(what_is_not_a_stat_is_refused)
{
    static const char *const texts[] = {
        "",
        "7",
        "7 (name",
        "7 )name( S 1",
        "7 (name)",
        "7 (name) ",
        "7 (name) S 1 2 3",
        "x (name) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 1 1 1",
        "-7 (name) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 1 1 1",
    };
    struct process process;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(!process_parse(&process, texts[i]), "%s", texts[i]);
}
END_TEST

START_TEST(signals_are_named)
{
    char text[64];
    uint64_t chld = UINT64_C(1) << (SIGCHLD - 1);
    uint64_t term = UINT64_C(1) << (SIGTERM - 1);

    ck_assert_str_eq(signal_names(0, text, sizeof text), "-");
    ck_assert_str_eq(signal_names(chld, text, sizeof text), "SIGCHLD");
    ck_assert_str_eq(signal_names(chld | term, text, sizeof text),
                     "SIGTERM,SIGCHLD");
    ck_assert_str_eq(signal_name(64), "SIG64");
    ck_assert_str_eq(signal_name(0), "SIG0");
}
END_TEST

/* ---- who belongs ---- */

START_TEST(a_zombie_counts_for_its_own_parent_only)
{
    family_look(&family);
    see(0, 1, 0, 'S');
    see(0, ROOT, 1, 'S');
    see(0, 101, ROOT, 'Z');
    see(0, 300, 1, 'S');
    see(0, 301, 300, 'Z');
    see(0, 302, 1, 'Z');
    settle(0);

    ck_assert_int_eq(family.zombies, 1);
    ck_assert_int_eq(family.alive, 0);
}
END_TEST

START_TEST(children_of_children_belong_even_with_smaller_pids)
{
    family_look(&family);
    see(0, 5, 101, 'S');
    see(0, 6, 5, 'Z');
    see(0, ROOT, 1, 'S');
    see(0, 101, ROOT, 'S');
    settle(0);

    ck_assert_int_eq(family.alive, 2);
    ck_assert_int_eq(family.zombies, 1);
    ck_assert_int_eq(family_find(&family, 6)->depth, 3);
}
END_TEST

START_TEST(the_oldest_zombie_gives_the_age)
{
    look_at_many(0, 2, 0);
    family_look(&family);
    see(2 * SECOND, ROOT, 1, 'S');
    see(2 * SECOND, 200, ROOT, 'Z');
    see(2 * SECOND, 201, ROOT, 'S');
    settle(2 * SECOND);
    ck_assert_int_eq(family.oldest_ms, 0);
    family_look(&family);
    see(5 * SECOND, ROOT, 1, 'S');
    see(5 * SECOND, 200, ROOT, 'Z');
    see(5 * SECOND, 201, ROOT, 'Z');
    settle(5 * SECOND);

    ck_assert_int_eq(family.oldest_ms, 3 * SECOND);
    ck_assert(!family.oldest_at_least);
}
END_TEST

START_TEST(who_was_dead_before_the_watch_has_an_age_of_at_least)
{
    look_at_one_child(0, 'Z');
    look_at_one_child(4 * SECOND, 'Z');

    ck_assert_int_eq(family.oldest_ms, 4 * SECOND);
    ck_assert(family.oldest_at_least);
    ck_assert_ptr_nonnull(strstr(draw(80, 24), "oldest >4.0 s"));
}
END_TEST

START_TEST(a_buried_zombie_no_longer_counts)
{
    look_at_one_child(0, 'Z');
    look_at_many(SECOND, 0, 0);

    ck_assert_int_eq(family.zombies, 0);
    ck_assert_int_eq(family.oldest_ms, 0);
}
END_TEST

START_TEST(a_reused_pid_is_somebody_else)
{
    look_at_one_child(0, 'Z');
    family_look(&family);
    see(SECOND, ROOT, 1, 'S');
    ck_assert(family_see(&family,
                         "101 (new) Z 100 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 "
                         "999999 0 0 0",
                         SECOND));
    settle(SECOND);

    ck_assert_int_eq(family.oldest_ms, 0);
    ck_assert(!family.oldest_at_least);
}
END_TEST

START_TEST(the_watched_is_gone_when_it_is_a_zombie_itself)
{
    look_at_one_child(0, 'S');
    ck_assert(!family.gone);
    family_look(&family);
    see(SECOND, ROOT, 1, 'Z');
    settle(SECOND);
    ck_assert(family.gone);
}
END_TEST

/* ---- the picture ---- */

START_TEST(a_beat_takes_two_columns_and_a_rest)
{
    struct trace trace = {.owed = false};
    const char *end = trace.columns + PICTURE_TRACE;

    trace_grow(&trace, false);
    trace_grow(&trace, true);
    for (int i = 0; i < 3; i++)
        trace_grow(&trace, false);
    ck_assert_int_eq(memcmp(end - 5, "_/\\__", 5), 0);
    for (int i = 0; i < 6; i++)
        trace_grow(&trace, true);
    ck_assert_int_eq(memcmp(end - 6, "/\\_/\\_", 6), 0);
}
END_TEST

START_TEST(a_zombie_is_a_flat_line_for_ever)
{
    char flat[31];

    memset(flat, '_', sizeof flat);
    flat[sizeof flat - 1] = '\0';
    look_at_one_child(0, 'R');
    for (int64_t now = 100; now <= 5 * SECOND; now += 100)
        look_at_one_child(now, 'Z');
    draw(80, 24);

    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 child  Z"), flat));
    ck_assert_ptr_null(strchr(drawn_line(" 101 child  Z"), '/'));
}
END_TEST

START_TEST(who_runs_has_a_beat)
{
    look_at_one_child(0, 'S');
    for (int64_t now = 100; now <= SECOND; now += 100) {
        family_look(&family);
        see(now, ROOT, 1, 'S');
        see(now, 101, ROOT, 'S');
        family.all[1].switches = (uint64_t)now;
        settle(now);
    }
    draw(80, 24);

    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 child  S"), "/\\_/\\"));
    ck_assert_ptr_null(strchr(drawn_line(" 100 parent S"), '/'));
}
END_TEST

START_TEST(a_zombie_shows_how_it_ended)
{
    family_look(&family);
    see(0, ROOT, 1, 'S');
    see_at(0, 101, ROOT, 'Z', 3 << 8);
    see_at(0, 102, ROOT, 'Z', SIGKILL);
    see_at(0, 103, ROOT, 'Z', 0); // 0, or not allowed to know
    settle(0);
    draw(80, 24);

    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 "), "exit 3"));
    ck_assert_ptr_nonnull(strstr(drawn_line(" 102 "), "killed by SIGKILL"));
    ck_assert_ptr_nonnull(strstr(drawn_line(" 103 "), "exit ?"));
}
END_TEST

START_TEST(burial_leaves_a_mark_and_then_nothing)
{
    look_at_one_child(0, 'Z');
    look_at_many(SECOND, 0, 0);
    draw(80, 24);
    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 child  +"), "+ buried"));

    look_at_many(SECOND + PICTURE_BURIED_MS, 0, 0);
    draw(80, 24);
    ck_assert_int_eq(count_in_drawing(" 101 "), 0);
}
END_TEST

START_TEST(an_orphan_is_left_to_another_and_not_buried)
{
    family_look(&family);
    see(0, ROOT, 1, 'S');
    see(0, 101, ROOT, 'S');
    see(0, 102, 101, 'S');
    settle(0);
    family_look(&family);
    see(SECOND, ROOT, 1, 'S');
    see(SECOND, 102, 1, 'S');
    settle(SECOND);
    draw(80, 24);

    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 "), "+ buried"));
    ck_assert_ptr_nonnull(strstr(drawn_line(" 102 "), "left to 1"));
}
END_TEST

START_TEST(the_rest_is_counted_when_there_are_more_than_lines)
{
    look_at_many(0, 0, 40);
    draw(80, 24);

    int shown = count_in_drawing(" child  Z");
    char rest[64];
    (void)snprintf(rest, sizeof rest, " ... %d more flat lines\n", 40 - shown);
    ck_assert_int_gt(shown, 8);
    ck_assert_ptr_nonnull(strstr(drawn, rest));
    ck_assert_ptr_nonnull(strstr(drawn, " zombies 40"));
}
END_TEST

START_TEST(the_living_and_the_dead_share_the_lines)
{
    look_at_many(0, 50, 50);
    draw(80, 24);

    ck_assert_int_ge(count_in_drawing(" child  S"), 5);
    ck_assert_int_ge(count_in_drawing(" child  Z"), 5);
    ck_assert_ptr_nonnull(strstr(drawn, " more alive, "));
    ck_assert_ptr_nonnull(strstr(drawn, " more flat lines\n"));
}
END_TEST

START_TEST(few_zombies_leave_their_lines_to_the_living)
{
    look_at_many(0, 50, 1);
    draw(80, 24);

    ck_assert_int_ge(count_in_drawing(" child  S"), 10);
    ck_assert_int_eq(count_in_drawing(" child  Z"), 1);
}
END_TEST

START_TEST(the_picture_keeps_to_its_size)
{
    static const int sizes[][2] = {{80, 24}, {40, 10},  {20, 5},
                                   {1, 5},   {200, 60}, {600, 14}};

    for (int64_t now = 0; now < 2 * SECOND; now += 100)
        look_at_many(now, 30, (int)(now / 20));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int width = sizes[i][0];
        int height = sizes[i][1];
        const char *at = draw(width, height);
        int lines = 0;
        for (; *at != '\0'; at += strcspn(at, "\n") + 1) {
            ck_assert_uint_le(strcspn(at, "\n"), (unsigned)width);
            lines++;
        }
        ck_assert_int_eq(lines, height);
    }
}
END_TEST

START_TEST(the_plot_rises_with_the_zombies)
{
    for (int64_t now = 0; now <= 30 * SECOND; now += 100)
        look_at_many(now, 0, now < 15 * SECOND ? 0 : 28);
    draw(80, 24);

    ck_assert_ptr_nonnull(strstr(drawn, "zombies   30|"));
    ck_assert_ptr_nonnull(strstr(drawn, "          15|"));
    ck_assert_ptr_nonnull(strstr(drawn_line("zombies   30|"), "______"));
    ck_assert_ptr_nonnull(strstr(drawn_line("           0|"), "______|"));
}
END_TEST

START_TEST(a_scale_is_round_and_has_a_middle)
{
    ck_assert_int_eq(scale_top(0), 4);
    ck_assert_int_eq(scale_top(4), 4);
    ck_assert_int_eq(scale_top(7), 8);
    ck_assert_int_eq(scale_top(11), 20);
    ck_assert_int_eq(scale_top(28), 30);
    ck_assert_int_eq(scale_top(81), 100);
    ck_assert_int_eq(scale_top(3333), 4000);
}
END_TEST

START_TEST(a_name_cannot_command_the_terminal)
{
    family_look(&family);
    see(0, ROOT, 1, 'S');
    ck_assert(family_see(&family,
                         "101 (\033[2J\n) S 100 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 "
                         "0 1 0 5 0 0 0",
                         0));
    settle(0);
    (void)snprintf(family.name, sizeof family.name, "\033c");

    ck_assert_ptr_null(strchr(draw(80, 24), '\033'));
    ck_assert_ptr_nonnull(strstr(drawn_line(" 101 "), "?[2J?"));
}
END_TEST

START_TEST(a_line_of_tsv_has_a_value_for_each_column)
{
    size_t len;
    FILE *out = open_memstream(&drawn, &len);

    look_at_one_child(0, 'Z');
    look_at_one_child(40, 'Z');
    family.fds = 4;
    family.pending = UINT64_C(1) << (SIGCHLD - 1);
    report_tsv_header(out);
    report_tsv(&family, 40, out);
    ck_assert_int_eq(fclose(out), 0);

    char expected[256];
    (void)snprintf(expected, sizeof expected,
                   "ms\talive\tzombies\toldest_ms\tfds\trss_kb\tcpu_ms\t"
                   "pending\n40\t0\t1\t40\t4\t%lld\t%lld\tSIGCHLD\n",
                   (long long)family.rss_kb, (long long)family.cpu_ms);
    ck_assert_str_eq(drawn, expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *family_case = tcase_create("family");
    TCase *picture_case = tcase_create("picture");

    tcase_add_checked_fixture(family_case, start, finish);
    tcase_add_test(family_case,
                   a_name_with_spaces_and_parentheses_is_read_to_its_end);
    tcase_add_test(family_case, what_is_not_a_stat_is_refused);
    tcase_add_test(family_case, signals_are_named);
    tcase_add_test(family_case, a_zombie_counts_for_its_own_parent_only);
    tcase_add_test(family_case,
                   children_of_children_belong_even_with_smaller_pids);
    tcase_add_test(family_case, the_oldest_zombie_gives_the_age);
    tcase_add_test(family_case,
                   who_was_dead_before_the_watch_has_an_age_of_at_least);
    tcase_add_test(family_case, a_buried_zombie_no_longer_counts);
    tcase_add_test(family_case, a_reused_pid_is_somebody_else);
    tcase_add_test(family_case, the_watched_is_gone_when_it_is_a_zombie_itself);
    suite_add_tcase(suite, family_case);

    tcase_add_checked_fixture(picture_case, start, finish);
    tcase_add_test(picture_case, a_beat_takes_two_columns_and_a_rest);
    tcase_add_test(picture_case, a_zombie_is_a_flat_line_for_ever);
    tcase_add_test(picture_case, who_runs_has_a_beat);
    tcase_add_test(picture_case, a_zombie_shows_how_it_ended);
    tcase_add_test(picture_case, burial_leaves_a_mark_and_then_nothing);
    tcase_add_test(picture_case, an_orphan_is_left_to_another_and_not_buried);
    tcase_add_test(picture_case,
                   the_rest_is_counted_when_there_are_more_than_lines);
    tcase_add_test(picture_case, the_living_and_the_dead_share_the_lines);
    tcase_add_test(picture_case, few_zombies_leave_their_lines_to_the_living);
    tcase_add_test(picture_case, the_picture_keeps_to_its_size);
    tcase_add_test(picture_case, the_plot_rises_with_the_zombies);
    tcase_add_test(picture_case, a_scale_is_round_and_has_a_middle);
    tcase_add_test(picture_case, a_name_cannot_command_the_terminal);
    tcase_add_test(picture_case, a_line_of_tsv_has_a_value_for_each_column);
    suite_add_tcase(suite, picture_case);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
