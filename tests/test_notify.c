/* test_notify.c - what a service manager hears. */
#include "part3/notify.h"
#include "tests/testing.h"

#include <stddef.h>
#include <sys/un.h>

/* A socket at that address, of which '@' stands for a 0. */
static int manager_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    return manager;
}

static const char *heard_by(int manager)
{
    static char text[512];
    wait_for_events(manager, POLLIN);
    ssize_t got = read(manager, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

START_TEST(a_manager_is_told_by_its_path_or_by_a_name_without_one)
{
    char name[64];
    snprintf(name, sizeof name, "@forkyard-test-%d", (int)getpid());
    int named = manager_at(name);
    notify("MAINPID=%d", 42);
    ck_assert_str_eq(heard_by(named), "MAINPID=42");
    int at_path = manager_at(own_path("notify"));
    notify("READY=1");
    ck_assert_str_eq(heard_by(at_path), "READY=1");
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
    unsetenv("NOTIFY_SOCKET");
    notify("READY=1");
    setenv("NOTIFY_SOCKET", own_path("nobody"), 1);
    notify("READY=1");
    setenv("NOTIFY_SOCKET", "", 1);
    notify("READY=1");
    char *long_path = calloc(1, 4096);
    memset(long_path, 'x', 4095);
    setenv("NOTIFY_SOCKET", long_path, 1);
    notify("READY=1");
    free(long_path);
}
END_TEST

START_TEST(a_manager_that_does_not_read_keeps_nobody)
{
    int deaf = manager_at(own_path("deaf"));
    for (int i = 0; i < 10000; i++)
        notify("WATCHDOG=1");
    close(deaf);
}
END_TEST

START_TEST(a_watchdog_is_for_the_process_it_names)
{
    unsetenv("WATCHDOG_USEC");
    ck_assert_int_eq(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "3000000", 1);
    ck_assert_int_eq(notify_watchdog_ms(), 1500);
    setenv("WATCHDOG_PID", "1", 1);
    ck_assert_int_eq(notify_watchdog_ms(), 0);
    char own[32];
    snprintf(own, sizeof own, "%d", (int)getpid());
    setenv("WATCHDOG_PID", own, 1);
    ck_assert_int_eq(notify_watchdog_ms(), 1500);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *tests = new_case(suite, "notify");
    tcase_add_unchecked_fixture(tests, make_own_directory,
                                remove_own_directory);
    tcase_add_test(tests,
                   a_manager_is_told_by_its_path_or_by_a_name_without_one);
    tcase_add_test(tests, without_a_manager_nothing_happens);
    tcase_add_test(tests, a_manager_that_does_not_read_keeps_nobody);
    tcase_add_test(tests, a_watchdog_is_for_the_process_it_names);
    return run_suite(suite);
}
