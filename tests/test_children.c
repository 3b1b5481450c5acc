/* test_children.c - what the fork stages owe to their children and clients.
 *
 * Zombies are test_stages.c's; here it is what else fork copies: the buffers
 * of stdio, and the connection. */
#include "tests/stage.h"

enum { FEW = 5 };

static const char *const stages[] = {"3a_fork_no_wait", "3b_fork_one_wait",
                                     "3c_fork_wait_loop"};

/* A client that has sent this request. */
static int ask(const struct server *server, const char *request)
{
    int client = dial(server);
    say(client, request);
    return client;
}

/* All that is in the log and was not read yet. */
static const char *rest_of_log(int log)
{
    static char text[TEXT_BYTES];
    do_not_block(log);
    ssize_t got = read(log, text, sizeof text - 1);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

/* A line kept in a buffer at fork would be written by every child. */
START_TEST(each_request_leaves_one_line_in_the_log)
{
    struct server server = START_STAGE(stages[_i], NULL);
    for (int i = 0; i < FEW; i++) {
        int client = ask(&server, "GET /hello.txt HTTP/1.0\r\n\r\n");
        char answer[TEXT_BYTES];
        size_t len;
        ck_assert_int_eq(read_all(client, answer, sizeof answer, &len), 0);
        close(client);
    }
    WAIT_FOR(children(server.pid, 0) == children(server.pid, 'Z'));
    const char *said = rest_of_log(server.log);
    ck_assert_msg(count_lines(said) == FEW, "the log is:\n%s", said);
    stop(&server);
}
END_TEST

/* Its connection ends with it, for the parent keeps no copy. */
START_TEST(a_client_whose_child_is_killed_is_told)
{
    struct server server = START_STAGE(stages[_i], NULL);
    int client = ask(&server, "GET /slow?ms=60000 HTTP/1.0\r\n\r\n");
    pid_t child;
    WAIT_FOR(find_children(server.pid, 'S', &child) == 1);
    kill(child, SIGKILL);
    char answer[TEXT_BYTES];
    size_t len;
    read_all(client, answer, sizeof answer, &len); // to the end, or a reset
    ck_assert_str_eq(answer, "");
    close(client);
    stop(&server);
}
END_TEST

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    Suite *suite = suite_create("children");
    TCase *copies = new_case(suite, "what fork copies");
    tcase_add_loop_test(copies, each_request_leaves_one_line_in_the_log, 0,
                        COUNT(stages));
    tcase_add_loop_test(copies, a_client_whose_child_is_killed_is_told, 0,
                        COUNT(stages));
    return run_suite(suite);
}
