/* test_prefork.c - how the workers of 3d share what comes, and what becomes
 * of their places. Each client comes when all of them sleep, so that nothing
 * is left to chance. */
#include "tests/stage.h"

enum { WORKERS = 8, ROUNDS = 5 };

static struct server server;
static pid_t workers[WORKERS];

/* All of them, in the order of their pids. */
static void find_workers(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)server.pid,
             (int)server.pid);
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(fscanf(file, "%d", &workers[i]), 1);
    fclose(file);
}

static bool all_sleep(void)
{
    return children(server.pid, 'S') == children(server.pid, 0);
}

static void start_workers(void)
{
    server = START_STAGE("3d_prefork", "--quiet", "--workers", "8");
    WAIT_FOR(children(server.pid, 'S') == WORKERS);
    find_workers();
}

/* How often it has gone to sleep so far. */
static long sleeps_of(pid_t pid)
{
    static const char name[] = "voluntary_ctxt_switches:";
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    long count = -1;
    while (count < 0 && fgets(line, sizeof line, file))
        if (strncmp(line, name, sizeof name - 1) == 0)
            count = strtol(line + sizeof name - 1, NULL, 10);
    fclose(file);
    return count;
}

/* A client comes, is answered, and all is quiet again. Adds to ran[i] if
 * worker i ran meanwhile. */
static void serve_one(int ran[WORKERS])
{
    static const char request[] =
        "GET /hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    long before[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        before[i] = sleeps_of(workers[i]);
    int client = dial(&server);
    say(client, request);
    char answer[1024];
    size_t len;
    ck_assert_int_eq(read_all(client, answer, sizeof answer, &len), 0);
    ck_assert_ptr_nonnull(strstr(answer, " 200 "));
    close(client);
    WAIT_FOR(all_sleep());
    for (int i = 0; i < WORKERS; i++)
        ran[i] += sleeps_of(workers[i]) > before[i];
}

START_TEST(a_client_wakes_one_worker)
{
    start_workers();
    int ran[WORKERS] = {0}, sum = 0;
    for (int i = 0; i < ROUNDS * WORKERS; i++)
        serve_one(ran);
    for (int i = 0; i < WORKERS; i++)
        sum += ran[i];
    ck_assert_int_ge(sum, ROUNDS * WORKERS);
    ck_assert_int_le(sum, ROUNDS * WORKERS + WORKERS);
    stop(&server);
}
END_TEST

START_TEST(workers_take_turns)
{
    start_workers();
    int ran[WORKERS] = {0};
    for (int i = 0; i < ROUNDS * WORKERS; i++)
        serve_one(ran);
    for (int i = 0; i < WORKERS; i++) {
        ck_assert_int_ge(ran[i], ROUNDS - 2);
        ck_assert_int_le(ran[i], ROUNDS + 2);
    }
    stop(&server);
}
END_TEST

START_TEST(the_dead_are_buried_and_not_replaced)
{
    start_workers();
    kill(workers[0], SIGKILL);
    WAIT_FOR(children(server.pid, 0) == WORKERS - 1);
    ck_assert_int_eq(children(server.pid, 'Z'), 0);
    for (int i = 1; i < WORKERS; i++)
        kill(workers[i], SIGKILL);
    ck_assert_ptr_nonnull(read_log(server.log, "0 of the workers are left"));
    ck_assert_int_eq(status_of(server.pid), EXIT_FAILURE);
    close(server.log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prefork");
    TCase *shares = new_case(suite, "shares");
    tcase_add_test(shares, a_client_wakes_one_worker);
    tcase_add_test(shares, workers_take_turns);
    TCase *deaths = new_case(suite, "deaths");
    tcase_add_test(deaths, the_dead_are_buried_and_not_replaced);
    return run_suite(suite);
}
