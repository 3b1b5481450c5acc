/* test_stages.c - one suite over every stage, as a client sees it.
 *
 * Each stage declares what it can do and what it must fail: 3a has to leave
 * zombies, or its lesson is gone. Stages are found in $BUILD (build). */
#include "tests/descriptors.h"
#include "tests/stage.h"

enum { FEW = 8, MANY = 40 };

enum zombies { HAS_NO_CHILDREN, KEEPS_ALL, KEEPS_SOME, KEEPS_NONE };

static const struct stage {
    const char *name;
    bool reads;       // the request, all of it, before it answers
    bool speaks_http; // files, statuses, keep-alive, deadlines
    bool serves_many; // a second client need not wait for the first
    enum zombies zombies;
} stages[] = {
    {.name = "1a_hello"},
    {.name = "1b_parse", .reads = true},
    {.name = "1c_iterative", .reads = true, .speaks_http = true},
    {.name = "2a_cgi", .reads = true, .speaks_http = true},
    {.name = "2b_c_app", .reads = true, .speaks_http = true},
    {.name = "2c_wsgi", .reads = true, .speaks_http = true},
    {.name = "3a_fork_no_wait",
     .reads = true,
     .speaks_http = true,
     .serves_many = true,
     .zombies = KEEPS_ALL},
    {.name = "3b_fork_one_wait",
     .reads = true,
     .speaks_http = true,
     .serves_many = true,
     .zombies = KEEPS_SOME},
    {.name = "3c_fork_wait_loop",
     .reads = true,
     .speaks_http = true,
     .serves_many = true,
     .zombies = KEEPS_NONE},
};
enum { STAGES = sizeof stages / sizeof *stages };

/* --- What /proc says --- */

/* The line of /proc/PID/status that begins with `name`. */
static const char *status_line(pid_t pid, const char *name)
{
    static char line[256];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            break;
    fclose(file);
    return line + strlen(name);
}

static bool is_calm(pid_t pid)
{
    return strtoull(status_line(pid, "ShdPnd:"), NULL, 16) == 0 &&
           strchr(status_line(pid, "State:"), 'S');
}

/* --- A client --- */

/* Everything until the server closes, as text; the client is closed. */
static const char *hear(int client)
{
    static char all[1 << 18];
    size_t len = 0;
    ssize_t got;
    while ((got = recv(client, all + len, sizeof all - 1 - len, 0)) > 0)
        len += (size_t)got;
    ck_assert_msg(got == 0 || errno == ECONNRESET, "recv: %s", strerror(errno));
    all[len] = '\0';
    close(client);
    return all;
}

static const char *ask(const struct server *server, const char *request)
{
    int client = dial(server);
    say(client, request);
    return hear(client);
}

static int status_in(const char *answer)
{
    int status = 0;
    sscanf(answer, "HTTP/1.1 %d ", &status);
    return status;
}

static const char simple[] =
    "GET /hello.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

static bool answers(const struct server *server)
{
    return status_in(ask(server, simple)) == 200;
}

/* --- Every stage --- */

START_TEST(it_says_where_it_listens_and_answers_there)
{
    const struct stage *stage = &stages[_i];
    const char *options[] = {"--port", "0", NULL};
    struct server server;
    server.pid = run_stage(stage->name, options, &server.log);
    const char *said = read_log(server.log, "pid ");
    char pid[32];
    snprintf(pid, sizeof pid, "/, pid %d\n", (int)server.pid);
    ck_assert_msg(strstr(said, pid) != NULL, "said: %s", said);
    const char *url = strstr(said, "http://127.0.0.1:");
    ck_assert_ptr_nonnull(url);
    server.port = atoi(url + strlen("http://127.0.0.1:"));
    ck_assert_int_ne(status_in(ask(&server, simple)), 0);
    stop(&server);
}
END_TEST

START_TEST(int_and_term_end_it_and_free_its_port)
{
    const struct stage *stage = &stages[_i];
    static const int signals[] = {SIGINT, SIGTERM};
    char port[16] = "0";
    for (size_t i = 0; i < 2; i++) {
        const char *options[] = {"--port", port, "--root", "www", NULL};
        struct server server = start_stage(stage->name, options);
        ck_assert(answers(&server));
        ck_assert_int_eq(stop_by(&server, signals[i]), 128 + signals[i]);
        snprintf(port, sizeof port, "%d", server.port); // again, at once
    }
}
END_TEST

/* Returns the only line it says before it ends with `status`. */
static void fails_to_start(const struct stage *stage,
                           const char *const *options, int status,
                           const char *reason)
{
    int log;
    pid_t pid = run_stage(stage->name, options, &log);
    const char *said = read_log(log, "\n---");
    int ended = status_of(pid);
    close(log);
    ck_assert_msg(ended == status, "%s: %s: status %d: %s", stage->name,
                  options[0], ended, said);
    ck_assert_msg(strstr(said, reason) != NULL, "%s: expected '%s' in: %s",
                  stage->name, reason, said);
    /* One line; argp adds another that names --help. */
    const char *more = strchr(said, '\n') + 1;
    ck_assert_msg(*more == '\0' || strncmp(more, "Try ", 4) == 0, "said: %s",
                  said);
}

START_TEST(it_says_in_one_line_why_it_cannot_start)
{
    const struct stage *stage = &stages[_i];
    struct server first = START_STAGE(stage->name, "--quiet");
    char port[16];
    snprintf(port, sizeof port, "%d", first.port);
    const char *taken[] = {"--port", port, NULL};
    fails_to_start(stage, taken, 1, "Address already in use");
    stop(&first);
    const char *no_root[] = {"--root", "/no/such/root", NULL};
    fails_to_start(stage, no_root, 1, "/no/such/root: No such file");
    const char *no_number[] = {"--port", "eighty", NULL};
    fails_to_start(stage, no_number, 64, "--port");
    const char *too_large[] = {"--port", "65536", NULL};
    fails_to_start(stage, too_large, 64, "65536");
    const char *unknown[] = {"--colour", NULL};
    fails_to_start(stage, unknown, 64, "--colour");
    const char *stray[] = {"8080", NULL};
    fails_to_start(stage, stray, 64, "8080");
}
END_TEST

START_TEST(it_explains_its_options)
{
    int log;
    const char *options[] = {"--help", NULL};
    pid_t pid = run_stage(stages[_i].name, options, &log);
    const char *said = read_log(log, "\n---");
    ck_assert_ptr_nonnull(strstr(said, "--port"));
    ck_assert_ptr_nonnull(strstr(said, "--root"));
    ck_assert_ptr_nonnull(strstr(said, "--host"));
    ck_assert_int_eq(strncmp(stages[_i].name, strstr(said, " - ") - 2, 2), 0);
    ck_assert_int_eq(status_of(pid), 0);
    close(log);
}
END_TEST

START_TEST(a_client_that_resets_ends_only_itself)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    for (int i = 0; i < FEW; i++) {
        int client = dial(&server);
        say(client, "GET /slow?ms=20 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        struct linger at_once = {.l_onoff = 1};
        setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(client);
    }
    ck_assert(answers(&server));
    stop(&server);
}
END_TEST

/* It has asked for two pages, and the second answer is written to nobody. */
START_TEST(a_client_that_leaves_early_ends_only_itself)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    kill(server.pid, SIGSTOP);
    int client = dial(&server);
    say(client, "GET /slow?ms=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    say(client, simple);
    close(client);
    kill(server.pid, SIGCONT);
    ck_assert(answers(&server));
    stop(&server);
}
END_TEST

/* The side that closes first keeps the port busy for a minute. */
START_TEST(a_port_can_be_taken_again_at_once)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    int client = dial(&server);
    if (stage->reads) // what is unread would reset the connection
        say(client, simple);
    ck_assert_int_eq(status_in(hear(client)), 200);
    stop(&server);
    char port[16];
    snprintf(port, sizeof port, "%d", server.port);
    const char *options[] = {"--port", port, "--root", "www", NULL};
    server = start_stage(stage->name, options);
    ck_assert_int_eq(server.port, atoi(port));
    stop(&server);
}
END_TEST

START_TEST(descriptors_do_not_pile_up)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    ck_assert(answers(&server));
    int before = count_descriptors(server.pid);
    for (int i = 0; i < FEW; i++)
        ck_assert(answers(&server));
    WAIT_FOR(count_descriptors(server.pid) <= before);
    stop(&server);
}
END_TEST

START_TEST(only_1a_answers_before_it_was_asked)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    int client = dial(&server);
    struct pollfd one = {.fd = client, .events = POLLIN};
    ck_assert_int_eq(poll(&one, 1, stage->reads ? 100 : LIMIT_MS),
                     stage->reads ? 0 : 1);
    close(client);
    stop(&server);
}
END_TEST

/* --- Stages that read --- */

START_TEST(a_request_may_come_byte_by_byte)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    int client = dial(&server);
    for (const char *next = simple; *next; next++) {
        ck_assert_int_eq(send(client, next, 1, MSG_NOSIGNAL), 1);
        poll(NULL, 0, 1); // so that it leaves as a packet of its own
    }
    ck_assert_int_eq(status_in(hear(client)), 200);
    stop(&server);
}
END_TEST

START_TEST(an_answer_waits_for_the_end_of_the_request)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    int client = dial(&server);
    say(client, "POST /hello.txt HTTP/1.1\r\nHost: localhost\r\n"
                "Connection: close\r\nContent-Length: 4\r\n\r\nab");
    struct pollfd early = {.fd = client, .events = POLLIN};
    ck_assert_int_eq(poll(&early, 1, 100), 0);
    say(client, "cd");
    ck_assert_int_ne(status_in(hear(client)), 0);
    stop(&server);
}
END_TEST

START_TEST(a_half_closed_client_gets_its_answer)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    int client = dial(&server);
    say(client, simple);
    shutdown(client, SHUT_WR);
    ck_assert_int_eq(status_in(hear(client)), 200);
    stop(&server);
}
END_TEST

/* --- Stages that speak HTTP --- */

START_TEST(statuses_tell_what_was_wrong)
{
    static const struct {
        int status;
        const char *request;
    } rows[] = {
        {200, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
        {200, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"},
        {200, "GET / HTTP/1.0\r\n\r\n"},
        {404, "GET /nowhere HTTP/1.0\r\n\r\n"},
        {404, "GET /../Makefile HTTP/1.0\r\n\r\n"},
        {404, "GET /%2e%2e/Makefile HTTP/1.0\r\n\r\n"},
        {404, "GET /..%2fMakefile HTTP/1.0\r\n\r\n"},
        {405, "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "nonsense\r\n\r\n"},
        {413, "POST / HTTP/1.0\r\nContent-Length: 99999999999\r\n\r\n"},
        {501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    };
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *answer = ask(&server, rows[i].request);
        ck_assert_msg(status_in(answer) == rows[i].status, "%s gave %s",
                      rows[i].request, answer);
    }
    stop(&server);
}
END_TEST

START_TEST(sizes_have_limits)
{
    struct server server = START_STAGE(
        stages[_i].name, "--quiet", "--max-target", "200", "--max-head", "300");
    char request[2048];
    snprintf(request, sizeof request, "GET /%0*d HTTP/1.0\r\n\r\n", 500, 0);
    ck_assert_int_eq(status_in(ask(&server, request)), 414);
    snprintf(request, sizeof request, "GET / HTTP/1.0\r\nX: %0*d\r\n\r\n", 500,
             0);
    ck_assert_int_eq(status_in(ask(&server, request)), 431);
    stop(&server);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    const char *answer =
        ask(&server, "GET /hello.txt HTTP/1.1\r\nHost: a\r\n\r\n"
                     "GET /slow?ms=7 HTTP/1.1\r\nHost: a\r\n\r\n"
                     "GET /nowhere HTTP/1.1\r\nHost: a\r\n"
                     "Connection: close\r\n\r\n");
    const char *first = strstr(answer, "Hello from a file.");
    const char *second = strstr(answer, "slept 7 ms");
    const char *third = strstr(answer, "404 Not Found\n");
    ck_assert(first && second && third);
    ck_assert(first < second && second < third);
    stop(&server);
}
END_TEST

START_TEST(a_silent_client_is_closed_at_its_deadline)
{
    struct server server =
        START_STAGE(stages[_i].name, "--quiet", "--head-timeout", "0.2");
    int client = dial(&server);
    int64_t begun = milliseconds();
    ck_assert_str_eq(hear(client), "");
    ck_assert_int_ge(milliseconds() - begun, 150);
    client = dial(&server);
    say(client, "GET / HTT");
    ck_assert_int_eq(status_in(hear(client)), 408);
    ck_assert(answers(&server));
    stop(&server);
}
END_TEST

/* Its log goes into a pipe, as with START_STAGE, but nobody reads it. */
START_TEST(a_log_that_nobody_reads_stops_nobody)
{
    const char *options[] = {"--port", "0", "--root", "www", NULL};
    struct server server = start_stage(stages[_i].name, options);
    char request[1200];
    snprintf(request, sizeof request,
             "GET /%0*d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 1000,
             0);
    for (int i = 0; i < 200; i++) // 64 KiB is what a pipe takes
        ck_assert_int_eq(status_in(ask(&server, request)), 404);
    stop(&server);
}
END_TEST

/* --- One at a time, or many --- */

/* The listen queue answers the phone, so connecting proves nothing: connect
 * two, and let the second speak. */
START_TEST(a_silent_client_keeps_others_waiting_or_not)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    int silent = dial(&server);
    int second = dial(&server);
    say(second, simple);
    struct pollfd one = {.fd = second, .events = POLLIN};
    if (stage->serves_many) {
        ck_assert_int_eq(status_in(hear(second)), 200);
    } else {
        ck_assert_int_eq(poll(&one, 1, 200), 0);
        close(silent);
        silent = -1;
        ck_assert_int_eq(status_in(hear(second)), 200);
    }
    if (silent >= 0)
        close(silent);
    stop(&server);
}
END_TEST

/* --- Zombies --- */

START_TEST(one_request_at_a_time_only_3a_leaves_zombies)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    for (int i = 1; i <= FEW; i++) {
        ck_assert(answers(&server));
        /* The next one comes only after this child has ended. */
        WAIT_FOR(children(server.pid, 0) == children(server.pid, 'Z'));
        WAIT_FOR(is_calm(server.pid));
        ck_assert_int_eq(children(server.pid, 'Z'),
                         stage->zombies == KEEPS_ALL ? i : 0);
    }
    stop(&server);
}
END_TEST

/* MANY children that end within a moment of each other. */
static void burst(const struct server *server)
{
    int clients[MANY];
    for (int i = 0; i < MANY; i++)
        clients[i] = dial(server);
    WAIT_FOR(children(server->pid, 0) - children(server->pid, 'Z') == MANY);
    for (int i = 0; i < MANY; i++)
        close(clients[i]);
    WAIT_FOR(children(server->pid, 0) == children(server->pid, 'Z'));
    WAIT_FOR(is_calm(server->pid));
}

START_TEST(a_burst_leaves_all_some_or_no_zombies)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    burst(&server);
    if (stage->zombies == KEEPS_ALL) {
        ck_assert_int_eq(children(server.pid, 'Z'), MANY);
    } else if (stage->zombies == KEEPS_NONE) {
        ck_assert_int_eq(children(server.pid, 'Z'), 0);
    } else { // chance decides how many; that none escapes for long, it cannot
        for (int i = 0; i < 50 && children(server.pid, 'Z') == 0; i++)
            burst(&server);
        ck_assert_int_gt(children(server.pid, 'Z'), 0);
        ck_assert_int_lt(children(server.pid, 'Z'), MANY);
    }
    stop(&server);
}
END_TEST

/* The same without chance: they die while the parent cannot hear of it. */
START_TEST(frozen_deaths_leave_all_all_but_one_or_no_zombies)
{
    const struct stage *stage = &stages[_i];
    struct server server = START_STAGE(stage->name, "--quiet");
    int clients[FEW];
    for (int i = 0; i < FEW; i++)
        clients[i] = dial(&server);
    WAIT_FOR(children(server.pid, 0) == FEW);
    kill(server.pid, SIGSTOP);
    WAIT_FOR(strchr(status_line(server.pid, "State:"), 'T'));
    for (int i = 0; i < FEW; i++)
        close(clients[i]);
    WAIT_FOR(children(server.pid, 'Z') == FEW);
    kill(server.pid, SIGCONT);
    WAIT_FOR(is_calm(server.pid));
    int left = stage->zombies == KEEPS_ALL    ? FEW
               : stage->zombies == KEEPS_SOME ? FEW - 1
                                              : 0;
    ck_assert_int_eq(children(server.pid, 'Z'), left);
    stop(&server);
}
END_TEST

/* Whoever starts a server may have SIGCHLD ignored or blocked; both are
 * inherited, and would change how it reaps. */
START_TEST(signal_settings_of_the_starter_change_nothing)
{
    const struct stage *stage = &stages[_i];
    for (int blocked = 0; blocked < 2; blocked++) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGCHLD);
        if (blocked)
            sigprocmask(SIG_BLOCK, &set, NULL);
        else
            signal(SIGCHLD, SIG_IGN);
        struct server server = START_STAGE(stage->name, "--quiet");
        signal(SIGCHLD, SIG_DFL);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        ck_assert(answers(&server));
        WAIT_FOR(children(server.pid, 0) == children(server.pid, 'Z'));
        WAIT_FOR(is_calm(server.pid));
        ck_assert_int_eq(children(server.pid, 'Z'),
                         stage->zombies == KEEPS_ALL ? 1 : 0);
        stop(&server);
    }
}
END_TEST

START_TEST(children_do_not_outlive_the_server)
{
    struct server server = START_STAGE(stages[_i].name, "--quiet");
    prctl(PR_SET_CHILD_SUBREAPER, 1); // orphans come to us
    int client = dial(&server);
    say(client, "GET /slow?ms=60000 HTTP/1.1\r\nHost: a\r\n\r\n");
    WAIT_FOR(children(server.pid, 'S') == 1); // at work, not just born
    stop(&server);
    pid_t orphan = 0; // comes to us, and must end soon
    WAIT_FOR((orphan = waitpid(-1, NULL, WNOHANG)) != 0);
    ck_assert_int_gt(orphan, 0);
    close(client);
}
END_TEST

/* --- The suite --- */

static bool has_children(const struct stage *stage)
{
    return stage->zombies != HAS_NO_CHILDREN;
}

/* The first stage for which it holds; those behind it hold too, as the
 * ladder only adds. */
static int first_that(bool (*holds)(const struct stage *))
{
    int i = 0;
    while (!holds(&stages[i]))
        i++;
    return i;
}

static bool reads(const struct stage *stage)
{
    return stage->reads;
}

static bool speaks_http(const struct stage *stage)
{
    return stage->speaks_http;
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *suite = suite_create("stages");

    TCase *all = tcase_create("every stage");
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, it_says_where_it_listens_and_answers_there, 0,
                        STAGES);
    tcase_add_loop_test(all, int_and_term_end_it_and_free_its_port, 0, STAGES);
    tcase_add_loop_test(all, it_says_in_one_line_why_it_cannot_start, 0,
                        STAGES);
    tcase_add_loop_test(all, it_explains_its_options, 0, STAGES);
    tcase_add_loop_test(all, a_client_that_resets_ends_only_itself, 0, STAGES);
    tcase_add_loop_test(all, a_client_that_leaves_early_ends_only_itself, 0,
                        STAGES);
    tcase_add_loop_test(all, a_port_can_be_taken_again_at_once, 0, STAGES);
    tcase_add_loop_test(all, descriptors_do_not_pile_up, 0, STAGES);
    tcase_add_loop_test(all, only_1a_answers_before_it_was_asked, 0, STAGES);
    suite_add_tcase(suite, all);

    TCase *reading = tcase_create("stages that read");
    int first = first_that(reads);
    tcase_set_timeout(reading, 60);
    tcase_add_loop_test(reading, a_request_may_come_byte_by_byte, first,
                        STAGES);
    tcase_add_loop_test(reading, an_answer_waits_for_the_end_of_the_request,
                        first, STAGES);
    tcase_add_loop_test(reading, a_half_closed_client_gets_its_answer, first,
                        STAGES);
    tcase_add_loop_test(reading, a_silent_client_keeps_others_waiting_or_not,
                        first, STAGES);
    suite_add_tcase(suite, reading);

    TCase *http = tcase_create("stages that speak HTTP");
    first = first_that(speaks_http);
    tcase_set_timeout(http, 60);
    tcase_add_loop_test(http, statuses_tell_what_was_wrong, first, STAGES);
    tcase_add_loop_test(http, sizes_have_limits, first, STAGES);
    tcase_add_loop_test(http, pipelined_requests_are_answered_in_order, first,
                        STAGES);
    tcase_add_loop_test(http, a_log_that_nobody_reads_stops_nobody, first,
                        STAGES);
    tcase_add_loop_test(http, a_silent_client_is_closed_at_its_deadline, first,
                        STAGES);
    suite_add_tcase(suite, http);

    TCase *forks = tcase_create("the fork ladder");
    first = first_that(has_children);
    tcase_set_timeout(forks, 60);
    tcase_add_loop_test(forks, one_request_at_a_time_only_3a_leaves_zombies,
                        first, STAGES);
    tcase_add_loop_test(forks, a_burst_leaves_all_some_or_no_zombies, first,
                        STAGES);
    tcase_add_loop_test(forks,
                        frozen_deaths_leave_all_all_but_one_or_no_zombies,
                        first, STAGES);
    tcase_add_loop_test(forks, signal_settings_of_the_starter_change_nothing,
                        first, STAGES);
    tcase_add_loop_test(forks, children_do_not_outlive_the_server, first,
                        STAGES);
    suite_add_tcase(suite, forks);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
