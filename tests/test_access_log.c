/* test_access_log.c - one line for each answer, whatever the client said. */
#include "common/access_log.h"
#include "common/log.h"
#include "tests/testing.h"

static const struct limits limits = {.target_bytes = 8000, .head_bytes = 8000};

static int discard(void *to, const struct piece *piece)
{
    (void)to;
    (void)piece;
    return 0;
}

static char line[TEXT_BYTES]; // what was logged last

static void read_the_line(void)
{
    ssize_t len = read(log_end, line, sizeof line - 1);
    ck_assert_int_gt(len, 0);
    line[len] = '\0';
    ck_assert_uint_eq(strlen(line), (size_t)len);
    ck_assert_uint_eq(count_lines(line), 1);
    ck_assert_int_eq(read(log_end, line + len, 1), -1);
}

/* Feed what a client says, answer `status` with "hello", log that. */
static void serve(const char *bytes, size_t len, int status)
{
    static struct exchange exchange = {.peer = "192.0.2.7"};
    struct request *request = &exchange.request;
    ck_assert_int_eq(request_open(request, &limits), 0);
    request_feed(request, bytes, len);
    bool for_head = request->method && strcmp(request->method, "HEAD") == 0;
    response_open(&exchange.response, discard, NULL, 1, for_head, true);
    response_send(&exchange.response, status, "a/b", "hello", 5);
    access_log_write(&exchange);
    request_close(request);
    read_the_line();
}

/* Behind the date. */
static const char *rest(void)
{
    const char *end = strstr(line, "] \"");
    ck_assert_msg(end != NULL, "%s", line);
    return end + 2;
}

START_TEST(a_line_is_in_the_combined_format)
{
    char before[64];
    log_role("1c");
    serve(TEXT("GET /a?b HTTP/1.1\r\nHost: a\r\nReferer: http://c/\r\n"
               "User-Agent: Browser/1 (x; y)\r\n\r\n"),
          200);
    snprintf(before, sizeof before, "1c[%d] 192.0.2.7 - - [", (int)getpid());
    ck_assert_msg(strncmp(line, before, strlen(before)) == 0, "%s", line);
    struct tm when = {0};
    const char *end =
        strptime(line + strlen(before), "%d/%b/%Y:%H:%M:%S +0000] ", &when);
    ck_assert_ptr_eq(end, rest());
    ck_assert_int_lt(labs((long)(timegm(&when) - time(NULL))), 10);
    ck_assert_str_eq(rest(), "\"GET /a?b HTTP/1.1\" 200 5 \"http://c/\" "
                             "\"Browser/1 (x; y)\"\n");
}
END_TEST

static const struct {
    const char *bytes;
    size_t len;
    int status;
    const char *rest;
} rows[] = {
    {TEXT("GET / HTTP/1.0\r\n\r\n"), 404,
     "\"GET / HTTP/1.0\" 404 5 \"-\" \"-\"\n"},
    {TEXT("HEAD / HTTP/1.0\r\n\r\n"), 200,
     "\"HEAD / HTTP/1.0\" 200 0 \"-\" \"-\"\n"},
    {TEXT("OPTIONS * HTTP/1.0\n\n"), 204,
     "\"OPTIONS * HTTP/1.0\" 204 0 \"-\" \"-\"\n"},
    {TEXT("\r\nGET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n"), 200,
     "\"GET http://a/b HTTP/1.1\" 200 5 \"-\" \"-\"\n"},
    /* Not even half of a request. */
    {TEXT(""), 408, "\"-\" 408 5 \"-\" \"-\"\n"},
    {TEXT("GE"), 408, "\"GE\" 408 5 \"-\" \"-\"\n"},
    {TEXT("GET /x HTTP/1.1\r\nUser-Agent: a\r\nHos"), 408,
     "\"GET /x HTTP/1.1\" 408 5 \"-\" \"a\"\n"},
    /* Refused, with what came before the fault. */
    {TEXT("BREW /pot HTTP/1.1\r\n"), 501,
     "\"BREW /pot HTTP/1.1\" 501 5 \"-\" \"-\"\n"},
    {TEXT("HEAD /x HTTP/1.1\r\nReferer: b\r\nA : c\r\n"), 400,
     "\"HEAD /x HTTP/1.1\" 400 0 \"b\" \"-\"\n"},
    {TEXT("\x16\x03\x01\0\xa5 \x7f\r\n"), 400,
     "\"\\x16\\x03\\x01\\x00\\xa5 \\x7f\" 400 5 \"-\" \"-\"\n"},
    {TEXT("GET /\" 200 \\ \"\rX HTTP/1.1\r\n"), 400,
     "\"GET /\\\" 200 \\\\ \\\"\\x0dX HTTP/1.1\" 400 5 \"-\" \"-\"\n"},
    /* Forgers. */
    {TEXT("GET / HTTP/1.0\r\nReferer: \" 200 5 \"-\" \"-\r\n"
          "User-Agent: \\\"\t\xc2\x85\xff\\\r\n\r\n"),
     200,
     "\"GET / HTTP/1.0\" 200 5 \"\\\" 200 5 \\\"-\\\" \\\"-\" "
     "\"\\\\\\\"\\x09\\xc2\\x85\\xff\\\\\"\n"},
    {TEXT("GET / HTTP/1.0\r\nReferer: %s%n%d\r\nUser-Agent:\r\n\r\n"), 200,
     "\"GET / HTTP/1.0\" 200 5 \"%s%n%d\" \"-\"\n"},
};

START_TEST(whatever_a_client_says_stays_in_its_quotes)
{
    serve(rows[_i].bytes, rows[_i].len, rows[_i].status);
    ck_assert_str_eq(rest(), rows[_i].rest);
}
END_TEST

/* How many quotes of the line are not escaped. */
static size_t count_quotes(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        if (*text == '\\')
            text++;
        else
            count += *text == '"';
    return count;
}

START_TEST(a_line_is_whole_however_long_its_parts_are)
{
    static const char fillers[] = {'a', '"', '\\', '\xff'};
    static char text[TEXT_BYTES];
    for (int len = 600; len <= 2500; len += 100) {
        char *end = stpcpy(text, "GET /");
        memset(end, 'a', (size_t)len);
        end = stpcpy(end + len, " HTTP/1.0\r\nReferer: ");
        memset(end, fillers[_i], (size_t)len);
        end = stpcpy(end + len, "\r\nUser-Agent: ");
        memset(end, fillers[_i], (size_t)len);
        end = stpcpy(end + len, "\r\n\r\n");
        serve(text, (size_t)(end - text), 200);
        ck_assert_uint_eq(count_quotes(line), 6);
        ck_assert_ptr_nonnull(strstr(line, "\" 200 5 \""));
        ck_assert_uint_le(strlen(line), 4096); // PIPE_BUF
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access_log");
    TCase *tests = new_case(suite, "access_log");
    tcase_add_checked_fixture(tests, catch_the_log, NULL);
    tcase_add_test(tests, a_line_is_in_the_combined_format);
    tcase_add_loop_test(tests, whatever_a_client_says_stays_in_its_quotes, 0,
                        COUNT(rows));
    tcase_add_loop_test(tests, a_line_is_whole_however_long_its_parts_are, 0,
                        4);
    return run_suite(suite);
}
