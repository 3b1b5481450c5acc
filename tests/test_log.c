/* test_log.c - one event is one line is one write. */
#include "common/log.h"
#include "tests/testing.h"

START_TEST(a_line_carries_role_and_pid)
{
    char expected[64];
    log_line("hello %s %d", "world", 7);
    snprintf(expected, sizeof expected, "forkyard[%d] hello world 7\n",
             (int)getpid());
    ck_assert_str_eq(next_write(), expected);
    log_role("3c");
    log_line("again");
    snprintf(expected, sizeof expected, "3c[%d] again\n", (int)getpid());
    ck_assert_str_eq(next_write(), expected);
}
END_TEST

static void log_as_child(const void *context)
{
    (void)context;
    log_line("child %d", (int)getpid());
}

START_TEST(a_child_logs_its_own_pid)
{
    pid_t child = start(log_as_child, NULL);
    ck_assert_int_eq(status_of(child), 0);
    char expected[64];
    snprintf(expected, sizeof expected, "forkyard[%d] child %d\n", (int)child,
             (int)child);
    ck_assert_str_eq(next_write(), expected);
}
END_TEST

START_TEST(a_line_is_one_write)
{
    log_line("%s", "one");
    errno = ENOENT;
    log_errno("%s", "two");
    log_request("%s", "three");
    ck_assert_ptr_nonnull(strstr(next_write(), " one\n"));
    ck_assert_ptr_nonnull(strstr(next_write(), " two: "));
    ck_assert_ptr_nonnull(strstr(next_write(), " three\n"));
    ck_assert_str_eq(next_write(), "");
}
END_TEST

START_TEST(control_characters_are_written_as_numbers)
{
    log_line("a%sb", "\n\r\t\x1b[31m\x7f\x01");
    const char *line = next_write();
    ck_assert_msg(strstr(line, " a\\x0a\\x0d\\x09\\x1b[31m\\x7f\\x01"
                               "b\n"),
                  "%s", line);
    ck_assert_uint_eq(count_lines(line), 1);
}
END_TEST

START_TEST(other_text_is_written_as_it_is)
{
    log_line("%s", "\xc3\xa4 100% \"quoted\"");
    ck_assert_ptr_nonnull(strstr(next_write(), " \xc3\xa4 100% \"quoted\"\n"));
}
END_TEST

START_TEST(a_line_of_any_length_ends)
{
    enum { LONGEST = 6000 };
    static const char fillers[] = "x\n";
    static char text[LONGEST + 1];
    for (size_t i = 0; fillers[i]; i++) {
        for (size_t len = 900; len <= LONGEST; len += 1 + len / 50) {
            memset(text, fillers[i], sizeof text);
            text[len] = '\0';
            errno = EPIPE;
            log_errno("%s", text);
            const char *line = next_write();
            ck_assert_uint_eq(count_lines(line), 1);
            ck_assert_int_eq(line[strlen(line) - 1], '\n');
        }
    }
}
END_TEST

START_TEST(errno_is_kept_and_named)
{
    errno = ENOENT;
    log_line("a");
    ck_assert_int_eq(errno, ENOENT);
    log_errno("b");
    ck_assert_int_eq(errno, ENOENT);
    log_request("c");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_null(strstr(next_write(), strerror(ENOENT)));
    const char *line = next_write();
    ck_assert_msg(strstr(line, " b: No such file or directory\n"), "%s", line);
}
END_TEST

START_TEST(errno_is_kept_when_nobody_can_read_the_log)
{
    close(STDERR_FILENO);
    errno = ENOENT;
    log_line("a");
    ck_assert_int_eq(errno, ENOENT);
    log_errno("b");
    ck_assert_int_eq(errno, ENOENT);
    log_request("c");
    ck_assert_int_eq(errno, ENOENT);
    log_from_handler((const char *const[]){"d", NULL});
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(request_lines_can_be_left_out)
{
    log_no_requests();
    log_request("request");
    log_line("line");
    ck_assert_ptr_nonnull(strstr(next_write(), " line\n"));
    ck_assert_str_eq(next_write(), "");
}
END_TEST

/* Nothing it calls may take a lock: so it can speak from within anything. */
START_TEST(a_handler_writes_the_same_line_from_pieces)
{
    errno = ENOENT;
    log_from_handler(
        (const char *const[]){"app a\n", ": killed by ", "signal 11", NULL});
    ck_assert_int_eq(errno, ENOENT);
    log_line("%s", "app a\n: killed by signal 11");
    char expected[64];
    snprintf(expected, sizeof expected,
             "forkyard[%d] app a\\x0a: killed by signal 11\n", (int)getpid());
    ck_assert_str_eq(next_write(), expected);
    ck_assert_str_eq(next_write(), expected);
}
END_TEST

START_TEST(pieces_of_any_length_are_one_line)
{
    static char text[6000];
    memset(text, '\n', sizeof text - 1);
    log_from_handler((const char *const[]){text, text, NULL});
    const char *line = next_write();
    ck_assert_uint_eq(count_lines(line), 1);
    ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

static void die_of(const void *context)
{
    const int *error = context;
    errno = *error;
    die("open %s", "it");
}

START_TEST(dying_says_why_in_one_line_and_ends_with_1)
{
    char said[TEXT_BYTES];
    int error = EACCES;
    ck_assert_int_eq(said_by(die_of, &error, said, sizeof said), 1);
    ck_assert_msg(strstr(said, " open it: Permission denied\n"), "%s", said);
    ck_assert_uint_eq(count_lines(said), 1);
    error = 0;
    ck_assert_int_eq(said_by(die_of, &error, said, sizeof said), 1);
    ck_assert_msg(strstr(said, " open it\n"), "%s", said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = new_case(suite, "log");
    tcase_add_checked_fixture(tests, catch_the_log, NULL);
    tcase_add_test(tests, a_line_carries_role_and_pid);
    tcase_add_test(tests, a_child_logs_its_own_pid);
    tcase_add_test(tests, a_line_is_one_write);
    tcase_add_test(tests, control_characters_are_written_as_numbers);
    tcase_add_test(tests, other_text_is_written_as_it_is);
    tcase_add_test(tests, a_line_of_any_length_ends);
    tcase_add_test(tests, errno_is_kept_and_named);
    tcase_add_test(tests, errno_is_kept_when_nobody_can_read_the_log);
    tcase_add_test(tests, request_lines_can_be_left_out);
    tcase_add_test(tests, a_handler_writes_the_same_line_from_pieces);
    tcase_add_test(tests, pieces_of_any_length_are_one_line);
    tcase_add_test(tests, dying_says_why_in_one_line_and_ends_with_1);
    return run_suite(suite);
}
