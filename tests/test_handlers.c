/* test_handlers.c - what a signal handler must not do to its process.
 *
 * The first part calls 3c's own functions, so that a signal can be made to
 * come between two lines; the second runs whole stages. */
int main_of_3c(int argc, char **argv);
#define main main_of_3c
#include "part3/3c_fork_wait_loop.c" // NOLINT(bugprone-suspicious-include)
#undef main

#include "tests/stage.h"

/* --- The handler of 3c --- */

/* A child with status 3 that is dead; its signal waits until `deaths` are
 * unblocked. Returns what waitid() says about it. */
static int die_in_silence(const sigset_t *deaths, siginfo_t *about)
{
    sigprocmask(SIG_BLOCK, deaths, NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(3);
    return waitid(P_PID, (id_t)child, about, WEXITED | WNOWAIT);
}

static sigset_t only_deaths(void)
{
    sigset_t deaths;
    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    return deaths;
}

START_TEST(a_death_between_a_call_and_its_errno_changes_nothing)
{
    sigset_t deaths = only_deaths();
    hear_of_deaths();
    for (int i = 0; i < 100; i++) {
        siginfo_t about;
        ck_assert_int_eq(die_in_silence(&deaths, &about), 0);
        ck_assert_int_eq(open("/no/such/file", O_RDONLY | O_CLOEXEC), -1);
        sigprocmask(SIG_UNBLOCK, &deaths, NULL); // the handler runs here
        ck_assert_int_eq(errno, ENOENT);
    }
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); // it did bury them
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(a_dead_child_keeps_its_status_until_it_is_buried)
{
    sigset_t deaths = only_deaths();
    hear_of_deaths();
    siginfo_t about;
    ck_assert_int_eq(die_in_silence(&deaths, &about), 0);
    ck_assert_int_eq(about.si_code, CLD_EXITED);
    ck_assert_int_eq(about.si_status, 3);
}
END_TEST

/* --- Whole stages --- */

/* Connect, and ask for `path`. */
static int ask(const struct server *server, const char *path)
{
    int client = dial(server);
    char request[256];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", path);
    say(client, request);
    return client;
}

static void expect_answer(int client, const char *status_line)
{
    char answer[TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(client, answer, sizeof answer, &len), 0);
    ck_assert_msg(strncmp(answer, status_line, strlen(status_line)) == 0,
                  "expected %s, but: %s", status_line, answer);
    close(client);
}

/* A child of ours that tells `server` of deaths, again and again, but leaves it
 * time for something else between. */
static pid_t tell_of_deaths(pid_t server)
{
    pid_t teller = fork();
    ck_assert_int_ge(teller, 0);
    if (teller > 0)
        return teller;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        kill(server, SIGCHLD);
        nanosleep(&(struct timespec){.tv_nsec = 1}, NULL);
    }
}

/* A handler that takes a lock would sooner or later interrupt its own process
 * while it holds the same lock. */
START_TEST(deaths_at_any_moment_do_not_silence_it)
{
    static const char *const stages[] = {"3b_fork_one_wait",
                                         "3c_fork_wait_loop"};
    enum { ROUNDS = 150, AT_ONCE = 8 };
    unsetenv("TZ"); // a clock looks for the time zone each time, as usual
    struct server server = START_STAGE(stages[_i], "--quiet");
    pid_t teller = tell_of_deaths(server.pid);
    for (int round = 0; round < ROUNDS; round++) {
        int clients[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++)
            clients[i] = ask(&server, "/hello.txt");
        for (int i = 0; i < AT_ONCE; i++)
            expect_answer(clients[i], "HTTP/1.1 200 ");
    }
    kill(teller, SIGKILL);
    ck_assert_int_eq(status_of(teller), 128 + SIGKILL);
    stop(&server);
}
END_TEST

START_TEST(the_gateway_learns_how_its_program_ended)
{
    struct server server =
        START_STAGE("2a_cgi", "--quiet", "--cgi=/cgi-bin=part2/cgi-bin");
    for (int i = 0; i < 20; i++) {
        expect_answer(ask(&server, "/cgi-bin/exit3"), "HTTP/1.1 502 ");
        const char *said = read_log(server.log, "exit3:");
        ck_assert_msg(strstr(said, "status 3 ") != NULL, "logged: %s", said);
    }
    stop(&server);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *suite = suite_create("handlers");

    TCase *handler = new_case(suite, "the handler of 3c");
    tcase_add_test(handler,
                   a_death_between_a_call_and_its_errno_changes_nothing);
    tcase_add_test(handler, a_dead_child_keeps_its_status_until_it_is_buried);

    TCase *stages = new_case(suite, "stages");
    tcase_add_loop_test(stages, deaths_at_any_moment_do_not_silence_it, 0, 2);
    tcase_add_test(stages, the_gateway_learns_how_its_program_ended);

    return run_suite(suite);
}
