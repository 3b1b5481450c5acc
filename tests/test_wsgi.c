/* test_wsgi.c - WSGI in a process with threads, which no stage of part 2 is:
 * answer() is called from several at once. All else is in test_wsgi.py. */
#include "part2/service.h"
#include "part2/wsgi.h"
#include "tests/testing.h"

#include <libgen.h>
#include <limits.h>
#include <pthread.h>

enum { THREADS = 4, ANSWER_BYTES = 65536 };

static struct service service = {.concurrency = MANY_THREADS};
static struct mount mount = {
    .prefix = "", .target = "test_wsgi_apps:app", .gateway = &wsgi_gateway};

/* --- A request without a socket --- */

struct talk {
    const char *path;
    int gate; // a pipe: nothing is sent before a byte has come; -1: none
    size_t len;
    char answer[ANSWER_BYTES];
};

static int take_piece(void *to, const struct piece *piece)
{
    struct talk *talk = to;
    char byte;
    if (talk->gate >= 0 && read(talk->gate, &byte, 1) != 1)
        return -1;
    talk->gate = -1;
    ck_assert_uint_lt(talk->len + (size_t)piece->len, sizeof talk->answer);
    memcpy(talk->answer + talk->len, piece->bytes, (size_t)piece->len);
    talk->len += (size_t)piece->len;
    return 0;
}

/* Have it answered; returns what the client sees. */
static const char *ask(struct talk *talk)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    char text[512];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n",
                       talk->path);
    ck_assert_int_eq(request_open(&exchange->request, &default_limits), 0);
    ck_assert_int_eq(request_feed(&exchange->request, text, (size_t)len), 0);
    ck_assert(exchange->request.complete);
    exchange->client = -1;
    talk->len = 0;
    response_open(&exchange->response, take_piece, talk, 1, false, true);
    ck_assert_int_eq(wsgi_gateway.answer(exchange, &mount, &service),
                     GATEWAY_ANSWERED);
    ck_assert(!exchange->response.broken);
    request_close(&exchange->request);
    free(exchange);
    talk->answer[talk->len] = '\0';
    return talk->answer;
}

static void load(void)
{
    static char here[] = "tests";
    wsgi_options.paths[0] = here;
    wsgi_options.path_count = 1;
    wsgi_gateway.load(&mount, &service);
}

typedef void *thread_fn(void *context);

static void run_threads(thread_fn *part)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, part, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* --- Several at once --- */

static void *ask_often(void *unused)
{
    (void)unused;
    struct talk *talk = calloc(1, sizeof *talk);
    for (int i = 1; i <= 300; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "\r\n\r\n%d visits", i);
        *talk = (struct talk){.path = "/visits_of_this_thread", .gate = -1};
        ck_assert_ptr_nonnull(strstr(ask(talk), expected));
    }
    free(talk);
    return NULL;
}

START_TEST(each_thread_keeps_what_is_its_own)
{
    load();
    run_threads(ask_often);
}
END_TEST

static void *meet(void *unused)
{
    (void)unused;
    struct talk *talk = calloc(1, sizeof *talk);
    *talk = (struct talk){.path = "/meet_others?4", .gate = -1};
    ck_assert_ptr_nonnull(strstr(ask(talk), "\r\n\r\nall have met"));
    free(talk);
    return NULL;
}

START_TEST(requests_are_answered_at_the_same_time)
{
    load();
    run_threads(meet);
}
END_TEST

START_TEST(the_environ_says_that_there_are_threads)
{
    load();
    struct talk *talk = calloc(1, sizeof *talk);
    *talk = (struct talk){.path = "/show_environ", .gate = -1};
    const char *said = ask(talk);
    ck_assert_ptr_nonnull(strstr(said, "wsgi.multithread=True"));
    ck_assert_ptr_nonnull(strstr(said, "wsgi.multiprocess=True"));
    free(talk);
}
END_TEST

/* --- A client that takes its time --- */

static struct talk slow; // its answer waits in the sink

static void *ask_slowly(void *unused)
{
    (void)unused;
    ask(&slow);
    return NULL;
}

START_TEST(a_slow_client_does_not_keep_python_from_others)
{
    load();
    int gate[2];
    ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
    slow = (struct talk){.path = "/hello", .gate = gate[0]};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, ask_slowly, NULL), 0);
    struct talk *talk = calloc(1, sizeof *talk);
    for (int i = 0; i < 20; i++) {
        *talk = (struct talk){.path = "/hello", .gate = -1};
        ck_assert_ptr_nonnull(strstr(ask(talk), "Hello"));
    }
    ck_assert_int_eq(write(gate[1], "x", 1), 1);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_ptr_nonnull(strstr(slow.answer, "Hello"));
    free(talk);
}
END_TEST

/* The application's own thread waits in the sink, until another one has been
 * told off: then that one opens the gate. */
START_TEST(two_threads_cannot_write_one_response)
{
    load();
    int gate[2];
    char path[64];
    ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
    snprintf(path, sizeof path, "/write_by_two?%d", gate[1]);
    slow = (struct talk){.path = path, .gate = gate[0]};
    ck_assert_ptr_nonnull(strstr(ask(&slow), "another thread is writing"));
}
END_TEST

/* An application may return while a thread of its own still writes. */
START_TEST(the_end_waits_for_who_is_still_writing)
{
    load();
    int gate[2];
    char path[64];
    ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
    snprintf(path, sizeof path, "/write_and_return?%d", gate[1]);
    slow = (struct talk){.path = path, .gate = gate[0]};
    const char *said = ask(&slow);
    ck_assert_ptr_nonnull(strstr(said, "late"));
    ck_assert_str_eq(said + strlen(said) - 5, "0\r\n\r\n");
}
END_TEST

/* --- The suite --- */

static bool has_python(const char *program)
{
    char path[PATH_MAX], library[PATH_MAX + 16];
    if (!realpath(program, path))
        return false;
    snprintf(library, sizeof library, "%s/wsgi.so", dirname(path));
    return access(library, R_OK) == 0;
}

/* Python is not finalized, so what it holds at exit looks lost. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
    (void)argc;
    if (!has_python(argv[0])) {
        puts("test_wsgi: skipped, there is no wsgi.so: python3-dev is missing");
        return EXIT_SUCCESS;
    }
    Suite *suite = suite_create("wsgi");
    TCase *threads = new_case(suite, "threads");
    tcase_add_test(threads, each_thread_keeps_what_is_its_own);
    tcase_add_test(threads, requests_are_answered_at_the_same_time);
    tcase_add_test(threads, the_environ_says_that_there_are_threads);
    tcase_add_test(threads, a_slow_client_does_not_keep_python_from_others);
    tcase_add_test(threads, two_threads_cannot_write_one_response);
    tcase_add_test(threads, the_end_waits_for_who_is_still_writing);
    return run_suite(suite);
}
