/* test_signals.c - signals that wait in a descriptor, and their names. */
#include "part3/signals.h"
#include "tests/testing.h"

#include <sys/syscall.h>

START_TEST(many_of_a_kind_become_one_and_every_kind_is_read)
{
    int signals = signals_open();
    ck_assert(closes_on_exec(signals));
    ck_assert_int_eq(signals_next(signals), 0);
    for (int i = 0; i < 3; i++) {
        raise(SIGHUP);
        raise(SIGTERM);
    }
    int first = signals_next(signals);
    int second = signals_next(signals);
    ck_assert_int_eq(first + second, SIGHUP + SIGTERM);
    ck_assert_int_ne(first, second);
    ck_assert_int_eq(signals_next(signals), 0);
}
END_TEST

START_TEST(what_came_before_somebody_listens_is_not_lost)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    raise(SIGUSR2);
    ck_assert_int_eq(signals_next(signals_open()), SIGUSR2);
}
END_TEST

/* Else no child would have a status, and none would be announced. */
START_TEST(children_are_announced_though_whoever_started_us_ignored_them)
{
    signal(SIGCHLD, SIG_IGN);
    int signals = signals_open();
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    wait_for_events(signals, POLLIN);
    ck_assert_int_eq(signals_next(signals), SIGCHLD);
    ck_assert_int_eq(status_of(child), 7);
}
END_TEST

static pid_t sleeper(void)
{
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        for (;;)
            pause();
    }
    return child;
}

static int hold(pid_t pid)
{
    int held = (int)syscall(SYS_pidfd_open, pid, 0);
    ck_assert_int_ge(held, 0);
    return held;
}

START_TEST(a_child_is_sent_one_with_and_without_a_pidfd)
{
    pid_t child = sleeper();
    signals_send(hold(child), child, SIGUSR1);
    ck_assert_int_eq(status_of(child), 128 + SIGUSR1);
    child = sleeper();
    signals_send(-1, child, SIGUSR2);
    ck_assert_int_eq(status_of(child), 128 + SIGUSR2);
}
END_TEST

/* The pid of a dead child is another's by now: let it be ours. */
START_TEST(no_stranger_is_sent_one)
{
    int signals = signals_open();
    pid_t child = sleeper();
    int held = hold(child);
    kill(child, SIGKILL);
    ck_assert_int_eq(status_of(child), 128 + SIGKILL);
    ck_assert_int_eq(signals_next(signals), SIGCHLD);
    signals_send(held, getpid(), SIGUSR1);
    ck_assert_int_eq(signals_next(signals), 0);
}
END_TEST

static const struct {
    const char *text;
    int number;
} names[] = {
    {"TERM", SIGTERM},
    {"SIGTERM", SIGTERM},
    {"15", 15},
    {"1", SIGHUP},
    {"SIGWINCH", SIGWINCH},
    {"64", 64},
    {"", 0},
    {"0", 0},
    {"65", 0},
    {"-1", 0},
    {"15x", 0},
    {"TREM", 0},
    {"SIG", 0},
    {"SIGSIGTERM", 0},
    {"term", 0},
    {"99999999999999999999", 0},
};

START_TEST(a_signal_has_a_name_and_a_number)
{
    ck_assert_int_eq(signals_number(names[_i].text), names[_i].number);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tests = new_case(suite, "signals");
    tcase_add_test(tests, many_of_a_kind_become_one_and_every_kind_is_read);
    tcase_add_test(tests, what_came_before_somebody_listens_is_not_lost);
    tcase_add_test(
        tests, children_are_announced_though_whoever_started_us_ignored_them);
    tcase_add_test(tests, a_child_is_sent_one_with_and_without_a_pidfd);
    tcase_add_test(tests, no_stranger_is_sent_one);
    tcase_add_loop_test(tests, a_signal_has_a_name_and_a_number, 0,
                        COUNT(names));
    return run_suite(suite);
}
