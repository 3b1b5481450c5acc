/* test_channel.c - words, and the descriptors that come with them, one at most
 * whatever the other side sends. */
#include "part3/channel.h"
#include "tests/descriptors.h"

static int ends[2];

static void make_channel(void)
{
    ck_assert_int_eq(channel_open(ends), 0);
}

static bool is_pipe(int fd)
{
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}

START_TEST(words_arrive_in_order_and_then_there_are_none)
{
    channel_say(ends[0], CHANNEL_READY, -1);
    channel_say(ends[0], CHANNEL_DRAIN, -1);
    int descriptor = 7;
    ck_assert_int_eq(channel_hear(ends[1], &descriptor), CHANNEL_READY);
    ck_assert_int_eq(descriptor, -1);
    ck_assert_int_eq(channel_hear(ends[1], NULL), CHANNEL_DRAIN);
    ck_assert_int_eq(channel_hear(ends[1], &descriptor), CHANNEL_NOTHING);
    ck_assert_int_eq(channel_hear(ends[1], NULL), CHANNEL_NOTHING);
}
END_TEST

START_TEST(a_closed_end_is_a_word_and_nothing_can_be_said_to_it)
{
    close(ends[0]);
    channel_say(ends[1], CHANNEL_READY, -1); // and no SIGPIPE
    ck_assert_int_eq(channel_hear(ends[1], NULL), CHANNEL_CLOSED);
}
END_TEST

START_TEST(a_descriptor_comes_along_and_closes_on_exec)
{
    int pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    channel_say(ends[0], CHANNEL_LOG, pipe_ends[1]);
    int descriptor;
    ck_assert_int_eq(channel_hear(ends[1], &descriptor), CHANNEL_LOG);
    ck_assert(is_pipe(descriptor));
    ck_assert_int_eq(fcntl(descriptor, F_GETFD), FD_CLOEXEC);
}
END_TEST

static void send_two(void)
{
    int two[2];
    ck_assert_int_eq(pipe(two), 0);
    ck_assert(send_two_descriptors(ends[0], CHANNEL_READY, two));
    close(two[0]);
    close(two[1]);
}

START_TEST(of_two_descriptors_one_is_taken_and_none_is_left_open)
{
    int before = count_descriptors(getpid());
    send_two();
    int descriptor;
    ck_assert_int_eq(channel_hear(ends[1], &descriptor), CHANNEL_READY);
    ck_assert(is_pipe(descriptor));
    close(descriptor);
    ck_assert_int_eq(count_descriptors(getpid()), before);
}
END_TEST

START_TEST(who_wants_none_gets_none)
{
    int before = count_descriptors(getpid());
    send_two();
    ck_assert_int_eq(channel_hear(ends[1], NULL), CHANNEL_READY);
    ck_assert_int_eq(count_descriptors(getpid()), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("channel");
    TCase *tests = new_case(suite, "channel");
    tcase_add_checked_fixture(tests, make_channel, NULL);
    tcase_add_test(tests, words_arrive_in_order_and_then_there_are_none);
    tcase_add_test(tests, a_closed_end_is_a_word_and_nothing_can_be_said_to_it);
    tcase_add_test(tests, a_descriptor_comes_along_and_closes_on_exec);
    tcase_add_test(tests,
                   of_two_descriptors_one_is_taken_and_none_is_left_open);
    tcase_add_test(tests, who_wants_none_gets_none);
    return run_suite(suite);
}
