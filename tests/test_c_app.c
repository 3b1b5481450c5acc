/* test_c_app.c - what an application in C sees, and what leaves for the client
 * when it does this or that; and the last words of a process it ends. */
#include "part2/c_app.h"
#include "part2/last_words.h"
#include "part2/service.h"
#include "tests/testing.h"

#include <pthread.h>

/* --- One call, its sink and its log --- */

static struct {
    char bytes[TEXT_BYTES];
    size_t len;
    int calls;
    bool fails;
} sink;

static struct exchange exchange;

static int take_piece(void *to, const struct piece *piece)
{
    (void)to;
    sink.calls++;
    if (sink.fails) {
        errno = EPIPE;
        return -1;
    }
    ck_assert_uint_lt(sink.len + (size_t)piece->len, sizeof sink.bytes);
    memcpy(sink.bytes + sink.len, piece->bytes, (size_t)piece->len);
    sink.len += (size_t)piece->len;
    sink.bytes[sink.len] = '\0';
    return 0;
}

static void expect_log(const char *text)
{
    const char *line = next_write();
    ck_assert_msg(strstr(line, text), "logged: %s", line);
    ck_assert_str_eq(next_write(), "");
}

/* Ask `answer` for what came over the wire. */
static void ask(app_fn *answer, const char *head, const char *body, size_t len)
{
    memset(&sink, 0, sizeof sink);
    struct request *request = &exchange.request;
    request_close(request); // of the call before, if there was one
    ck_assert_int_eq(request_open(request, &default_limits), 0);
    ck_assert_int_eq(request_feed(request, head, strlen(head)), 0);
    ck_assert_int_eq(len ? request_feed(request, body, len) : 0, 0);
    exchange.client = -1;
    response_open(&exchange.response, take_piece, NULL, request->minor,
                  strcmp(request->method, "HEAD") == 0, true);
    struct c_app app = {.who = "app test", .answer = answer};
    struct mount mount = {.prefix = "/app", .program = &app};
    struct service service = {0};
    ck_assert_int_eq(app_gateway.answer(&exchange, &mount, &service),
                     GATEWAY_ANSWERED);
}

static void get(app_fn *answer)
{
    ask(answer, "GET /app HTTP/1.1\r\nHost: a\r\n\r\n", NULL, 0);
}

static void expect_sent(const char *text)
{
    ck_assert_msg(strstr(sink.bytes, text), "sent: %s", sink.bytes);
}

/* The whole answer says 500, and nothing else was sent before. */
static void expect_500(void)
{
    ck_assert_int_eq(strncmp(sink.bytes, "HTTP/1.1 500 ", 13), 0);
    ck_assert_ptr_null(strstr(sink.bytes + 1, "HTTP/1.1"));
    ck_assert(!exchange.response.broken);
}

static void expect_body(const char *body)
{
    const char *start = strstr(sink.bytes, "\r\n\r\n");
    ck_assert_ptr_nonnull(start);
    ck_assert_str_eq(start + 4, body);
}

static const struct app_header plain[] = {{"Content-Type", "text/plain"},
                                          {NULL, NULL}};
static const struct app_header five_bytes[] = {{"Content-Length", "5"},
                                               {NULL, NULL}};
static const struct app_header none[] = {{NULL, NULL}};

/* --- What leaves, and when --- */

static int writes_twice(struct app_environ *env, app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, "200 OK", plain);
    ck_assert(write != NULL);
    ck_assert_int_eq(write(env, "", 0), 0);
    ck_assert_int_eq(sink.calls, 0);
    ck_assert_int_eq(write(env, "one", 3), 0);
    expect_sent("Content-Type: text/plain\r\n");
    expect_body("3\r\none\r\n");
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_int_eq(write(env, "", 0), 0);
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_int_eq(write(env, "three", 5), 0);
    expect_body("3\r\none\r\n5\r\nthree\r\n");
    return 0;
}

START_TEST(headers_leave_with_the_first_byte_and_every_write_at_once)
{
    get(writes_twice);
    expect_body("3\r\none\r\n5\r\nthree\r\n0\r\n\r\n");
    ck_assert(!exchange.response.broken);
    ck_assert_str_eq(next_write(), "");
}
END_TEST

static int writes_nothing(struct app_environ *env, app_start_response_fn *begin)
{
    return begin(env, "404 No such thing", plain) ? 0 : -1;
}

START_TEST(an_empty_answer_leaves_at_the_end)
{
    get(writes_nothing);
    expect_sent("HTTP/1.1 404 Not Found\r\n");
    expect_sent("Content-Length: 0\r\n");
    expect_body("");
}
END_TEST

static int writes_hello(struct app_environ *env, app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, "200 OK", five_bytes);
    return write ? write(env, "hello", 5) : -1;
}

START_TEST(a_declared_length_is_sent_and_kept)
{
    get(writes_hello);
    expect_sent("Content-Length: 5\r\n");
    expect_body("hello");
    ask(writes_hello, "HEAD /app HTTP/1.1\r\nHost: a\r\n\r\n", NULL, 0);
    expect_sent("Content-Length: 5\r\n");
    expect_body("");
    ck_assert(!exchange.response.broken);
}
END_TEST

static const char *bodiless;

static int writes_in_vain(struct app_environ *env, app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, bodiless, none);
    return write ? write(env, "hello", 5) : -1;
}

START_TEST(a_status_without_a_body_has_none)
{
    bodiless = _i ? "204 No Content" : "304 Not Modified";
    get(writes_in_vain);
    expect_sent(_i ? "HTTP/1.1 204 " : "HTTP/1.1 304 ");
    expect_body("");
    ck_assert_str_eq(next_write(), "");
}
END_TEST

static int writes_too_much(struct app_environ *env,
                           app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, "200 OK", five_bytes);
    ck_assert_int_eq(write(env, "hel", 3), 0);
    ck_assert_int_eq(write(env, "lo, world", 9), -1);
    ck_assert_int_eq(write(env, "!", 1), -1);
    ck_assert_int_eq(write(env, "", 0), -1);
    return 0;
}

START_TEST(more_than_was_declared_is_cut_off_and_said_once)
{
    get(writes_too_much);
    expect_body("hello");
    ck_assert(exchange.response.broken);
    expect_log("app test: wrote more than its Content-Length\n");
}
END_TEST

static int writes_too_little(struct app_environ *env,
                             app_start_response_fn *begin)
{
    return begin(env, "200 OK", five_bytes)(env, "hel", 3);
}

START_TEST(less_than_was_declared_ends_the_connection)
{
    get(writes_too_little);
    expect_body("hel");
    ck_assert(exchange.response.broken);
    expect_log("app test: wrote less than its Content-Length\n");
}
END_TEST

static int hears_that_nobody_is_there(struct app_environ *env,
                                      app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, "200 OK", plain);
    sink.fails = true;
    ck_assert_int_eq(write(env, "hello", 5), -1);
    ck_assert_int_eq(write(env, "hello", 5), -1);
    return -1;
}

START_TEST(a_client_that_left_is_no_fault_of_the_application)
{
    get(hears_that_nobody_is_there);
    ck_assert_int_eq(sink.calls, 1);
    ck_assert(exchange.response.broken);
    ck_assert_str_eq(next_write(), "");
}
END_TEST

/* --- What goes wrong --- */

static int does_nothing(struct app_environ *env, app_start_response_fn *begin)
{
    (void)env;
    (void)begin;
    return 0;
}

static int fails_at_once(struct app_environ *env, app_start_response_fn *begin)
{
    (void)env;
    (void)begin;
    return 7;
}

static int fails_before_a_write(struct app_environ *env,
                                app_start_response_fn *begin)
{
    return begin(env, "200 OK", plain) ? -1 : 0;
}

static const struct {
    app_fn *answer;
    const char *log;
} failures[] = {
    {does_nothing, "app test: returned without start_response\n"},
    {fails_at_once, "app test: returned 7\n"},
    {fails_before_a_write, "app test: returned -1\n"},
};

START_TEST(who_fails_before_anything_left_is_500)
{
    get(failures[_i].answer);
    expect_500();
    expect_log(failures[_i].log);
}
END_TEST

static int fails_after_a_write(struct app_environ *env,
                               app_start_response_fn *begin)
{
    begin(env, "200 OK", plain)(env, "half", 4);
    return -1;
}

START_TEST(who_fails_later_has_the_connection_cut)
{
    get(fails_after_a_write);
    expect_body("4\r\nhalf\r\n"); // no last chunk: the client sees it is half
    ck_assert(exchange.response.broken);
    expect_log("app test: returned -1\n");
}
END_TEST

static const struct {
    const char *status, *name, *value, *log;
} refused[] = {
    {"OK", "X", "y", "start_response: no status from 200 to 599: \"OK\"\n"},
    {"20", "X", "y", "start_response: no status from 200 to 599: \"20\"\n"},
    {"100 Continue", "X", "y", "no status from 200 to 599: \"100 Continue\"\n"},
    {"600 No", "X", "y", "no status from 200 to 599: \"600 No\"\n"},
    {"", "X", "y", "no status from 200 to 599: \"\"\n"},
    {"200 OK", "X Y", "z", "a header that is not allowed: \"X Y: z\"\n"},
    {"200 OK", "", "z", "a header that is not allowed: \": z\"\n"},
    {"200 OK", "X", "a\r\nY: b", "not allowed: \"X: a\\x0d\\x0aY: b\"\n"},
    {"200 OK", "Connection", "close", "not allowed: \"Connection: close\"\n"},
    {"200 OK", "Transfer-Encoding", "chunked", "not allowed: \"Transfer-Enc"},
    {"200 OK", "Content-Length", "-1", "not allowed: \"Content-Length: -1\"\n"},
    {"200 OK", "Content-Length", "5x", "not allowed: \"Content-Length: 5x\"\n"},
};
static int tried;

static int is_refused(struct app_environ *env, app_start_response_fn *begin)
{
    const struct app_header headers[] = {
        {"X-Before", "1"},
        {refused[tried].name, refused[tried].value},
        {NULL, NULL}};
    ck_assert(begin(env, refused[tried].status, headers) == NULL);
    return -1;
}

START_TEST(a_wrong_status_or_header_is_refused_by_name)
{
    tried = _i;
    get(is_refused);
    expect_500();
    ck_assert_ptr_null(strstr(sink.bytes, "X-Before"));
    const char *log = next_write();
    ck_assert_msg(strstr(log, refused[_i].log), "logged: %s", log);
    expect_log("app test: returned -1\n");
}
END_TEST

static int has_a_long_header(struct app_environ *env,
                             app_start_response_fn *begin)
{
    static char value[RESPONSE_BUFFER_BYTES];
    memset(value, 'x', sizeof value - 1);
    const struct app_header headers[] = {{"X", value}, {NULL, NULL}};
    ck_assert(begin(env, "200 OK", headers) == NULL);
    return -1;
}

START_TEST(a_head_that_is_too_large_is_refused)
{
    get(has_a_long_header);
    expect_500();
    ck_assert_ptr_nonnull(
        strstr(next_write(),
               "app test: start_response: too many or too long headers: "));
}
END_TEST

static int tries_again(struct app_environ *env, app_start_response_fn *begin)
{
    static const struct app_header bad[] = {
        {"X-Before", "1"}, {"Date", "today"}, {NULL, NULL}};
    ck_assert(begin(env, "404 Not Found", bad) == NULL);
    app_write_fn *write = begin(env, "200 OK", plain);
    return write ? write(env, "hello", 5) : -1;
}

START_TEST(after_a_refusal_a_right_response_can_begin)
{
    get(tries_again);
    ck_assert_int_eq(strncmp(sink.bytes, "HTTP/1.1 200 ", 13), 0);
    ck_assert_ptr_null(strstr(sink.bytes, "X-Before"));
    expect_body("5\r\nhello\r\n0\r\n\r\n");
}
END_TEST

static int starts_twice(struct app_environ *env, app_start_response_fn *begin)
{
    app_write_fn *write = begin(env, "200 OK", five_bytes);
    ck_assert(begin(env, "404 Not Found", plain) == NULL);
    return write(env, "hello", 5);
}

START_TEST(a_response_begins_once)
{
    get(starts_twice);
    expect_sent("HTTP/1.1 200 OK\r\n");
    expect_body("hello");
    expect_log("app test: start_response: called before\n");
}
END_TEST

static app_write_fn *kept_write;

static int keeps_write(struct app_environ *env, app_start_response_fn *begin)
{
    kept_write = begin(env, "200 OK", five_bytes);
    return kept_write(env, "hello", 5);
}

static int uses_kept_write(struct app_environ *env,
                           app_start_response_fn *begin)
{
    (void)begin;
    return kept_write(env, "hello", 5);
}

START_TEST(nothing_is_written_before_a_status)
{
    get(keeps_write);
    get(uses_kept_write);
    expect_500();
    ck_assert_ptr_nonnull(
        strstr(next_write(), "app test: write: before start_response\n"));
}
END_TEST

/* --- What it is told --- */

static int looks_at_variables(struct app_environ *env,
                              app_start_response_fn *begin)
{
    ck_assert_str_eq(app_variable(env, "REQUEST_METHOD"), "PUT");
    ck_assert_str_eq(app_variable(env, "SCRIPT_NAME"), "/app");
    ck_assert_str_eq(app_variable(env, "PATH_INFO"), "/a b");
    ck_assert_str_eq(app_variable(env, "QUERY_STRING"), "c=%20");
    ck_assert_str_eq(app_variable(env, "CONTENT_LENGTH"), "5");
    ck_assert_str_eq(app_variable(env, "HTTP_AUTHORIZATION"), "Basic eA==");
    ck_assert_ptr_null(app_variable(env, "REQUEST"));
    ck_assert_ptr_null(app_variable(env, "HTTP_PROXY"));
    size_t count = 0;
    while (env->variables[count])
        ck_assert_ptr_nonnull(strchr(env->variables[count++], '='));
    ck_assert_uint_gt(count, 10);
    env->log(env, "dear\nlog");
    return begin(env, "200 OK", none) ? 0 : -1;
}

START_TEST(the_environ_tells_about_the_request)
{
    ask(looks_at_variables,
        "PUT /app/a%20b?c=%20 HTTP/1.1\r\nHost: a\r\nProxy: b\r\n"
        "Authorization: Basic eA==\r\nContent-Length: 5\r\n\r\n",
        "hello", 5);
    expect_log("app test: dear\\x0alog\n");
    expect_sent("HTTP/1.1 200 ");
}
END_TEST

enum { LARGE = 3 * BODY_MEMORY_BYTES };
static char large[LARGE];

static int reads_all(struct app_environ *env, app_start_response_fn *begin)
{
    static char got[LARGE];
    size_t len = 0;
    for (ssize_t piece = 1; piece > 0; len += (size_t)piece) {
        size_t left = sizeof got - len;
        piece = env->read(env, got + len, left < 7777 ? left : 7777);
        ck_assert_int_ge(piece, 0);
    }
    ck_assert_uint_eq(len, sizeof got);
    ck_assert_mem_eq(got, large, sizeof got);
    ck_assert_int_eq(env->read(env, got, sizeof got), 0);
    return begin(env, "200 OK", none) ? 0 : -1;
}

static int loses_its_body(struct app_environ *env, app_start_response_fn *begin)
{
    (void)begin;
    char bytes[16];
    int unreadable = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(unreadable, exchange.request.body.file);
    ck_assert_int_eq(env->read(env, bytes, sizeof bytes), -1);
    ck_assert_int_eq(errno, EBADF);
    return -1;
}

static void ask_with_large_body(app_fn *answer)
{
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 7 + i / 1000);
    char head[128];
    snprintf(head, sizeof head,
             "POST /app HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
             LARGE);
    ask(answer, head, large, sizeof large);
}

START_TEST(the_body_is_read_in_pieces_to_its_end)
{
    ask_with_large_body(reads_all);
    expect_sent("HTTP/1.1 200 ");
    ck_assert_str_eq(next_write(), "");
}
END_TEST

START_TEST(a_body_that_is_lost_is_an_error_and_said)
{
    ask_with_large_body(loses_its_body);
    expect_500();
    ck_assert_ptr_nonnull(
        strstr(next_write(), "app test: read the body: Bad file descriptor\n"));
}
END_TEST

static int must_not_be_called(struct app_environ *env,
                              app_start_response_fn *begin)
{
    (void)env;
    (void)begin;
    ck_abort_msg("it was called");
}

START_TEST(it_is_not_called_before_the_body_is_there)
{
    ask(must_not_be_called,
        "PUT /app HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        "Expect: 100-continue\r\n\r\n",
        NULL, 0);
    ck_assert_int_eq(exchange.response.status, 0); // so the body is invited
}
END_TEST

/* --- Last words --- */

static const struct {
    int signal;
    const char *words;
} deadly[] = {
    {SIGSEGV, "app test: killed by signal 11 (SIGSEGV)\n"},
    {SIGBUS, "(SIGBUS)\n"},
    {SIGFPE, "app test: killed by signal 8 (SIGFPE)\n"},
    {SIGILL, "app test: killed by signal 4 (SIGILL)\n"},
    {SIGABRT, "app test: killed by signal 6 (SIGABRT)\n"},
};

static void be_killed(const void *context)
{
    last_words_prepare();
    last_words_prepare(); // once more changes nothing
    last_words_blame("app test");
    raise(*(const int *)context);
}

static void be_killed_by_nobody(const void *context)
{
    last_words_prepare();
    last_words_blame("app test");
    last_words_blame(NULL);
    raise(*(const int *)context);
}

START_TEST(who_is_to_blame_is_named_and_the_status_stays_true)
{
    char said[TEXT_BYTES];
    int signal = deadly[_i].signal;
    ck_assert_int_eq(said_by(be_killed, &signal, said, sizeof said),
                     128 + signal);
    ck_assert_msg(strstr(said, deadly[_i].words), "said: %s", said);
    ck_assert_uint_eq(count_lines(said), 1);
}
END_TEST

START_TEST(if_nobody_is_to_blame_nothing_is_said)
{
    char said[TEXT_BYTES];
    int signal = deadly[_i].signal;
    ck_assert_int_eq(said_by(be_killed_by_nobody, &signal, said, sizeof said),
                     128 + signal);
    ck_assert_str_eq(said, "");
}
END_TEST

static int fall(volatile int depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth < 0 ? 0 : fall(depth + 1) + frame[0];
}

static void *overflow(void *context)
{
    last_words_blame("app test");
    fall(0);
    return context;
}

static void overflow_in_thread(const void *context)
{
    (void)context;
    last_words_prepare();
    last_words_blame(NULL); // as the thread that loaded the application did
    pthread_t thread;
    pthread_create(&thread, NULL, overflow, NULL);
    pthread_join(thread, NULL);
}

static void overflow_in_process(const void *context)
{
    (void)context;
    last_words_prepare();
    overflow(NULL);
}

START_TEST(a_stack_overflow_has_last_words_too)
{
    char said[TEXT_BYTES];
    int status = said_by(_i ? overflow_in_thread : overflow_in_process, NULL,
                         said, sizeof said);
    ck_assert_int_eq(status, 128 + SIGSEGV);
    ck_assert_msg(strstr(said, deadly[0].words), "said: %s", said);
}
END_TEST

static void *be_blamed(void *context)
{
    last_words_blame("app test");
    return context;
}

static void die_beside_the_blamed(const void *context)
{
    (void)context;
    last_words_prepare();
    pthread_t thread;
    pthread_create(&thread, NULL, be_blamed, NULL);
    pthread_join(thread, NULL);
    raise(SIGSEGV);
}

START_TEST(a_thread_is_not_to_blame_for_another)
{
    char said[TEXT_BYTES];
    ck_assert_int_eq(said_by(die_beside_the_blamed, NULL, said, sizeof said),
                     128 + SIGSEGV);
    ck_assert_str_eq(said, "");
}
END_TEST

static void exit_as_blamed(const void *context)
{
    last_words_prepare();
    last_words_prepare();
    last_words_blame(context);
    exit(3);
}

START_TEST(who_calls_exit_is_named)
{
    char said[TEXT_BYTES];
    ck_assert_int_eq(said_by(exit_as_blamed, "app test", said, sizeof said), 3);
    ck_assert_ptr_nonnull(strstr(said, "app test: called exit\n"));
    ck_assert_uint_eq(count_lines(said), 1);
    ck_assert_int_eq(said_by(exit_as_blamed, NULL, said, sizeof said), 3);
    ck_assert_str_eq(said, "");
}
END_TEST

static void close_request(void)
{
    request_close(&exchange.request);
}

int main(void)
{
    Suite *suite = suite_create("c_app");

    TCase *sent = new_case(suite, "what leaves");
    tcase_add_checked_fixture(sent, catch_the_log, close_request);
    tcase_add_test(sent,
                   headers_leave_with_the_first_byte_and_every_write_at_once);
    tcase_add_test(sent, an_empty_answer_leaves_at_the_end);
    tcase_add_test(sent, a_declared_length_is_sent_and_kept);
    tcase_add_loop_test(sent, a_status_without_a_body_has_none, 0, 2);
    tcase_add_test(sent, more_than_was_declared_is_cut_off_and_said_once);
    tcase_add_test(sent, less_than_was_declared_ends_the_connection);
    tcase_add_test(sent, a_client_that_left_is_no_fault_of_the_application);

    TCase *wrong = new_case(suite, "what goes wrong");
    tcase_add_checked_fixture(wrong, catch_the_log, close_request);
    tcase_add_loop_test(wrong, who_fails_before_anything_left_is_500, 0,
                        COUNT(failures));
    tcase_add_test(wrong, who_fails_later_has_the_connection_cut);
    tcase_add_loop_test(wrong, a_wrong_status_or_header_is_refused_by_name, 0,
                        COUNT(refused));
    tcase_add_test(wrong, a_head_that_is_too_large_is_refused);
    tcase_add_test(wrong, after_a_refusal_a_right_response_can_begin);
    tcase_add_test(wrong, a_response_begins_once);
    tcase_add_test(wrong, nothing_is_written_before_a_status);

    TCase *told = new_case(suite, "what it is told");
    tcase_add_checked_fixture(told, catch_the_log, close_request);
    tcase_add_test(told, the_environ_tells_about_the_request);
    tcase_add_test(told, the_body_is_read_in_pieces_to_its_end);
    tcase_add_test(told, a_body_that_is_lost_is_an_error_and_said);
    tcase_add_test(told, it_is_not_called_before_the_body_is_there);

    TCase *words = new_case(suite, "last words");
    tcase_add_loop_test(words,
                        who_is_to_blame_is_named_and_the_status_stays_true, 0,
                        COUNT(deadly));
    tcase_add_loop_test(words, if_nobody_is_to_blame_nothing_is_said, 0,
                        COUNT(deadly));
    tcase_add_loop_test(words, a_stack_overflow_has_last_words_too, 0, 2);
    tcase_add_test(words, a_thread_is_not_to_blame_for_another);
    tcase_add_test(words, who_calls_exit_is_named);

    return run_suite(suite);
}
