/* test_cgi.c - the parts of CGI that need no process: finding the program,
 * its variables, its header. */
#include "part2/cgi_environ.h"
#include "part2/cgi_header.h"
#include "part2/cgi_options.h"
#include "part2/cgi_program.h"
#include "tests/testing.h"

/* --- Which mount? --- */

static const struct {
    const char *path, *prefix;
} mounted[] = {
    {"/cgi-bin/env", "/cgi-bin"},
    {"/cgi-bin", "/cgi-bin"},
    {"/cgi-bin/", "/cgi-bin"},
    {"/cgi-bin/deep/env", "/cgi-bin/deep"}, // the longest prefix counts
    {"/cgi-bin/deeper", "/cgi-bin"},
    {"/cgi-binary", NULL},
    {"/", NULL},
    {"", NULL},
};

START_TEST(a_path_belongs_to_the_mount_with_the_longest_prefix)
{
    static const struct cgi_options options = {
        .mounts = {{.prefix = "/cgi-bin"}, {.prefix = "/cgi-bin/deep"}},
        .mount_count = 2,
    };
    const struct cgi_mount *mount =
        cgi_options_mount(&options, mounted[_i].path);
    ck_assert_pstr_eq(mount ? mount->prefix : NULL, mounted[_i].prefix);
}
END_TEST

START_TEST(a_mount_at_the_root_has_every_path)
{
    static const struct cgi_options options = {.mounts = {{.prefix = ""}},
                                               .mount_count = 1};
    ck_assert_ptr_nonnull(cgi_options_mount(&options, "/any/thing"));
    ck_assert_ptr_nonnull(cgi_options_mount(&options, "/"));
    ck_assert_ptr_null(cgi_options_mount(&options, "")); // OPTIONS *
}
END_TEST

/* --- Which program? --- */

static struct cgi_mount own = {.prefix = "/p"};

static void make_program(const char *name, mode_t mode)
{
    write_file(name, "", 0);
    ck_assert_int_eq(chmod(own_path(name), mode), 0);
}

static void make_programs(void)
{
    make_own_directory();
    own.path = own_directory;
    own.directory = open(own.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(own.directory, 0);
    make_program("env", 0755);
    make_program("plain", 0644);
    make_program(".hidden", 0755);
    ck_assert_int_eq(mkdir(own_path("dir"), 0755), 0);
    make_program("dir/env", 0755);
    ck_assert_int_eq(symlink("dir/env", own_path("inside")), 0);
    ck_assert_int_eq(symlink("/bin/sh", own_path("outside")), 0);
    ck_assert_int_eq(symlink("loop", own_path("loop")), 0);
    ck_assert_int_eq(mkfifo(own_path("fifo"), 0755), 0);
}

static void remove_programs(void)
{
    close(own.directory);
    remove_own_directory();
}

static const struct {
    const char *path;
    int status;
    const char *script_name, *path_info, *file, *name;
} named[] = {
    {"/p/env", 0, "/p/env", "", "/env", "env"},
    {"/p/env/", 0, "/p/env", "/", "/env", "env"},
    {"/p/env/a b/c", 0, "/p/env", "/a b/c", "/env", "env"},
    {"/p/env//x", 0, "/p/env", "//x", "/env", "env"},
    {"/p/env/...", 0, "/p/env", "/...", "/env", "env"},
    {"/p/env/.x", 0, "/p/env", "/.x", "/env", "env"},
    {"/p/dir/env/x", 0, "/p/dir/env", "/x", "/dir/env", "env"},
    {"/p/inside", 0, "/p/inside", "", "/inside", "inside"},
    {"/p/plain", 403, 0, 0, 0, 0},
    {"/p", 404, 0, 0, 0, 0},
    {"/p/", 404, 0, 0, 0, 0},
    {"/p/dir", 404, 0, 0, 0, 0},
    {"/p/dir/", 404, 0, 0, 0, 0},
    {"/p//env", 404, 0, 0, 0, 0},
    {"/p/none", 404, 0, 0, 0, 0},
    {"/p/fifo", 404, 0, 0, 0, 0},
    {"/p/loop", 404, 0, 0, 0, 0},
    {"/p/outside", 404, 0, 0, 0, 0},
    {"/p/.hidden", 404, 0, 0, 0, 0},
    {"/p/./env", 404, 0, 0, 0, 0},
    {"/p/../env", 404, 0, 0, 0, 0},
    {"/p/dir/../env", 404, 0, 0, 0, 0},
    {"/p/env/../../etc", 404, 0, 0, 0, 0},
    {"/p/env/x/..", 404, 0, 0, 0, 0},
    {"/p/env/./x", 404, 0, 0, 0, 0},
};

START_TEST(a_path_is_split_where_the_program_is)
{
    struct cgi_program found;
    int status = cgi_program_find(&found, &own, named[_i].path);
    ck_assert_msg(status == named[_i].status, "%s: %d", named[_i].path, status);
    if (status)
        return;
    ck_assert_str_eq(found.script_name, named[_i].script_name);
    ck_assert_str_eq(found.path_info, named[_i].path_info);
    ck_assert_str_eq(found.name, named[_i].name);
    ck_assert_str_eq(found.file, own_path(named[_i].file + 1));
    char file[TEXT_BYTES];
    snprintf(file, sizeof file, "%s/%s", found.directory, found.name);
    ck_assert_str_eq(file, found.file);
    cgi_program_free(&found);
}
END_TEST

START_TEST(a_name_longer_than_any_path_does_not_exist)
{
    char path[TEXT_BYTES];
    snprintf(path, sizeof path, "/p/%0*d", (int)sizeof path - 8, 0);
    struct cgi_program found;
    ck_assert_int_eq(cgi_program_find(&found, &own, path), 404);
}
END_TEST

/* --- Its variables --- */

static struct exchange exchange;
static struct cgi_environ env;

static char script_name[] = "/cgi-bin/env", no_path_info[] = "",
            path_info[] = "/a b", script_file[] = "/srv/cgi/env";
static struct cgi_program program = {
    .script_name = script_name, .path_info = no_path_info, .file = script_file};

/* The variables for a request as it came over the wire. */
static void make_environ(const char *bytes)
{
    ck_assert_int_eq(request_open(&exchange.request, &default_limits), 0);
    ck_assert_int_eq(request_feed(&exchange.request, bytes, strlen(bytes)), 0);
    ck_assert(exchange.request.complete);
    strcpy(exchange.peer, "192.0.2.7");
    exchange.client = -1;
    ck_assert_int_eq(cgi_environ_make(&env, &exchange, &program, "/srv/www"),
                     0);
}

static void free_environ(void)
{
    cgi_environ_free(&env);
    request_close(&exchange.request);
}

static void check_variable(const char *name, const char *expected)
{
    const char *value = cgi_environ_get(&env, name);
    ck_assert_msg(value ? expected && strcmp(value, expected) == 0 : !expected,
                  "%s is %s, not %s", name, value ? value : "absent",
                  expected ? expected : "absent");
}

START_TEST(every_meta_variable_is_set)
{
    program.path_info = path_info;
    make_environ("POST /cgi-bin/env/a%20b?x=1&y=%20 HTTP/1.1\r\n"
                 "Host: example.org:8080\r\n"
                 "Content-Type: text/plain; charset=utf-8\r\n"
                 "Content-Length: 5\r\n\r\nhello");
    program.path_info = no_path_info;
    static const char *const expected[][2] = {
        {"AUTH_TYPE", NULL},
        {"CONTENT_LENGTH", "5"},
        {"CONTENT_TYPE", "text/plain; charset=utf-8"},
        {"DOCUMENT_ROOT", "/srv/www"},
        {"GATEWAY_INTERFACE", "CGI/1.1"},
        {"HTTP_HOST", "example.org:8080"},
        {"PATH_INFO", "/a b"},
        {"PATH_TRANSLATED", "/srv/www/a b"},
        {"QUERY_STRING", "x=1&y=%20"},
        {"REMOTE_ADDR", "192.0.2.7"},
        {"REMOTE_HOST", "192.0.2.7"},
        {"REMOTE_USER", NULL},
        {"REQUEST_METHOD", "POST"},
        {"REQUEST_URI", "/cgi-bin/env/a%20b?x=1&y=%20"},
        {"SCRIPT_FILENAME", "/srv/cgi/env"},
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
    ck_assert_ptr_nonnull(cgi_environ_get(&env, "PATH"));
    ck_assert_ptr_null(env.variables[env.count]);
    free_environ();
}
END_TEST

START_TEST(a_plain_request_has_no_body_variables_but_a_query)
{
    make_environ("GET /cgi-bin/env HTTP/1.0\r\n\r\n");
    check_variable("CONTENT_LENGTH", NULL);
    check_variable("CONTENT_TYPE", NULL);
    check_variable("QUERY_STRING", "");
    check_variable("PATH_INFO", "");
    check_variable("PATH_TRANSLATED", NULL);
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
                 "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
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
    make_environ(bytes);
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
    make_environ(bytes);
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
    make_environ(bytes);
    check_variable("HTTP_X127", "127");
    free_environ();
}
END_TEST

/* --- Its header --- */

static struct cgi_header header;

/* Feed `text` in pieces of `step` bytes; returns what is left as the body. */
static const char *feed(const char *text, size_t len, size_t step)
{
    memset(&header, 0, sizeof header);
    size_t done = 0;
    while (done < len && !header.complete && !header.fault) {
        size_t piece = len - done < step ? len - done : step;
        done += cgi_header_feed(&header, text + done, piece);
    }
    return text + done;
}

static const char *line_value(const char *name)
{
    for (size_t i = 0; i < header.count; i++)
        if (strcmp(header.lines[i].name, name) == 0)
            return header.lines[i].value;
    return NULL;
}

static const struct {
    const char *text;
    int status;
    const char *name, *value, *body;
} sound[] = {
    {"Content-Type: text/plain\n\nhello", 200, "Content-Type", "text/plain",
     "hello"},
    {"Content-Type: text/plain\r\n\r\nhello", 200, "Content-Type", "text/plain",
     "hello"},
    {"Content-Type:text/plain \t\n\r\n\n", 200, "Content-Type", "text/plain",
     "\n"},
    {"Status: 404 Not Found\nX-Y: z\n\n", 404, "X-Y", "z", ""},
    {"status: 204\n\n", 204, "status", NULL, ""},
    {"Location: http://example.org/?a\n\n", 302, "Location",
     "http://example.org/?a", ""},
    {"Location: mailto:a@b\n\n", 302, "Location", "mailto:a@b", ""},
    {"Status: 301\nLocation: /there\n\n", 301, "Location", "/there", ""},
    {"Status: 201\nLocation: there\n\nx", 201, "Location", "there", "x"},
    {"Content-Type: a/b\nContent-Length: 12\n\n", 200, "Content-Length", "12",
     ""},
    {"Content-Type: a/b\nX:\n\n", 200, "X", "", ""},
    {"Content-Type: a/b\nX: \xc3\xa4\n\n", 200, "X", "\xc3\xa4", ""},
    {"Content-Type: a/b\nSet-Cookie: a\nSet-Cookie: b\n\n", 200, "Set-Cookie",
     "a", ""},
};

START_TEST(a_sound_header_gives_status_lines_and_the_rest_as_body)
{
    const char *text = sound[_i].text;
    for (size_t step = 1; step <= strlen(text); step++) {
        const char *body = feed(text, strlen(text), step);
        ck_assert_ptr_null(header.fault);
        ck_assert(header.complete);
        ck_assert_int_eq(header.status, sound[_i].status);
        ck_assert_pstr_eq(line_value(sound[_i].name), sound[_i].value);
        ck_assert_str_eq(body, sound[_i].body);
        ck_assert_ptr_null(line_value("Status"));
    }
}
END_TEST

/* A text and its length, so that it can hold a NUL. */
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t len;
} refused[] = {
    {BYTES("hello\n\n")},
    {BYTES("\n\nhello")},
    {BYTES("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n")},
    {BYTES("X-Only: this\n\n")},
    {BYTES("Content-Type : a/b\n\n")},
    {BYTES("Content-Type: a/b\nX: a\rY: b\n\n")},
    {BYTES("Content-Type: a/b\nX: a\r\r\n\n")},
    {BYTES("Content-Type: a/b\nX: a\0b\n\n")},
    {BYTES("Content-Type: a/b\nX\0: a\n\n")},
    {BYTES("Content-Type: a/b\nX: a\x7f\n\n")},
    {BYTES("Content-Type: a/b\nX: a\n folded\n\n")},
    {BYTES("Content-Type: a/b\n: nameless\n\n")},
    {BYTES("Content-Type: a/b\nContent-Type: c/d\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 1\nContent-Length: 1\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: -1\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 1x\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length:\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 9223372036854775808\n\n")},
    {BYTES("Status: 20\n\n")},
    {BYTES("Status: 2000\n\n")},
    {BYTES("Status: 20x\n\n")},
    {BYTES("Status: 101\n\n")},
    {BYTES("Status: 600\n\n")},
    {BYTES("Status: OK\n\n")},
    {BYTES("Status:\n\n")},
    {BYTES("Status: 200\nStatus: 200\n\n")},
    {BYTES("Location: /local\n\n")}, // until local redirects are offered
    {BYTES("Location: there\n\n")},
    {BYTES("Location: http:\n\n")},
    {BYTES("Location: 1a://b/\n\n")},
    {BYTES("Location:\n\n")},
};

START_TEST(a_bad_header_is_refused_however_it_is_cut)
{
    for (size_t step = 1; step <= refused[_i].len; step++) {
        feed(refused[_i].text, refused[_i].len, step);
        ck_assert_msg(header.fault, "%s", refused[_i].text);
        ck_assert(!header.complete);
    }
}
END_TEST

START_TEST(a_header_without_its_empty_line_is_neither_complete_nor_refused)
{
    static const char text[] = "Content-Type: a/b\nX: y\n";
    feed(text, sizeof text - 1, 7);
    ck_assert(!header.complete);
    ck_assert_ptr_null(header.fault);
}
END_TEST

START_TEST(a_header_that_does_not_end_is_refused)
{
    static char text[CGI_HEADER_BYTES + 100];
    memset(text, 'x', sizeof text);
    feed(text, sizeof text, 1000);
    ck_assert_ptr_nonnull(header.fault);
}
END_TEST

START_TEST(a_header_with_too_many_lines_is_refused)
{
    static const char line[] = "X: y\n";
    memset(&header, 0, sizeof header);
    for (int i = 0; i <= CGI_HEADER_LINES; i++)
        cgi_header_feed(&header, line, sizeof line - 1);
    ck_assert_ptr_nonnull(header.fault);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgi");
    TCase *mounts = new_case(suite, "mounts");
    tcase_add_loop_test(mounts,
                        a_path_belongs_to_the_mount_with_the_longest_prefix, 0,
                        COUNT(mounted));
    tcase_add_test(mounts, a_mount_at_the_root_has_every_path);

    TCase *programs = new_case(suite, "programs");
    tcase_add_unchecked_fixture(programs, make_programs, remove_programs);
    tcase_add_loop_test(programs, a_path_is_split_where_the_program_is, 0,
                        COUNT(named));
    tcase_add_test(programs, a_name_longer_than_any_path_does_not_exist);

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

    TCase *lines = new_case(suite, "header");
    tcase_add_loop_test(lines,
                        a_sound_header_gives_status_lines_and_the_rest_as_body,
                        0, COUNT(sound));
    tcase_add_loop_test(lines, a_bad_header_is_refused_however_it_is_cut, 0,
                        COUNT(refused));
    tcase_add_test(
        lines, a_header_without_its_empty_line_is_neither_complete_nor_refused);
    tcase_add_test(lines, a_header_that_does_not_end_is_refused);
    tcase_add_test(lines, a_header_with_too_many_lines_is_refused);

    return run_suite(suite);
}
