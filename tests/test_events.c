/* test_events.c - a line for each event, for programs. */
#include "part3/events.h"
#include "tests/testing.h"

static const struct event birth = {
    .name = "spawn", .slot = 2, .generation = 3, .pid = 4711, .age_ms = 1500};

static const char *content(const char *name)
{
    static char text[4096];
    int file = open(own_path(name), O_RDONLY | O_CLOEXEC);
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

START_TEST(an_exit_tells_how_and_what_was_used)
{
    struct event death = birth;
    death.name = "exit";
    death.status = SIGKILL;
    death.usage.ru_utime.tv_usec = 250000;
    death.why = "no heart-beat";
    ck_assert_int_eq(events_open(own_path("events")), 0);
    events_write(&birth);
    events_write(&death);
    death.status = 7 << 8;
    events_write(&death);
    const char *lines = content("events");
    ck_assert_uint_eq(count_lines(lines), 3);
    ck_assert_ptr_nonnull(
        strstr(lines, "\"event\":\"spawn\",\"slot\":2,\"generation\":3,"
                      "\"pid\":4711"));
    ck_assert_ptr_nonnull(strstr(lines, "\"signal\":9,\"core\":false,"));
    ck_assert_ptr_nonnull(strstr(lines, "\"code\":7,\"utime\":0.250,"));
    ck_assert_ptr_nonnull(strstr(lines, "\"why\":\"no heart-beat\""));
}
END_TEST

START_TEST(a_backoff_has_a_delay_and_nobody_it_is_about)
{
    const struct event wait = {.name = "backoff",
                               .slot = 2,
                               .generation = 3,
                               .why = "Resource temporarily unavailable",
                               .age_ms = 400,
                               .requests = -1};
    ck_assert_int_eq(events_open(own_path("events")), 0);
    events_write(&wait);
    ck_assert_ptr_nonnull(
        strstr(content("events"),
               "\"event\":\"backoff\",\"slot\":2,\"generation\":3,\"why\":"
               "\"Resource temporarily unavailable\",\"delay\":0.400}\n"));
}
END_TEST

START_TEST(opened_anew_the_next_line_goes_to_the_new_file)
{
    ck_assert_int_eq(events_open(own_path("rotated")), 0);
    events_write(&birth);
    ck_assert_int_eq(unlink(own_path("rotated")), 0);
    ck_assert_int_eq(events_open(own_path("rotated")), 0);
    events_write(&birth);
    ck_assert_uint_eq(count_lines(content("rotated")), 1);
}
END_TEST

/* It would block for ever: Check would kill it. */
START_TEST(a_pipe_that_nobody_reads_stops_nobody)
{
    ck_assert_int_eq(mkfifo(own_path("pipe"), 0600), 0);
    int reader = open(own_path("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(reader, 0);
    ck_assert_int_eq(events_open(own_path("pipe")), 0);
    for (int i = 0; i < 2000; i++)
        events_write(&birth);
}
END_TEST

static void to_nowhere(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDERR_FILENO); // what people would read
    close(nowhere);
    make_own_directory();
}

int main(void)
{
    Suite *suite = suite_create("events");
    TCase *tests = new_case(suite, "events");
    tcase_add_checked_fixture(tests, to_nowhere, remove_own_directory);
    tcase_add_test(tests, an_exit_tells_how_and_what_was_used);
    tcase_add_test(tests, a_backoff_has_a_delay_and_nobody_it_is_about);
    tcase_add_test(tests, opened_anew_the_next_line_goes_to_the_new_file);
    tcase_add_test(tests, a_pipe_that_nobody_reads_stops_nobody);
    return run_suite(suite);
}
