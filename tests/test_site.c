/* test_site.c - what the stages answer with. */
#include "common/options.h"
#include "common/site.h"
#include "tests/sink.h"

/* The site sleeps by poll(2). Here time does not pass, it is noted; and files
 * can always be written. */
int slept_ms = -1; // not static: poll(2) may be declared inline

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    for (nfds_t i = 0; i < count; i++)
        fds[i].revents = POLLOUT;
    if (count > 0)
        return (int)count;
    slept_ms = timeout;
    return 0;
}

/* What the site answers to a request of this method and target. */
static const char *answer_to_method(const char *method, const char *target)
{
    static struct sink sink;
    static struct exchange exchange;
    struct options options = {
        .files = {.root = open(own_directory, O_PATH | O_CLOEXEC),
                  .index = "index.html"}};
    char text[256];
    int len = snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: a\r\n\r\n",
                       method, target);
    sink = (struct sink){0};
    ck_assert_int_eq(request_open(&exchange.request, &default_limits), 0);
    ck_assert_int_eq(request_feed(&exchange.request, text, (size_t)len), 0);
    bool for_head = strcmp(method, "HEAD") == 0;
    response_open(&exchange.response, take_piece, &sink, 1, for_head, true);
    site_answer(&exchange, &options);
    ck_assert_int_eq(response_end(&exchange.response), 0);
    request_close(&exchange.request);
    close(options.files.root);
    return sink.bytes;
}

static const char *answer_to(const char *target)
{
    return answer_to_method("GET", target);
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

START_TEST(methods_are_allowed_or_answered_with_those_that_are)
{
    static const struct {
        const char *rule, *method, *target, *status;
    } rows[] = {
        {"9110 9.3.7: OPTIONS of a file", "OPTIONS", "/page.txt", "204 No"},
        {"9110 9.3.7: of a page", "OPTIONS", "/slow?ms=7", "204 No"},
        {"9110 9.3.7: of the server", "OPTIONS", "*", "204 No"},
        {"9110 15.5.6: POST", "POST", "/page.txt", "405 Method"},
        {"9110 15.5.6: POST to a page", "POST", "/slow", "405 Method"},
        {"9110 15.5.6: PUT", "PUT", "/none", "405 Method"},
        {"9110 15.5.6: DELETE", "DELETE", "/page.txt", "405 Method"},
        {"9110 15.5.6: a WebDAV method", "PROPFIND", "/", "405 Method"},
    };
    write_file("page.txt", "a page\n", 7);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *answer = answer_to_method(rows[i].method, rows[i].target);
        size_t len = strlen(rows[i].status);
        ck_assert_msg(strncmp(answer + 9, rows[i].status, len) == 0, "%s: %s",
                      rows[i].rule, answer);
        ck_assert_msg(strstr(answer, "\r\nAllow: GET, HEAD, OPTIONS\r\n"),
                      "%s: %s", rows[i].rule, answer);
        ck_assert_int_eq(slept_ms, -1);
    }
}
END_TEST

/* RFC 9110 9.3.2: the same head, down to the last byte but Date's. */
START_TEST(head_is_answered_as_get_without_the_body)
{
    static const char *const targets[] = {
        "/page.txt", "/slow?ms=7", "/none", "/empty", "/directory", "/.hidden",
    };
    write_file("page.txt", "a page\n", 7);
    write_file("empty", "", 0);
    mkdir(own_path("directory"), 0755);
    for (size_t i = 0; i < COUNT(targets); i++) {
        char get[TEXT_BYTES], head[TEXT_BYTES];
        snprintf(get, sizeof get, "%s", answer_to_method("GET", targets[i]));
        snprintf(head, sizeof head, "%s", answer_to_method("HEAD", targets[i]));
        strstr(get, "\r\n\r\n")[4] = '\0';
        memcpy(strstr(get, "Date: "), strstr(head, "Date: "), 35);
        ck_assert_str_eq(get, head);
    }
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
    tcase_add_test(tests, methods_are_allowed_or_answered_with_those_that_are);
    tcase_add_test(tests, head_is_answered_as_get_without_the_body);
    return run_suite(suite);
}
