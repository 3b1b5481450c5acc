/* test_environ.c - what a program is told about its request. */
#include "part2/environ.h"
#include "tests/testing.h"

static struct exchange exchange;
static struct environ env;

/* The variables for a request as it came over the wire. */
static void make_environ(const char *bytes, size_t script_len)
{
    ck_assert_int_eq(request_open(&exchange.request, &default_limits), 0);
    ck_assert_int_eq(request_feed(&exchange.request, bytes, strlen(bytes)), 0);
    ck_assert(exchange.request.complete);
    strcpy(exchange.peer, "192.0.2.7");
    exchange.client = -1;
    environ_make(&env, &exchange, script_len);
}

static void free_environ(void)
{
    environ_free(&env);
    request_close(&exchange.request);
}

static void check_variable(const char *name, const char *expected)
{
    const char *value = environ_get(&env, name);
    ck_assert_msg(value ? expected && strcmp(value, expected) == 0 : !expected,
                  "%s is %s, not %s", name, value ? value : "absent",
                  expected ? expected : "absent");
}

START_TEST(every_meta_variable_is_set)
{
    make_environ("POST /cgi-bin/env/a%20b?x=1&y=%20 HTTP/1.1\r\n"
                 "Host: example.org:8080\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: 5\r\n\r\nhello",
                 strlen("/cgi-bin/env"));
    static const char *const expected[][2] = {
        {"AUTH_TYPE", NULL},
        {"CONTENT_LENGTH", "5"},
        {"CONTENT_TYPE", "text/plain; charset=utf-8"},
        {"HTTP_HOST", "example.org:8080"},
        {"PATH_INFO", "/a b"},
        {"QUERY_STRING", "x=1&y=%20"},
        {"REMOTE_ADDR", "192.0.2.7"},
        {"REMOTE_HOST", "192.0.2.7"},
        {"REMOTE_USER", NULL},
        {"REQUEST_METHOD", "POST"},
        {"REQUEST_URI", "/cgi-bin/env/a%20b?x=1&y=%20"},
        {"SCRIPT_NAME", "/cgi-bin/env"},
        {"SERVER_NAME", "example.org"},
        {"SERVER_PORT", "80"},
        {"SERVER_PROTOCOL", "HTTP/1.1"},
        {"SERVER_SOFTWARE", "Forkyard/1"},
        {"HTTP_CONTENT_LENGTH", NULL},
        {"HTTP_CONTENT_TYPE", NULL},
    };
    for (size_t i = 0; i < COUNT(expected); i++)
        check_variable(expected[i][0], expected[i][1]);
    free_environ();
}
END_TEST

START_TEST(a_plain_request_has_no_body_variables_but_a_query)
{
    make_environ("GET /cgi-bin/env HTTP/1.0\r\n\r\n", strlen("/cgi-bin/env"));
    check_variable("CONTENT_LENGTH", NULL);
    check_variable("CONTENT_TYPE", NULL);
    check_variable("QUERY_STRING", "");
    check_variable("PATH_INFO", "");
    check_variable("SERVER_NAME", "localhost");
    check_variable("SERVER_PROTOCOL", "HTTP/1.0");
    check_variable("HTTP_HOST", NULL);
    free_environ();
}
END_TEST

START_TEST(a_chunked_body_has_a_length)
{
    make_environ("POST / HTTP/1.1\r\nHost: a\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                 0);
    check_variable("CONTENT_LENGTH", "5");
    check_variable("HTTP_TRANSFER_ENCODING", NULL);
    free_environ();
}
END_TEST

static const struct {
    const char *target, *host, *server_name, *http_host;
} hosts[] = {
    {"/", "example.org", "example.org", "example.org"},
    {"/", "example.org:81", "example.org", "example.org:81"},
    {"/", "[2001:db8::1]", "[2001:db8::1]", "[2001:db8::1]"},
    {"/", "[::1]:8080", "[::1]", "[::1]:8080"},
    {"/", "", "localhost", NULL},
    {"http://a.example:81/x?q", "b.example", "a.example", "a.example:81"},
    {"http://a.example?q", "b.example", "a.example", "a.example"},
};

START_TEST(the_server_is_named_as_the_client_named_it)
{
    char bytes[256];
    snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
             hosts[_i].target, hosts[_i].host);
    make_environ(bytes, 0);
    check_variable("SERVER_NAME", hosts[_i].server_name);
    check_variable("HTTP_HOST", hosts[_i].http_host);
    free_environ();
}
END_TEST

static const struct {
    const char *line, *name, *value;
} headers[] = {
    {"User-Agent: curl", "HTTP_USER_AGENT", "curl"},
    {"x-lower-1: y", "HTTP_X_LOWER_1", "y"},
    {"Empty:", "HTTP_EMPTY", ""},
    {"Accept: a\r\naccept: b\r\nACCEPT: c", "HTTP_ACCEPT", "a, b, c"},
    {"Cookie: a=1\r\nX: y\r\nCookie: b=2", "HTTP_COOKIE", "a=1; b=2"},
    {"Content-Encoding: gzip", "HTTP_CONTENT_ENCODING", "gzip"},
    /* What programs must not see, or must not be fooled by. */
    {"Proxy: http://evil/", "HTTP_PROXY", NULL},
    {"pRoXy: http://evil/", "HTTP_PROXY", NULL},
    {"User_Agent: fake", "HTTP_USER_AGENT", NULL},
    {"X.Y: z", "HTTP_X.Y", NULL},
    {"Authorization: Basic c2VjcmV0", "HTTP_AUTHORIZATION", NULL},
    {"Proxy-Authorization: x", "HTTP_PROXY_AUTHORIZATION", NULL},
    {"Connection: close", "HTTP_CONNECTION", NULL},
    {"Keep-Alive: 5", "HTTP_KEEP_ALIVE", NULL},
};

START_TEST(a_header_becomes_a_variable_unless_it_is_kept_back)
{
    char bytes[256];
    snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n",
             headers[_i].line);
    make_environ(bytes, 0);
    check_variable(headers[_i].name, headers[_i].value);
    free_environ();
}
END_TEST

START_TEST(as_many_headers_as_a_request_may_have_fit)
{
    char bytes[TEXT_BYTES];
    size_t used =
        (size_t)snprintf(bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < REQUEST_HEADERS_MAX; i++)
        used += (size_t)snprintf(bytes + used, sizeof bytes - used,
                                 "X%d: %d\r\n", i, i);
    snprintf(bytes + used, sizeof bytes - used, "\r\n");
    make_environ(bytes, 0);
    check_variable("HTTP_X127", "127");
    free_environ();
}
END_TEST

START_TEST(the_variables_form_a_list_that_execve_takes)
{
    make_environ("GET /a HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\n", 0);
    environ_add(&env, "ONE", "1");
    environ_add_joined(&env, "TWO", "/srv", "/www");
    check_variable("ONE", "1");
    check_variable("TWO", "/srv/www");
    char *const *variables = environ_variables(&env);
    ck_assert_ptr_nonnull(variables);
    size_t count = 0;
    for (; variables[count]; count++)
        ck_assert_ptr_nonnull(strchr(variables[count], '='));
    ck_assert_str_eq(variables[count - 2], "ONE=1");
    ck_assert_str_eq(variables[count - 1], "TWO=/srv/www");
    free_environ();
}
END_TEST

START_TEST(only_programs_of_this_process_see_the_credentials)
{
    make_environ("GET / HTTP/1.1\r\nHost: a\r\n"
                 "Authorization: Basic c2VjcmV0\r\n\r\n",
                 0);
    check_variable("HTTP_AUTHORIZATION", NULL);
    environ_add_credentials(&env, &exchange.request);
    check_variable("HTTP_AUTHORIZATION", "Basic c2VjcmV0");
    free_environ();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("environ");
    TCase *variables = new_case(suite, "variables");
    tcase_add_test(variables, every_meta_variable_is_set);
    tcase_add_test(variables,
                   a_plain_request_has_no_body_variables_but_a_query);
    tcase_add_test(variables, a_chunked_body_has_a_length);
    tcase_add_loop_test(variables, the_server_is_named_as_the_client_named_it,
                        0, COUNT(hosts));
    tcase_add_loop_test(variables,
                        a_header_becomes_a_variable_unless_it_is_kept_back, 0,
                        COUNT(headers));
    tcase_add_test(variables, as_many_headers_as_a_request_may_have_fit);
    tcase_add_test(variables, the_variables_form_a_list_that_execve_takes);
    tcase_add_test(variables,
                   only_programs_of_this_process_see_the_credentials);
    return run_suite(suite);
}
