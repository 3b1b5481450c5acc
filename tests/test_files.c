/* test_files.c - which file a path means, and that it means none outside. */
#include "common/exchange.h"
#include "common/files.h"
#include "common/options.h"
#include "tests/testing.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/un.h>

enum { NOBODY = 65534 };

/* --- The root --- */

static char long_name[256]; // of 255 bytes, the longest there can be

static void make_directory(const char *name)
{
    ck_assert_int_eq(mkdir(own_path(name), 0755), 0);
}

static void make_link(const char *to, const char *name)
{
    ck_assert_int_eq(symlink(to, own_path(name)), 0);
}

static void make_file(const char *name, const char *text)
{
    write_file(name, text, strlen(text));
}

static void make_socket(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = own_path(name);
    ck_assert_uint_lt(strlen(path), sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (void *)&address, sizeof address), 0);
    close(fd);
}

static void make_root(void)
{
    make_own_directory();
    make_file("secret", "outside\n");
    make_directory("rootless");
    make_file("rootless/secret", "outside\n");
    make_directory("root");
    make_file("root/index.html", "<index>");
    make_file("root/hello.txt", "hello\n");
    make_file("root/with space", "space\n");
    make_file("root/100%", "percent\n");
    make_file("root/\xc3\xa4", "umlaut\n");
    make_file("root/dots..in.name", "dots\n");
    make_file("root/empty", "");
    make_file("root/.hidden", "hidden\n");
    make_directory("root/dir");
    make_file("root/dir/index.html", "<dir>");
    make_file("root/dir/page.html", "<page>");
    make_file("root/dir/.secret", "hidden\n");
    make_directory("root/dir/sub");
    make_directory("root/.git");
    make_file("root/.git/config", "hidden\n");
    make_directory("root/.well-known");
    make_file("root/.well-known/known", "known\n");
    make_file("root/.well-known/.secret", "hidden\n");
    make_file("root/.well-known-not", "hidden\n");
    make_directory("root/odd");
    make_directory("root/odd/index.html");
    make_link("hello.txt", "root/link");
    make_link("../hello.txt", "root/dir/uplink");
    make_link("dir", "root/dirlink");
    make_link("../secret", "root/outlink");
    make_link("..", "root/updir");
    make_link("../rootless", "root/sibling");
    make_link("/etc/passwd", "root/absolute");
    make_link("loop", "root/loop");
    make_link("none", "root/dangling");
    ck_assert_int_eq(mkfifo(own_path("root/fifo"), 0644), 0);
    make_socket("root/socket");
    make_file("root/unreadable", "no\n");
    chmod(own_path("root/unreadable"), 0);
    make_directory("root/closed");
    make_file("root/closed/file", "no\n");
    chmod(own_path("root/closed"), 0);
    memset(long_name, 'n', sizeof long_name - 1);
    char name[512];
    snprintf(name, sizeof name, "root/%s", long_name);
    make_file(name, "long\n");
}

static void remove_root(void)
{
    chmod(own_path("root/closed"), 0755); // or an ordinary user could not
    remove_own_directory();
}

/* --- Asking --- */

struct sink {
    char bytes[2 * TEXT_BYTES];
    size_t len;
    int file_pieces;
    const char *shrinks; // the file that is cut to 3 bytes on its way
};

static int take_piece(void *to, const struct piece *piece)
{
    struct sink *sink = to;
    ck_assert_uint_lt(sink->len + (size_t)piece->len, sizeof sink->bytes);
    char *end = sink->bytes + sink->len;
    ssize_t got = piece->len;
    if (piece->bytes) {
        memcpy(end, piece->bytes, (size_t)piece->len);
    } else {
        sink->file_pieces++;
        if (sink->shrinks)
            ck_assert_int_eq(truncate(sink->shrinks, 3), 0);
        got = pread(piece->file, end, (size_t)piece->len, piece->offset);
    }
    sink->len += (size_t)got;
    sink->bytes[sink->len] = '\0';
    errno = EIO;
    return got == piece->len ? 0 : -1;
}

static struct sink sink;
static struct exchange exchange;
static int root = -1;
static struct files files = {.index = "index.html"};

/* Answer the request that begins with `line`. */
static const char *ask(const char *line)
{
    static const struct limits limits = {
        .target_bytes = 8000, .head_bytes = 1000, .body_bytes = 1000};
    static char text[9000];
    if (root < 0)
        root = open(own_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int len =
        snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\n\r\n", line);
    ck_assert_int_eq(request_open(&exchange.request, &limits), 0);
    ck_assert_msg(request_feed(&exchange.request, text, (size_t)len) == 0, "%s",
                  line);
    ck_assert(exchange.request.complete);
    sink.len = 0;
    sink.file_pieces = 0;
    bool for_head = strncmp(line, "HEAD ", 5) == 0;
    response_open(&exchange.response, take_piece, &sink, 1, for_head, true);
    files.root = root;
    files_answer(&exchange, &files);
    response_end(&exchange.response);
    request_close(&exchange.request);
    return sink.bytes;
}

static const char *get(const char *target)
{
    char line[8000];
    snprintf(line, sizeof line, "GET %s", target);
    return ask(line);
}

static const char *body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(end);
    return end + 4;
}

static void check_status(const char *target, int status)
{
    get(target);
    ck_assert_msg(exchange.response.status == status, "%.100s: %d, not %d",
                  target, exchange.response.status, status);
    ck_assert_msg(!exchange.response.broken, "%.100s", target);
}

struct page {
    const char *target, *body;
};

static void check_pages(const struct page *pages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_status(pages[i].target, 200);
        ck_assert_str_eq(body_of(sink.bytes), pages[i].body);
    }
}

/* --- With and without openat2(2) --- */

/* From now on this process runs on a kernel older than Linux 5.6. */
static void forget_openat2(void)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = COUNT(steps), .filter = steps};
    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), 0);
    ck_assert_int_eq((int)syscall(SYS_openat2, 0, "", NULL, 0), -1);
    ck_assert_int_eq(errno, ENOSYS);
}

static bool kernel_has_openat2(void)
{
    return syscall(SYS_openat2, -1, "", NULL, 0) == -1 && errno != ENOSYS;
}

/* The tests below run twice: with openat2 (0) and without (1). */
static void choose_kernel(int without)
{
    if (without)
        forget_openat2();
}

START_TEST(paths_name_files)
{
    static const struct page pages[] = {
        {"/", "<index>"},
        {"/index.html", "<index>"},
        {"/hello.txt", "hello\n"},
        {"/hello.txt?a=b/../c", "hello\n"},
        {"//hello.txt", "hello\n"},
        {"http://b/hello.txt", "hello\n"},
        {"http://b", "<index>"},
        {"/%68ello.tx%74", "hello\n"},
        {"/with%20space", "space\n"},
        {"/100%25", "percent\n"},
        {"/%C3%a4", "umlaut\n"},
        {"/dots..in.name", "dots\n"},
        {"/empty", ""},
        {"/dir/", "<dir>"},
        {"/dir//", "<dir>"},
        {"/dir/page.html", "<page>"},
        {"/dir%2Fpage.html", "<page>"},
        {"//dir///page.html", "<page>"},
        {"/.well-known/known", "known\n"},
    };
    choose_kernel(_i);
    check_pages(pages, COUNT(pages));
    char target[300];
    snprintf(target, sizeof target, "/%s", long_name);
    const struct page page = {target, "long\n"};
    check_pages(&page, 1);
}
END_TEST

START_TEST(what_is_not_there_is_404)
{
    static const char *const targets[] = {
        "/none",           "/none/",    "/none/none",    "/hello.txt/",
        "/hello.txt/none", "/dir/sub/", "/dangling",     "/loop",
        "/loop/x",         "/socket",   "/hello.txt%0a", "/HELLO.TXT",
        "/odd/", // its index is a directory: no redirect without end
    };
    choose_kernel(_i);
    for (size_t i = 0; i < COUNT(targets); i++)
        check_status(targets[i], 404);
}
END_TEST

START_TEST(names_that_are_too_long_are_404)
{
    choose_kernel(_i);
    static char target[7000];
    memset(target, 'n', sizeof target);
    target[0] = '/';
    static const size_t lengths[] = {257, 300, 4000, 4090, 4096, 4097, 6999};
    for (size_t i = 0; i < COUNT(lengths); i++) {
        target[lengths[i]] = '\0';
        check_status(target, 404);
        target[lengths[i] - 1] = '/';
        check_status(target, 404);
        target[lengths[i]] = target[lengths[i] - 1] = 'n';
    }
    for (size_t i = 0; i + 2 < sizeof target; i += 2)
        memcpy(target + i, "/n", 2);
    target[sizeof target - 1] = '\0';
    check_status(target, 404);
}
END_TEST

START_TEST(hidden_names_do_not_exist)
{
    static const char *const targets[] = {
        "/.hidden",
        "/%2ehidden",
        "/dir/.secret",
        "/.git/config",
        "/.git",
        "/.git/",
        "/.well-known-not",
        "/.well-known/.secret",
        "//.hidden",
        "/dir/../.hidden",
        "/.",
        "/./hello.txt",
        "/dir/.",
        "/.well-known/../.hidden",
    };
    choose_kernel(_i);
    for (size_t i = 0; i < COUNT(targets); i++)
        check_status(targets[i], 404);
}
END_TEST

START_TEST(nobody_climbs_out_of_the_root)
{
    static const char *const targets[] = {
        "/../secret",
        "/..",
        "/../",
        "/dir/../../secret",
        "/%2e%2e/secret",
        "/%2e./secret",
        "/..%2fsecret",
        "/dir/%2e%2e%2f%2e%2e%2fsecret",
        "//..//secret",
        "/../root/hello.txt",
        "/../rootless/secret",
        "http://a/../secret",
        "/outlink",
        "/updir/secret",
        "/updir/root/hello.txt",
        "/sibling/secret",
        "/absolute",
    };
    choose_kernel(_i);
    for (size_t i = 0; i < COUNT(targets); i++)
        check_status(targets[i], 404);
}
END_TEST

/* The fallback follows none, which is safe as well. */
START_TEST(links_inside_are_followed_where_the_kernel_can)
{
    static const struct page pages[] = {
        {"/link", "hello\n"},
        {"/dir/uplink", "hello\n"},
        {"/dirlink/", "<dir>"},
        {"/dirlink/page.html", "<page>"},
    };
    if (_i == 0 && !kernel_has_openat2())
        return;
    choose_kernel(_i);
    if (_i == 0)
        check_pages(pages, COUNT(pages));
    for (size_t i = 0; _i == 1 && i < COUNT(pages); i++)
        check_status(pages[i].target, 404);
}
END_TEST

START_TEST(special_files_are_403_without_waiting)
{
    choose_kernel(_i);
    check_status("/fifo", 403);
}
END_TEST

START_TEST(what_may_not_be_read_is_403)
{
    if (geteuid() == 0) {
        ck_assert_int_eq(setgid(NOBODY), 0);
        ck_assert_int_eq(setuid(NOBODY), 0);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // sanitizers look at themselves
    }
    choose_kernel(_i);
    check_status("/unreadable", 403);
    check_status("/closed/file", 403);
    check_status("/closed/none", 403);
    check_status("/hello.txt", 200);
}
END_TEST

START_TEST(a_directory_without_its_slash_is_redirected)
{
    static const struct {
        const char *target, *location;
    } rows[] = {
        {"/dir", "/dir/"},
        {"/dir?a=b?c", "/dir/?a=b?c"},
        {"/dir?", "/dir/?"},
        {"/dir/sub", "/dir/sub/"},
        {"/%64ir", "/%64ir/"},
        {"//dir", "/dir/"}, // "//dir/" would be another server
        {"///dir/sub?x", "/dir/sub/?x"},
    };
    choose_kernel(_i);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[64];
        snprintf(line, sizeof line, "\r\nLocation: %s\r\n", rows[i].location);
        check_status(rows[i].target, 301);
        ck_assert_msg(strstr(sink.bytes, line), "%s: %s", rows[i].target,
                      sink.bytes);
    }
}
END_TEST

START_TEST(no_descriptor_stays_open)
{
    static const char *const targets[] = {
        "/hello.txt",    "/none",  "/dir",  "/dir/",          "/fifo",
        "/updir/secret", "/a/b/c", "/odd/", "/dir/page.html",
    };
    choose_kernel(_i);
    check_status("/", 200);
    int before = dup(root);
    close(before);
    for (size_t i = 0; i < COUNT(targets); i++)
        get(targets[i]);
    check_status("/dir/page.html/x/y", 404);
    ck_assert_int_eq(dup(root), before);
}
END_TEST

START_TEST(a_shortage_of_descriptors_is_503)
{
    choose_kernel(_i);
    check_status("/", 200);
    struct rlimit before, few;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)root + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    check_status("/hello.txt", 503);
    check_status("/dir/page.html", 503);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

/* --- Answers --- */

START_TEST(a_file_is_sent_as_a_file_with_type_and_length)
{
    check_status("/hello.txt", 200);
    ck_assert_int_eq(sink.file_pieces, 1);
    ck_assert_ptr_nonnull(
        strstr(sink.bytes, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 6\r\n"));
    check_status("/empty", 200);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(head_is_get_without_the_body)
{
    static const char *const targets[] = {"/hello.txt", "/dir/", "/dir",
                                          "/none",      "/fifo", "/empty"};
    for (size_t i = 0; i < COUNT(targets); i++) {
        char line[64], head[TEXT_BYTES];
        snprintf(line, sizeof line, "HEAD %s", targets[i]);
        int len = snprintf(head, sizeof head, "%s", ask(line));
        ck_assert_int_eq(sink.file_pieces, 0);
        ck_assert_str_eq(body_of(head), "");
        const char *answer = get(targets[i]);
        /* A second may have passed between the two Dates. */
        const char *dates = strstr(answer, "Date: "), *rest = dates + 37;
        ck_assert_int_eq(strncmp(head, answer, (size_t)(dates - answer)), 0);
        ck_assert_msg(strncmp(head + (rest - answer), rest,
                              (size_t)(len - (rest - answer))) == 0,
                      "%s\n%s\n%s", targets[i], head, answer);
    }
}
END_TEST

START_TEST(other_methods_are_405_with_allow)
{
    static const char *const lines[] = {
        "POST /hello.txt", "PUT /hello.txt",  "DELETE /hello.txt",
        "OPTIONS *",       "OPTIONS /none",   "TRACE /",
        "CONNECT a:1",     "POST /../secret", "PROPFIND /"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        ask(lines[i]);
        ck_assert_msg(exchange.response.status == 405, "%s: %d", lines[i],
                      exchange.response.status);
        ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nAllow: GET, HEAD\r\n"));
    }
}
END_TEST

START_TEST(a_file_that_shrinks_breaks_the_response)
{
    char path[512];
    make_file("root/shrinking", "0123456789");
    snprintf(path, sizeof path, "%s", own_path("root/shrinking"));
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(silence, STDERR_FILENO);
    sink.shrinks = path;
    get("/shrinking");
    ck_assert(exchange.response.broken);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 10\r\n"));
    ck_assert_str_eq(body_of(sink.bytes), "012");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("files");
    TCase *paths = new_case(suite, "paths");
    tcase_add_unchecked_fixture(paths, make_root, remove_root);
    tcase_add_loop_test(paths, paths_name_files, 0, 2);
    tcase_add_loop_test(paths, what_is_not_there_is_404, 0, 2);
    tcase_add_loop_test(paths, names_that_are_too_long_are_404, 0, 2);
    tcase_add_loop_test(paths, hidden_names_do_not_exist, 0, 2);
    tcase_add_loop_test(paths, nobody_climbs_out_of_the_root, 0, 2);
    tcase_add_loop_test(paths, links_inside_are_followed_where_the_kernel_can,
                        0, 2);
    tcase_add_loop_test(paths, special_files_are_403_without_waiting, 0, 2);
    tcase_add_loop_test(paths, what_may_not_be_read_is_403, 0, 2);
    tcase_add_loop_test(paths, a_directory_without_its_slash_is_redirected, 0,
                        2);
    tcase_add_loop_test(paths, no_descriptor_stays_open, 0, 2);
    tcase_add_loop_test(paths, a_shortage_of_descriptors_is_503, 0, 2);
    TCase *answers = new_case(suite, "answers");
    tcase_add_unchecked_fixture(answers, make_root, remove_root);
    tcase_add_test(answers, a_file_is_sent_as_a_file_with_type_and_length);
    tcase_add_test(answers, head_is_get_without_the_body);
    tcase_add_test(answers, other_methods_are_405_with_allow);
    tcase_add_test(answers, a_file_that_shrinks_breaks_the_response);
    return run_suite(suite);
}
