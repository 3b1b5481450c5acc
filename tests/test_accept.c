/* test_accept.c - what a client would rather have, in its own words. */
#include "common/accept.h"
#include "tests/testing.h"

static const struct limits limits = {.target_bytes = 100, .head_bytes = 1000};

static const struct {
    const char *rule, *lines;
    int html, plain;
} rows[] = {
    {"9110 12.5.1: no Accept", "", 1000, 1000},
    {"9110 12.5.1: an empty one", "Accept:\r\n", 0, 0},
    {"9110 12.5.1: a type", "Accept: text/html\r\n", 1000, 0},
    {"9110 12.5.1: any case", "accept: TEXT/Html\r\n", 1000, 0},
    {"9110 12.5.1: any type", "Accept: */*\r\n", 1000, 1000},
    {"9110 12.5.1: any text", "Accept: text/*;q=0.3\r\n", 300, 300},
    {"9110 12.5.1: something else", "Accept: image/*, a/b\r\n", 0, 0},
    {"9110 12.5.1: a browser",
     "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,"
     "image/avif,*/*;q=0.8\r\n",
     1000, 800},
    {"9110 12.5.1: the most exact range counts",
     "Accept: */*;q=1, text/plain;q=0.1, text/*;q=0.5\r\n", 500, 100},
    {"9110 12.5.1: in any order",
     "Accept: text/plain;q=0.1, text/*;q=0.5, */*\r\n", 500, 100},
    {"9110 12.5.1: refused", "Accept: */*, text/html;q=0\r\n", 0, 1000},
    {"9110 5.3: on two lines",
     "Accept: text/html;q=0.2\r\nX: y\r\nAccept: text/*;q=0.4\r\n", 200, 400},
    {"9110 5.6.3: white space",
     "Accept: \ttext/html \t; \tq=0.25 ,\ttext/plain\r\n", 250, 1000},
    {"9110 5.6.1: empty items", "Accept: ,, text/html,\r\n", 1000, 0},
    {"9110 12.5.1: other parameters",
     "Accept: text/html;level=1;q=0.4, text/plain;q=0.2;x\r\n", 400, 200},
    {"9110 5.6.4: marks in quotes",
     "Accept: text/html;a=\"b,text/plain;q=0.1\";q=0.4\r\n", 400, 0},
    {"9110 12.4.2: three digits", "Accept: text/html;q=0.123\r\n", 123, 0},
    {"9110 12.4.2: no digit", "Accept: text/html;Q=1.\r\n", 1000, 0},
    {"9110 12.4.2: 0", "Accept: text/html;q=0\r\n", 0, 0},
    {"9110 12.4.2: 0.000", "Accept: text/html;q=0.000\r\n", 0, 0},
    {"9110 12.4.2: four digits", "Accept: text/html;q=0.1234\r\n", 0, 0},
    {"9110 12.4.2: above 1", "Accept: text/html;q=1.001\r\n", 0, 0},
    {"9110 12.4.2: no number", "Accept: text/html;q=x\r\n", 0, 0},
    {"9110 12.4.2: a letter inside", "Accept: text/html;q=0.x\r\n", 0, 0},
    {"9110 12.4.2: nothing", "Accept: text/html;q=\r\n", 0, 0},
    {"9110 12.4.2: no dot", "Accept: text/html;q=05\r\n", 0, 0},
    {"half a name", "Accept: text/htm, text/, text, *\r\n", 0, 0},
    {"a longer name", "Accept: text/htmlx, text/*x\r\n", 0, 0},
    {"only marks", "Accept: ;;,;q,\"\r\n", 0, 0},
};

START_TEST(types_are_weighed)
{
    char text[512];
    int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n",
                       rows[_i].lines);
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, text, (size_t)len), 0);
    int html = accept_type(&request, "text/html");
    int plain = accept_type(&request, "text/plain");
    ck_assert_msg(html == rows[_i].html && plain == rows[_i].plain,
                  "%s: html %d, plain %d", rows[_i].rule, html, plain);
    request_close(&request);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("accept");
    TCase *tests = new_case(suite, "accept");
    tcase_add_loop_test(tests, types_are_weighed, 0, COUNT(rows));
    return run_suite(suite);
}
