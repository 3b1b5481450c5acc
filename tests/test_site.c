/* test_site.c - what the stages answer with. */
#include "common/options.h"
#include "common/site.h"
#include "tests/testing.h"

/* The site sleeps by poll(2). Here time does not pass, it is noted; and files
 * can always be written. */
static int slept_ms = -1;

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = POLLOUT;
    if (count > 0)
        return (int)count;
    slept_ms = timeout;
    return 0;
}

struct sink {
    char bytes[TEXT_BYTES];
    size_t len;
};

static int take_piece(void *to, const struct piece *piece)
{
    struct sink *sink = to;
    ck_assert_uint_lt(sink->len + (size_t)piece->len, sizeof sink->bytes);
    char *end = sink->bytes + sink->len;
    if (piece->bytes)
        memcpy(end, piece->bytes, (size_t)piece->len);
    else
        ck_assert_int_eq(
            pread(piece->file, end, (size_t)piece->len, piece->offset),
            piece->len);
    sink->len += (size_t)piece->len;
    sink->bytes[sink->len] = '\0';
    return 0;
}

/* What the site answers to a GET of `target`. */
static const char *answer_to(const char *target)
{
    static struct sink sink;
    static struct exchange exchange;
    struct options options = {
        .files = {.root = open(own_directory, O_PATH | O_CLOEXEC),
                  .index = "index.html"}};
    char text[256];
    int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n",
                       target);
    sink = (struct sink){0};
    ck_assert_int_eq(request_open(&exchange.request, &default_limits), 0);
    ck_assert_int_eq(request_feed(&exchange.request, text, (size_t)len), 0);
    response_open(&exchange.response, take_piece, &sink, 1, false, true);
    site_answer(&exchange, &options);
    ck_assert_int_eq(response_end(&exchange.response), 0);
    request_close(&exchange.request);
    close(options.files.root);
    return sink.bytes;
}

START_TEST(slow_takes_as_long_as_it_is_told)
{
    static const struct {
        const char *target;
        int ms;
    } rows[] = {
        {"/slow", 1000},
        {"/slow?", 1000},
        {"/slow?x=y", 1000},
        {"/slow?ms=0", 0},
        {"/slow?ms=250", 250},
        {"/slow?x=y&ms=7", 7},
        {"/slow?ms=60000", 60000},
        {"/slow?ms=60001", 60000},
        {"/slow?ms=99999999999999999999", 60000},
        {"/slow?ms=-5", 0},
        {"/slow?ms=-99999999999999999999", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[64];
        snprintf(body, sizeof body, "\r\n\r\nslept %d ms\n", rows[i].ms);
        const char *answer = answer_to(rows[i].target);
        ck_assert_msg(strncmp(answer, "HTTP/1.1 200 OK\r\n", 17) == 0, "%s",
                      answer);
        ck_assert_msg(strstr(answer, body), "%s: %s", rows[i].target, answer);
        ck_assert_int_eq(slept_ms, rows[i].ms);
    }
}
END_TEST

START_TEST(everything_else_is_a_file_of_the_root)
{
    write_file("page.txt", "a page\n", 7);
    write_file("slower", "a file\n", 7);
    ck_assert_ptr_nonnull(strstr(answer_to("/page.txt"), "\r\n\r\na page\n"));
    ck_assert_ptr_nonnull(strstr(answer_to("/slower"), "\r\n\r\na file\n"));
    ck_assert_ptr_nonnull(strstr(answer_to("/none"), " 404 Not Found\r\n"));
    ck_assert_ptr_nonnull(strstr(answer_to("/slow/x"), " 404 Not Found\r\n"));
    ck_assert_int_eq(slept_ms, -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("site");
    TCase *tests = new_case(suite, "site");
    tcase_add_unchecked_fixture(tests, make_own_directory,
                                remove_own_directory);
    tcase_add_test(tests, slow_takes_as_long_as_it_is_told);
    tcase_add_test(tests, everything_else_is_a_file_of_the_root);
    return run_suite(suite);
}
