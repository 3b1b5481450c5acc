/* test_listener.c - the queue of clients that nobody has accepted yet. */
#include "part3/listener.h"
#include "tests/testing.h"

#include <netinet/in.h>

enum { QUEUE = 8, MOMENT_MS = 200 };

static int listener;

static void listen_somewhere(void)
{
    const struct sockaddr_in nowhere = {.sin_family = AF_INET,
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr *address = (const void *)&nowhere;
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    listener = socket(AF_INET, type, 0);
    ck_assert_int_eq(bind(listener, address, sizeof nowhere), 0);
    ck_assert_int_eq(listen(listener, QUEUE), 0);
}

static int accept_next(void)
{
    wait_for_events(listener, POLLIN);
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* A client that does not wait for the connection to be there. */
static int begin_to_connect(void)
{
    struct sockaddr_in address;
    socklen_t len = sizeof address;
    struct sockaddr *any = (void *)&address;
    ck_assert_int_eq(getsockname(listener, any, &len), 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(connect(client, any, len), -1);
    ck_assert_int_eq(errno, EINPROGRESS);
    return client;
}

static bool is_connected(int client, int within_ms)
{
    struct pollfd one = {.fd = client, .events = POLLOUT};
    return poll(&one, 1, within_ms) == 1;
}

START_TEST(who_has_connected_waits_until_accepted)
{
    ck_assert(!listener_waiting(listener));
    int first = connect_to(listener);
    int second = connect_to(listener);
    wait_for_events(listener, POLLIN);
    ck_assert(listener_waiting(listener));
    close(accept_next());
    ck_assert(listener_waiting(listener));
    close(accept_next());
    ck_assert(!listener_waiting(listener));
    close(first);
    close(second);
}
END_TEST

START_TEST(who_says_nothing_is_no_arrival)
{
    listener_prefer_speakers(listener, 60000);
    int silent = connect_to(listener);
    int speaker = connect_to(listener);
    ck_assert(!listener_waiting(listener));
    write_all(speaker, "a", 1);
    close(accept_next());
    ck_assert(!listener_waiting(listener));
    write_all(silent, "b", 1);
    close(accept_next());
    close(speaker);
    close(silent);
}
END_TEST

START_TEST(who_says_nothing_for_long_is_one)
{
    listener_prefer_speakers(listener, 1);
    int silent = connect_to(listener);
    ck_assert(!listener_waiting(listener));
    close(accept_next());
    close(silent);
}
END_TEST

START_TEST(who_speaks_late_is_let_in_though_it_is_frozen)
{
    listener_prefer_speakers(listener, 60000);
    int client = connect_to(listener);
    listener_freeze(listener);
    write_all(client, "a", 1);
    close(accept_next());
    close(client);
}
END_TEST

START_TEST(frozen_it_lets_nobody_in_and_loses_nobody)
{
    int clients[QUEUE - 1];
    for (size_t i = 0; i < COUNT(clients); i++) {
        clients[i] = connect_to(listener);
        write_all(clients[i], "hello", 5);
    }
    listener_freeze(listener);
    int late = begin_to_connect();
    ck_assert(!is_connected(late, MOMENT_MS));
    /* What they send arrives, before they are accepted and after. */
    for (size_t i = 0; i < COUNT(clients); i++) {
        write_all(clients[i], " world", 6);
        shutdown(clients[i], SHUT_WR);
    }
    for (size_t i = 0; i < COUNT(clients); i++) {
        char text[32];
        size_t len;
        int accepted = accept_next();
        ck_assert_int_eq(read_all(accepted, text, sizeof text, &len), 0);
        ck_assert_str_eq(text, "hello world");
        close(accepted);
        close(clients[i]);
    }
    ck_assert(!listener_waiting(listener));
    ck_assert_int_eq(accept(listener, NULL, NULL), -1);
    ck_assert_int_eq(errno, EAGAIN);
    close(late);
}
END_TEST

START_TEST(open_it_lets_everybody_in)
{
    int late = begin_to_connect();
    ck_assert(is_connected(late, PATIENCE_MS));
    close(late);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listener");
    TCase *tests = new_case(suite, "listener");
    tcase_add_checked_fixture(tests, listen_somewhere, NULL);
    tcase_add_test(tests, who_has_connected_waits_until_accepted);
    tcase_add_test(tests, who_says_nothing_is_no_arrival);
    tcase_add_test(tests, who_says_nothing_for_long_is_one);
    tcase_add_test(tests, who_speaks_late_is_let_in_though_it_is_frozen);
    tcase_add_test(tests, frozen_it_lets_nobody_in_and_loses_nobody);
    tcase_add_test(tests, open_it_lets_everybody_in);
    return run_suite(suite);
}
