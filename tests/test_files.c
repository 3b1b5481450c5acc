/* test_files.c - which file a path means, and that it means none outside. */
#include "common/exchange.h"
#include "common/file_cache.h"
#include "common/files.h"
#include "common/options.h"
#include "tests/sink.h"

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

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define MODIFIED "Sun, 06 Nov 1994 08:49:37 GMT"

static void make_old_file(const char *name, const char *text)
{
    make_file(name, text);
    set_time(name, 784111777);
}

static void make_encoded_files(void)
{
    make_old_file("root/both.js", "identity");
    make_old_file("root/both.js.br", "brotli");
    make_old_file("root/both.js.gz", "gzip");
    make_old_file("root/one.txt", "identity");
    make_old_file("root/one.txt.gz", "gzip");
    make_file("root/stale.txt", "identity");
    make_old_file("root/stale.txt.gz", "gzip");
    make_old_file("root/odd.txt", "identity");
    make_directory("root/odd.txt.gz");
    make_link("../secret", "root/odd.txt.br");
    make_directory("root/packed");
    make_old_file("root/packed/index.html", "identity");
    make_old_file("root/packed/index.html.gz", "gzip");
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
    make_old_file("root/ten", "0123456789");
    make_encoded_files();
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

static struct sink sink;
static const char *shrinks; // the file that is cut to 3 bytes on its way

static int shrink_and_take(void *to, const struct piece *piece)
{
    if (!piece->bytes && shrinks)
        ck_assert_int_eq(truncate(shrinks, 3), 0);
    return take_piece(to, piece);
}

static struct exchange exchange;
static int root = -1;
static struct files files = {.index = "index.html"};

/* Answer the request that begins with `line` and has more header lines, each
 * with its end. */
static const char *ask_with(const char *line, const char *headers)
{
    static const struct limits limits = {
        .target_bytes = 8000, .head_bytes = 8000, .body_bytes = 1000};
    static char text[17000];
    if (root < 0)
        root = open(own_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int len = snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: a\r\n%s\r\n",
                       line, headers);
    ck_assert_int_eq(request_open(&exchange.request, &limits), 0);
    ck_assert_msg(request_feed(&exchange.request, text, (size_t)len) == 0, "%s",
                  line);
    ck_assert(exchange.request.complete);
    sink.len = 0;
    sink.calls = sink.file_pieces = 0;
    bool for_head = strncmp(line, "HEAD ", 5) == 0;
    response_open(&exchange.response, shrink_and_take, &sink, 1, for_head,
                  true);
    files.root = root;
    files_answer(&exchange, &files);
    response_end(&exchange.response);
    request_close(&exchange.request);
    return sink.bytes;
}

static const char *ask(const char *line)
{
    return ask_with(line, "");
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
        "/none",           "/none/",        "/none/none", "/hello.txt/",
        "/hello.txt/none", "/dir/sub/",     "/dangling",  "/loop",
        "/loop/x",         "/hello.txt%0a", "/HELLO.TXT",
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
    check_status("/socket", 403);
}
END_TEST

/* Root may read everything. */
static void become_nobody(void)
{
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(setgid(NOBODY), 0);
    ck_assert_int_eq(setuid(NOBODY), 0);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // sanitizers look at themselves
}

START_TEST(what_may_not_be_read_is_403)
{
    become_nobody();
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
        {"http://a/dir?x", "/dir/?x"},
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
        "/updir/secret", "/a/b/c", "/odd/", "/dir/page.html", "/both.js",
    };
    choose_kernel(_i);
    check_status("/", 200);
    int before = dup(root);
    close(before);
    for (size_t i = 0; i < COUNT(targets); i++)
        get(targets[i]);
    ask_with("GET /both.js", "Accept-Encoding: br\r\n");
    ask_with("GET /both.js", "Accept-Encoding: gzip\r\n");
    files.list = true;
    check_status("/odd/", 200);
    check_status("/dir/sub/", 200);
    files.list = false;
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

/* A file that is too large for the buffer. */
static void make_large(const char *name)
{
    static char text[RESPONSE_BUFFER_BYTES + 1];
    memset(text, 'x', sizeof text - 1);
    make_file(name, text);
}

START_TEST(a_large_file_is_sent_as_a_file)
{
    make_large("root/large");
    check_status("/large", 200);
    ck_assert_int_eq(sink.calls, 2);
    ck_assert_int_eq(sink.file_pieces, 1);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 16384\r\n"));
    ck_assert_uint_eq(strlen(body_of(sink.bytes)), RESPONSE_BUFFER_BYTES);
}
END_TEST

START_TEST(a_small_file_leaves_with_its_head)
{
    check_status("/hello.txt", 200);
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_int_eq(sink.file_pieces, 0);
    ck_assert_str_eq(body_of(sink.bytes), "hello\n");
}
END_TEST

START_TEST(a_file_has_a_type_and_a_length)
{
    check_status("/hello.txt", 200);
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
        "POST /hello.txt", "PUT /hello.txt",  "DELETE /hello.txt", "OPTIONS *",
        "OPTIONS /none",   "POST /../secret", "PROPFIND /"};
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
    make_large("root/shrinking");
    snprintf(path, sizeof path, "%s", own_path("root/shrinking"));
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(silence, STDERR_FILENO);
    shrinks = path;
    get("/shrinking");
    ck_assert(exchange.response.broken);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 16384\r\n"));
    ck_assert_str_eq(body_of(sink.bytes), "xxx");
}
END_TEST

/* The value of a header of the last answer; NULL if it has none. */
static const char *header(const char *name)
{
    static char value[512];
    char start[64];
    int len = snprintf(start, sizeof start, "\r\n%s: ", name);
    const char *end = strstr(sink.bytes, "\r\n\r\n");
    const char *found = strstr(sink.bytes, start);
    if (!found || found > end)
        return NULL;
    found += len;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(found, "\r"), found);
    return value;
}

static void check_header(const char *rule, const char *name, const char *wanted)
{
    const char *value = header(name);
    ck_assert_msg(wanted ? value && strcmp(value, wanted) == 0 : !value,
                  "%s: %s: %s", rule, name, value ? value : "(none)");
}

static void etag_of(const char *target, char etag[128])
{
    check_status(target, 200);
    ck_assert_ptr_nonnull(header("ETag"));
    snprintf(etag, 128, "%s", header("ETag"));
}

/* --- Validators --- */

START_TEST(rfc9110_8_8_a_settled_file_has_strong_validators)
{
    char etag[128], again[128];
    etag_of("/ten", etag);
    ck_assert_int_eq(etag[0], '"');
    ck_assert_int_eq(etag[strlen(etag) - 1], '"');
    check_header("8.8.2", "Last-Modified", MODIFIED);
    check_header("14.3", "Accept-Ranges", "bytes");
    etag_of("/ten", again);
    ck_assert_str_eq(etag, again);
}
END_TEST

START_TEST(the_tag_changes_with_the_file)
{
    char etag[128], changed[128];
    etag_of("/ten", etag);
    make_old_file("root/ten", "01234567890"); // longer
    etag_of("/ten", changed);
    ck_assert_str_ne(etag, changed);
    make_old_file("root/ten", "9876543210"); // of the same length and time:
    etag_of("/ten", changed);                // nothing can tell
    ck_assert_str_eq(etag, changed);
    set_time("root/ten", 784111778);
    etag_of("/ten", changed);
    ck_assert_str_ne(etag, changed);
    const struct timespec times[2] = {{.tv_sec = 784111777, .tv_nsec = 1000},
                                      {.tv_sec = 784111777, .tv_nsec = 1000}};
    utimensat(AT_FDCWD, own_path("root/ten"), times, 0);
    etag_of("/ten", changed);
    ck_assert_str_ne(etag, changed);
    char old[512];
    make_old_file("root/new", "0123456789"); // another inode
    snprintf(old, sizeof old, "%s", own_path("root/new"));
    rename(old, own_path("root/ten"));
    etag_of("/ten", changed);
    ck_assert_str_ne(etag, changed);
    make_old_file("root/ten", "0123456789");
}
END_TEST

START_TEST(rfc9110_8_8_1_what_may_change_unseen_is_weak)
{
    static const int ages[] = {0, 1, -1, -1000};
    char etag[128], weak[128];
    for (size_t i = 0; i < COUNT(ages); i++) {
        set_time("root/ten", time(NULL) - ages[i]);
        etag_of("/ten", weak);
        ck_assert_msg(strncmp(weak, "W/\"", 3) == 0, "%d: %s", ages[i], weak);
    }
    set_time("root/ten", time(NULL) - 2);
    etag_of("/ten", etag);
    ck_assert_int_eq(etag[0], '"');
    set_time("root/ten", 784111777);
}
END_TEST

START_TEST(rfc9110_8_8_2_1_no_change_is_later_than_the_answer)
{
    char date[64];
    set_time("root/ten", time(NULL) + 1000);
    for (int tries = 0; tries < 3; tries++) { // a second may pass meanwhile
        check_status("/ten", 200);
        snprintf(date, sizeof date, "%s", header("Date"));
        if (strcmp(date, header("Last-Modified")) == 0)
            break;
    }
    check_header("8.8.2.1", "Last-Modified", date);
    set_time("root/ten", -1000);
    check_status("/ten", 200);
    check_header("before 1970", "Last-Modified",
                 "Thu, 01 Jan 1970 00:00:00 GMT");
    set_time("root/ten", 784111777);
}
END_TEST

/* --- Conditions and ranges --- */

struct question {
    const char *rule, *headers; // where "ETAG" stands for the tag
    int status;
    const char *range, *body; // Content-Range, and the body
};

static const char *with_etag(const char *headers, const char *etag)
{
    static char text[8000];
    size_t len = 0;
    text[0] = '\0';
    for (const char *next; *headers; headers = next) {
        const char *place = strstr(headers, "ETAG");
        next = place ? place + 4 : headers + strlen(headers);
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s%s",
                                (int)((place ? place : next) - headers),
                                headers, place ? etag : "");
    }
    return text;
}

static void check_questions(const char *line, const struct question *rows,
                            size_t count)
{
    char etag[128], len[32];
    etag_of(strchr(line, '/'), etag);
    for (size_t i = 0; i < count; i++) {
        const struct question *row = &rows[i];
        ask_with(line, with_etag(row->headers, etag));
        ck_assert_msg(exchange.response.status == row->status, "%s: %d",
                      row->rule, exchange.response.status);
        ck_assert_msg(!exchange.response.broken, "%s", row->rule);
        check_header(row->rule, "Content-Range", row->range);
        if (row->status < 400)
            check_header(row->rule, "ETag", etag);
        if (!row->body)
            continue;
        ck_assert_msg(strcmp(body_of(sink.bytes), row->body) == 0, "%s: %s",
                      row->rule, body_of(sink.bytes));
        snprintf(len, sizeof len, "%zu", strlen(row->body));
        check_header(row->rule, "Content-Length",
                     row->status == 304 ? NULL : len);
    }
}

START_TEST(rfc9110_13_conditions)
{
    static const struct question rows[] = {
        {"13.1.1", "If-Match: ETAG\r\n", 200, NULL, "0123456789"},
        {"13.1.1 other", "If-Match: \"x\"\r\n", 412, NULL, NULL},
        {"13.1.2", "If-None-Match: ETAG\r\n", 304, NULL, ""},
        {"13.1.2 weakly", "If-None-Match: W/ETAG\r\n", 304, NULL, ""},
        {"13.1.2 other", "If-None-Match: \"x\"\r\n", 200, NULL, "0123456789"},
        {"13.1.3", "If-Modified-Since: " MODIFIED "\r\n", 304, NULL, ""},
        {"13.1.3 old", "If-Modified-Since: " BEFORE "\r\n", 200, NULL,
         "0123456789"},
        {"13.1.4", "If-Unmodified-Since: " BEFORE "\r\n", 412, NULL, NULL},
        {"13.1.4 same", "If-Unmodified-Since: " MODIFIED "\r\n", 200, NULL,
         "0123456789"},
        {"13.2.2 the tag counts, not the date",
         "If-Modified-Since: " MODIFIED "\r\nIf-None-Match: \"x\"\r\n", 200,
         NULL, "0123456789"},
        {"5.3 lines are joined",
         "If-None-Match: \"x\"\r\nif-none-match: ETAG\r\n", 304, NULL, ""},
        {"5.3 two dates are none",
         "If-Modified-Since: " MODIFIED "\r\nIf-Modified-Since: " MODIFIED
         "\r\n",
         200, NULL, "0123456789"},
    };
    check_questions("GET /ten", rows, COUNT(rows));
    check_header("a whole file", "Content-Type", "application/octet-stream");
}
END_TEST

START_TEST(rfc9110_15_4_5_304_says_no_more_than_it_must)
{
    ask_with("GET /both.js",
             "If-Modified-Since: " MODIFIED "\r\nRange: bytes=0-0\r\n");
    ck_assert_int_eq(exchange.response.status, 304);
    check_header("304", "Last-Modified", MODIFIED);
    check_header("304", "Vary", "Accept-Encoding");
    ck_assert_ptr_nonnull(header("ETag"));
    check_header("304", "Content-Type", NULL);
    check_header("304", "Content-Length", NULL);
    check_header("304", "Accept-Ranges", NULL);
    ck_assert_int_eq(sink.file_pieces, 0);
}
END_TEST

START_TEST(rfc9110_14_ranges)
{
    static const struct question rows[] = {
        {"14.2", "Range: bytes=2-4\r\n", 206, "bytes 2-4/10", "234"},
        {"14.2 to the end", "Range: bytes=7-\r\n", 206, "bytes 7-9/10", "789"},
        {"14.2 all", "Range: bytes=0-\r\n", 206, "bytes 0-9/10", "0123456789"},
        {"14.2 a suffix", "Range: bytes=-3\r\n", 206, "bytes 7-9/10", "789"},
        {"14.2 coalesced", "Range: bytes=5-6,3-4\r\n", 206, "bytes 3-6/10",
         "3456"},
        {"14.2 not valid", "Range: bytes=4-2\r\n", 200, NULL, "0123456789"},
        {"14.2 another unit", "Range: lines=0-1\r\n", 200, NULL, "0123456789"},
        {"15.5.17", "Range: bytes=10-\r\n", 416, "bytes */10", ""},
        {"15.5.17 a suffix", "Range: bytes=-0\r\n", 416, "bytes */10", ""},
        {"13.1.5 the tag", "Range: bytes=9-\r\nIf-Range: ETAG\r\n", 206,
         "bytes 9-9/10", "9"},
        {"13.1.5 another", "Range: bytes=9-\r\nIf-Range: \"x\"\r\n", 200, NULL,
         "0123456789"},
        {"13.1.5 a weak tag", "Range: bytes=9-\r\nIf-Range: W/ETAG\r\n", 200,
         NULL, "0123456789"},
        {"13.1.5 the date", "Range: bytes=9-\r\nIf-Range: " MODIFIED "\r\n",
         206, "bytes 9-9/10", "9"},
        {"13.1.5 another date", "Range: bytes=9-\r\nIf-Range: " BEFORE "\r\n",
         200, NULL, "0123456789"},
        {"13.1.5 it also spares 416", "Range: bytes=10-\r\nIf-Range: \"x\"\r\n",
         200, NULL, "0123456789"},
        {"13.2.2 conditions come first",
         "Range: bytes=10-\r\nIf-None-Match: ETAG\r\n", 304, NULL, ""},
        {"13.2.2 all of them", "Range: bytes=0-\r\nIf-Match: \"x\"\r\n", 412,
         NULL, NULL},
        {"5.3 Range is no list of lines",
         "Range: bytes=0-0\r\nRange: bytes=5-5\r\n", 200, NULL, "0123456789"},
    };
    check_questions("GET /ten", rows, COUNT(rows));
}
END_TEST

START_TEST(rfc9110_14_2_only_get_has_ranges)
{
    static const struct question rows[] = {
        {"HEAD", "Range: bytes=2-4\r\n", 200, NULL, NULL},
        {"HEAD outside", "Range: bytes=10-\r\n", 200, NULL, NULL},
        {"HEAD with conditions", "If-None-Match: ETAG\r\n", 304, NULL, ""},
    };
    check_questions("HEAD /ten", rows, COUNT(rows));
    ask_with("HEAD /ten", "Range: bytes=2-4\r\n");
    check_header("HEAD", "Content-Length", "10");
    check_header("HEAD", "Accept-Ranges", "bytes");
}
END_TEST

START_TEST(an_empty_file_has_no_parts)
{
    static const struct question rows[] = {
        {"from the start", "Range: bytes=0-\r\n", 200, NULL, ""},
        {"a suffix", "Range: bytes=-5\r\n", 200, NULL, ""},
    };
    check_questions("GET /empty", rows, COUNT(rows));
}
END_TEST

START_TEST(rfc9110_15_3_7_2_several_ranges)
{
    char wanted[1024], boundary[128];
    ask_with("GET /ten", "Range: bytes=8-,0-1,4-4\r\n");
    ck_assert_int_eq(exchange.response.status, 206);
    check_header("15.3.7.2", "Content-Range", NULL);
    const char *type = header("Content-Type");
    ck_assert_int_eq(
        sscanf(type, "multipart/byteranges; boundary=%127s", boundary), 1);
    int len = snprintf(wanted, sizeof wanted,
                       "--%s\r\nContent-Type: application/octet-stream\r\n"
                       "Content-Range: bytes 8-9/10\r\n\r\n89\r\n"
                       "--%s\r\nContent-Type: application/octet-stream\r\n"
                       "Content-Range: bytes 0-1/10\r\n\r\n01\r\n"
                       "--%s\r\nContent-Type: application/octet-stream\r\n"
                       "Content-Range: bytes 4-4/10\r\n\r\n4\r\n--%s--\r\n",
                       boundary, boundary, boundary, boundary);
    ck_assert_str_eq(body_of(sink.bytes), wanted);
    snprintf(wanted, sizeof wanted, "%d", len);
    check_header("15.3.7.2", "Content-Length", wanted);
    ask_with("GET /ten", "Range: bytes=8-,0-1,4-4\r\n");
    ck_assert_ptr_null(strstr(header("Content-Type"), boundary));
}
END_TEST

START_TEST(rfc9110_14_2_too_many_ranges_are_the_whole)
{
    char headers[1024];
    size_t len = (size_t)snprintf(headers, sizeof headers, "Range: bytes=0-0");
    for (int i = 0; i < 32; i++)
        len += (size_t)snprintf(headers + len, sizeof headers - len, ",%d-%d",
                                i % 5 * 2, i % 5 * 2);
    snprintf(headers + len, sizeof headers - len, "\r\n");
    ask_with("GET /ten", headers);
    ck_assert_int_eq(exchange.response.status, 200);
    ck_assert_str_eq(body_of(sink.bytes), "0123456789");
}
END_TEST

START_TEST(lines_that_are_too_long_to_be_joined_are_left_out)
{
    char headers[6000];
    size_t len = 0;
    for (int i = 0; i < 3; i++) {
        len += (size_t)snprintf(headers + len, sizeof headers - len,
                                "If-None-Match: \"");
        memset(headers + len, 'x', 1500);
        len += 1500;
        len += (size_t)snprintf(headers + len, sizeof headers - len, "\"\r\n");
    }
    snprintf(headers + len, sizeof headers - len, "If-None-Match: *\r\n");
    ask_with("GET /ten", headers);
    ck_assert_int_eq(exchange.response.status, 200);
    ask_with("GET /ten", headers + len);
    ck_assert_int_eq(exchange.response.status, 304);
    /* Whole lines: a part of one might say something else, as "gzip" here. */
    enum { ROOM = 2048 };
    char filling[ROOM];
    memset(filling, 'x', sizeof filling);
    snprintf(headers, sizeof headers,
             "Accept-Encoding: identity;q=0.5,%.*s\r\n"
             "Accept-Encoding: gzip;q=0.1\r\n",
             ROOM - (int)strlen("identity;q=0.5,, gzip "), filling);
    ask_with("GET /one.txt", headers);
    check_header("a line too much", "Content-Encoding", NULL);
}
END_TEST

/* --- Files that are kept --- */

static struct file_cache cache;

static bool has_settled(const void *name)
{
    struct stat about;
    ck_assert_int_eq(stat(own_path(name), &about), 0);
    return about.st_ctim.tv_sec <= time(NULL) - FILE_SETTLED_SECONDS;
}

static void make_settled_root(void)
{
    make_root();
    if (geteuid() == 0)
        ck_assert_int_eq(chown(own_path("root/empty"), NOBODY, NOBODY), 0);
    make_file("root/last", "");
    wait_until(has_settled, "root/last");
}

static void check_body(const char *target, const char *body)
{
    const struct page page = {target, body};
    check_pages(&page, 1);
}

/* From now on the target is in the cache. */
static void have_kept(const char *target, const char *body)
{
    char path[64];
    struct stat about;
    files.cache = &cache;
    check_body(target, body);
    check_body(target, body);
    snprintf(path, sizeof path, "root%s", target);
    ck_assert_int_eq(stat(own_path(path), &about), 0);
    ck_assert_ptr_nonnull(file_cache_find(&cache, target + 1, &about));
    check_body(target, body);
}

START_TEST(a_kept_file_needs_no_descriptor)
{
    have_kept("/hello.txt", "hello\n");
    struct rlimit before, few;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)root + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    check_body("/hello.txt", "hello\n");
    check_status("/index.html", 503);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

START_TEST(a_kept_file_answers_as_before)
{
    have_kept("/ten", "0123456789");
    ask_with("GET /ten", "Range: bytes=2-4\r\n");
    ck_assert_int_eq(exchange.response.status, 206);
    ck_assert_str_eq(body_of(sink.bytes), "234");
    ask("HEAD /ten");
    check_header("HEAD", "Content-Length", "10");
    ck_assert_str_eq(body_of(sink.bytes), "");
    ask_with("GET /ten", "If-Modified-Since: " MODIFIED "\r\n");
    ck_assert_int_eq(exchange.response.status, 304);
}
END_TEST

/* Writes that a clock which stands still does not tell apart. */
START_TEST(a_kept_file_is_seen_to_be_written)
{
    have_kept("/hello.txt", "hello\n");
    static const char *const texts[] = {"HELLO\n", "hallo\n", "HALLO\n",
                                        "longer\n", "s"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        make_file("root/hello.txt", texts[i]);
        check_body("/hello.txt", texts[i]);
    }
}
END_TEST

START_TEST(a_kept_file_is_seen_to_be_replaced)
{
    have_kept("/ten", "0123456789");
    make_old_file("root/other", "9876543210"); // as old and as long
    char from[512];
    snprintf(from, sizeof from, "%s", own_path("root/other"));
    ck_assert_int_eq(rename(from, own_path("root/ten")), 0);
    check_body("/ten", "9876543210");
    ck_assert_int_eq(unlink(own_path("root/ten")), 0);
    check_status("/ten", 404);
    make_directory("root/ten");
    check_status("/ten", 301);
}
END_TEST

START_TEST(a_kept_file_that_may_be_read_no_more_is_403)
{
    become_nobody();
    have_kept("/empty", "");
    ck_assert_int_eq(chmod(own_path("root/empty"), 0), 0);
    check_status("/empty", 403);
}
END_TEST

/* The file itself is the same as ever. */
START_TEST(a_kept_file_is_seen_to_be_moved_out)
{
    char from[512], to[512];
    have_kept("/dir/page.html", "<page>");
    snprintf(from, sizeof from, "%s", own_path("root/dir"));
    snprintf(to, sizeof to, "%s", own_path("moved"));
    ck_assert_int_eq(rename(from, to), 0);
    check_status("/dir/page.html", 404);
    make_link("../moved", "root/dir");
    check_status("/dir/page.html", 404);
    ck_assert_int_eq(unlink(from), 0);
    ck_assert_int_eq(rename(to, from), 0);
    check_status("/dir/page.html", 200);
}
END_TEST

START_TEST(a_kept_link_is_followed_anew)
{
    if (!kernel_has_openat2())
        return;
    files.cache = &cache;
    check_body("/link", "hello\n");
    check_body("/link", "hello\n");
    ck_assert_int_eq(unlink(own_path("root/link")), 0);
    make_link("dots..in.name", "root/link");
    check_body("/link", "dots\n");
    ck_assert_int_eq(unlink(own_path("root/link")), 0);
    make_link("../secret", "root/link");
    check_status("/link", 404);
}
END_TEST

static bool says_vary(const void *wanted)
{
    check_status("/one.txt", 200);
    return (header("Vary") != NULL) == *(const bool *)wanted;
}

static void check_encoding(const char *encoding)
{
    ask_with("GET /one.txt", "Accept-Encoding: gzip\r\n");
    check_header("at once", "Content-Encoding", encoding);
}

/* Who would have it sees it at once, the others hear of it. */
START_TEST(a_neighbour_of_a_kept_file_comes_and_goes)
{
    have_kept("/one.txt", "identity");
    check_encoding("gzip");
    check_header("others", "Vary", "Accept-Encoding");
    ck_assert_int_eq(unlink(own_path("root/one.txt.gz")), 0);
    check_encoding(NULL);
    wait_until(says_vary, &(bool){false});
    make_file("root/one.txt.gz", "gzip");
    check_encoding("gzip");
    wait_until(says_vary, &(bool){true});
    ask_with("GET /one.txt", "Accept-Encoding: br\r\n");
    check_header("one that is not wanted", "Vary", "Accept-Encoding");
}
END_TEST

/* --- Encodings --- */

START_TEST(a_neighbour_that_may_not_be_read_is_left_alone)
{
    ck_assert_int_eq(chmod(own_path("root/both.js.gz"), 0), 0);
    become_nobody();
    ask_with("GET /both.js", "Accept-Encoding: gzip\r\n");
    ck_assert_int_eq(exchange.response.status, 200);
    check_header("of the file itself", "Content-Encoding", NULL);
    ck_assert_str_eq(body_of(sink.bytes), "identity");
}
END_TEST

START_TEST(rfc9110_8_4_the_neighbour_that_is_most_welcome)
{
    static const struct {
        const char *target, *headers;
        int status;
        const char *body, *encoding, *vary;
    } rows[] = {
        {"/both.js", "", 200, "identity", NULL, "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: gzip, br\r\n", 200, "brotli", "br",
         "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: gzip\r\n", 200, "gzip", "gzip",
         "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: br;q=0.5, gzip;q=0.9\r\n", 200, "gzip",
         "gzip", "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: br\r\nAccept-Encoding: gzip;q=0\r\n",
         200, "brotli", "br", "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: *\r\n", 200, "brotli", "br",
         "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: identity, br;q=0.5\r\n", 200, "identity",
         NULL, "Accept-Encoding"},
        {"/both.js", "Accept-Encoding:\r\n", 200, "identity", NULL,
         "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: deflate\r\n", 200, "identity", NULL,
         "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: gzip, identity;q=0\r\n", 200, "gzip",
         "gzip", "Accept-Encoding"},
        {"/both.js", "Accept-Encoding: *;q=0\r\n", 406, NULL, NULL,
         "Accept-Encoding"},
        {"/one.txt", "Accept-Encoding: br;q=1, gzip;q=0.1\r\n", 200, "gzip",
         "gzip", "Accept-Encoding"},
        {"/one.txt", "Accept-Encoding: br\r\n", 200, "identity", NULL,
         "Accept-Encoding"},
        {"/one.txt", "Accept-Encoding: br, identity;q=0\r\n", 406, NULL, NULL,
         "Accept-Encoding"},
        {"/hello.txt", "Accept-Encoding: identity;q=0\r\n", 406, NULL, NULL,
         "Accept-Encoding"},
        {"/one.txt.gz", "Accept-Encoding: gzip\r\n", 200, "gzip", NULL, NULL},
        {"/hello.txt", "Accept-Encoding: gzip, br\r\n", 200, "hello\n", NULL,
         NULL},
        {"/stale.txt", "Accept-Encoding: gzip\r\n", 200, "identity", NULL,
         NULL},
        {"/odd.txt", "Accept-Encoding: gzip, br\r\n", 200, "identity", NULL,
         NULL},
        {"/packed/", "Accept-Encoding: gzip\r\n", 200, "gzip", "gzip",
         "Accept-Encoding"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[64], rule[128];
        snprintf(line, sizeof line, "GET %s", rows[i].target);
        snprintf(rule, sizeof rule, "%s %s", rows[i].target, rows[i].headers);
        ask_with(line, rows[i].headers);
        ck_assert_msg(exchange.response.status == rows[i].status, "%s: %d",
                      rule, exchange.response.status);
        check_header(rule, "Content-Encoding", rows[i].encoding);
        check_header(rule, "Vary", rows[i].vary);
        if (rows[i].body)
            ck_assert_msg(strcmp(body_of(sink.bytes), rows[i].body) == 0,
                          "%s: %s", rule, body_of(sink.bytes));
    }
    ask_with("GET /both.js", "Accept-Encoding: br\r\n");
    check_header("of what is encoded", "Content-Type",
                 "text/javascript; charset=utf-8");
}
END_TEST

/* What a cache keeps of one client's answer must not serve the next. */
START_TEST(rfc9110_12_5_5_each_answer_says_what_it_depends_on)
{
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        {"", 200},
        {"Range: bytes=0-0\r\n", 206},
        {"Range: bytes=0-0,2-2\r\n", 206},
        {"If-None-Match: *\r\n", 304},
        {"Accept-Encoding: *;q=0\r\n", 406},
        {"If-Match: \"x\"\r\n", 412},
        {"Range: bytes=10-\r\n", 416},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ask_with("GET /both.js", rows[i].headers);
        ck_assert_int_eq(exchange.response.status, rows[i].status);
        check_header(rows[i].headers, "Vary", "Accept-Encoding");
    }
}
END_TEST

START_TEST(rfc9110_8_8_3_3_each_encoding_has_its_tag)
{
    static const char *const accepts[] = {"", "Accept-Encoding: br\r\n",
                                          "Accept-Encoding: gzip\r\n"};
    char etags[3][128], headers[512];
    ck_assert_int_eq(unlink(own_path("root/one.txt.gz")), 0);
    char to[512]; // even the same inode does not make it the same
    snprintf(to, sizeof to, "%s", own_path("root/one.txt.gz"));
    ck_assert_int_eq(link(own_path("root/one.txt"), to), 0);
    static const char *const lines[] = {"GET /both.js", "GET /one.txt"};
    for (size_t file = 0; file < COUNT(lines); file++) {
        for (size_t i = 0; i < COUNT(accepts); i++) {
            ask_with(lines[file], accepts[i]);
            snprintf(etags[i], sizeof etags[i], "%s", header("ETag"));
        }
        ck_assert_str_ne(etags[0], etags[2]);
    }
    for (size_t i = 0; i < COUNT(accepts); i++) {
        ask_with("GET /both.js", accepts[i]);
        snprintf(etags[i], sizeof etags[i], "%s", header("ETag"));
    }
    ck_assert_str_ne(etags[0], etags[1]);
    ck_assert_str_ne(etags[1], etags[2]);
    snprintf(headers, sizeof headers, "%sIf-None-Match: %s\r\n", accepts[1],
             etags[2]);
    ask_with("GET /both.js", headers);
    ck_assert_int_eq(exchange.response.status, 200);
    snprintf(headers, sizeof headers, "%sIf-None-Match: %s\r\n", accepts[1],
             etags[1]);
    ask_with("GET /both.js", headers);
    ck_assert_int_eq(exchange.response.status, 304);
}
END_TEST

START_TEST(ranges_are_of_what_is_encoded)
{
    ask_with("GET /both.js", "Accept-Encoding: br\r\nRange: bytes=2-3\r\n");
    ck_assert_int_eq(exchange.response.status, 206);
    check_header("one", "Content-Range", "bytes 2-3/6");
    check_header("one", "Content-Encoding", "br");
    ck_assert_str_eq(body_of(sink.bytes), "ot");
    ask_with("GET /both.js", "Accept-Encoding: gzip\r\nRange: bytes=4-\r\n");
    ck_assert_int_eq(exchange.response.status, 416);
    check_header("outside", "Content-Range", "bytes */4");
    /* Several parts would have nowhere to say how they are encoded. */
    ask_with("GET /both.js", "Accept-Encoding: br\r\nRange: bytes=0-0,5-\r\n");
    ck_assert_int_eq(exchange.response.status, 200);
    ck_assert_str_eq(body_of(sink.bytes), "brotli");
}
END_TEST

/* --- Directories --- */

START_TEST(the_index_has_the_name_it_is_given)
{
    files.index = "page.html";
    check_status("/dir/", 200);
    ck_assert_str_eq(body_of(sink.bytes), "<page>");
    check_status("/", 404);
}
END_TEST

START_TEST(directories_are_listed_if_that_is_wanted)
{
    check_status("/dir/sub/", 404);
    files.list = true;
    check_status("/dir/sub/", 200);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "<h1>/dir/sub/</h1>"));
    check_status("/dir/sub///", 200);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "<h1>/dir/sub/</h1>"));
    check_status("/dir/", 200);
    ck_assert_str_eq(body_of(sink.bytes), "<dir>");
    check_status("/odd/", 200); // its index is a directory
    ck_assert_ptr_nonnull(strstr(sink.bytes, "index.html/</a>"));
    check_status("/dir/sub", 301);
    check_status("/.git/", 404);
    check_status("/none/", 404);
    check_status("/updir/", 404);
    check_status("/sibling/", 404);
    check_status("/hello.txt/", 404);
    files.index = "none";
    check_status("/", 200);
    check_header("a page", "Content-Type", "text/html; charset=utf-8");
    check_header("without scripts", "Content-Security-Policy",
                 "default-src 'none'");
    ck_assert_ptr_nonnull(strstr(sink.bytes, ">hello.txt</a>"));
    ck_assert_ptr_null(strstr(sink.bytes, "hidden"));
    ck_assert_ptr_null(strstr(sink.bytes, "outlink"));
    ask("HEAD /");
    ck_assert_int_eq(exchange.response.status, 200);
    ck_assert_str_eq(body_of(sink.bytes), "");
}
END_TEST

START_TEST(rfc9110_8_8_3_a_listing_has_the_tag_of_what_it_says)
{
    static const struct question rows[] = {
        {"13.1.2", "If-None-Match: ETAG\r\n", 304, NULL, ""},
        {"13.1.2 other", "If-None-Match: W/\"x\"\r\n", 200, NULL, NULL},
        {"13.1.2 *", "If-None-Match: *\r\n", 304, NULL, ""},
        {"13.1.1 a weak tag", "If-Match: ETAG\r\n", 412, NULL, NULL},
        {"13.1.1 *", "If-Match: *\r\n", 200, NULL, NULL},
        {"13.1.3 no date", "If-Modified-Since: " MODIFIED "\r\n", 200, NULL,
         NULL},
        {"13.1.4 no date", "If-Unmodified-Since: " BEFORE "\r\n", 200, NULL,
         NULL},
        {"14.2 no ranges", "Range: bytes=0-0\r\n", 200, NULL, NULL},
    };
    char before[128];
    files.list = true;
    make_directory("root/listed");
    make_old_file("root/listed/page", "12345");
    check_questions("GET /listed/", rows, COUNT(rows));
    check_questions("HEAD /listed/", rows, COUNT(rows));
    check_header("8.8.2", "Last-Modified", NULL);

    /* Nothing of the directory itself changes. */
    etag_of("/listed/", before);
    ck_assert_int_eq(strncmp(before, "W/\"", 3), 0);
    make_old_file("root/listed/page", "123456");
    ask_with("GET /listed/", with_etag("If-None-Match: ETAG\r\n", before));
    ck_assert_int_eq(exchange.response.status, 200);
    ck_assert_str_ne(header("ETag"), before);
    make_old_file("root/listed/page", "54321");
    ask_with("GET /listed/", with_etag("If-None-Match: ETAG\r\n", before));
    ck_assert_int_eq(exchange.response.status, 304); // it says the same again
}
END_TEST

START_TEST(a_part_that_shrinks_breaks_the_response)
{
    char path[512];
    make_large("root/shrinking"); // its second part is too large to be copied
    snprintf(path, sizeof path, "%s", own_path("root/shrinking"));
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(silence, STDERR_FILENO);
    shrinks = path;
    ask_with("GET /shrinking", "Range: bytes=0-0,100-16383\r\n");
    ck_assert_int_eq(exchange.response.status, 206);
    ck_assert(exchange.response.broken);
    ck_assert_ptr_null(strstr(sink.bytes, "--\r\n"));
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
    tcase_add_test(answers, a_large_file_is_sent_as_a_file);
    tcase_add_test(answers, a_small_file_leaves_with_its_head);
    tcase_add_test(answers, a_file_has_a_type_and_a_length);
    tcase_add_test(answers, head_is_get_without_the_body);
    tcase_add_test(answers, other_methods_are_405_with_allow);
    tcase_add_test(answers, a_file_that_shrinks_breaks_the_response);
    tcase_add_test(answers, a_part_that_shrinks_breaks_the_response);
    TCase *kept = new_case(suite, "kept");
    tcase_add_unchecked_fixture(kept, make_settled_root, remove_root);
    tcase_add_test(kept, a_kept_file_needs_no_descriptor);
    tcase_add_test(kept, a_kept_file_answers_as_before);
    tcase_add_test(kept, a_kept_link_is_followed_anew);
    tcase_add_test(kept, a_kept_file_is_seen_to_be_written);
    tcase_add_test(kept, a_kept_file_is_seen_to_be_replaced);
    tcase_add_test(kept, a_kept_file_that_may_be_read_no_more_is_403);
    tcase_add_test(kept, a_kept_file_is_seen_to_be_moved_out);
    tcase_add_test(kept, a_neighbour_of_a_kept_file_comes_and_goes);
    TCase *validators = new_case(suite, "validators");
    tcase_add_unchecked_fixture(validators, make_root, remove_root);
    tcase_add_test(validators,
                   rfc9110_8_8_a_settled_file_has_strong_validators);
    tcase_add_test(validators, the_tag_changes_with_the_file);
    tcase_add_test(validators, rfc9110_8_8_1_what_may_change_unseen_is_weak);
    tcase_add_test(validators,
                   rfc9110_8_8_2_1_no_change_is_later_than_the_answer);
    TCase *questions = new_case(suite, "questions");
    tcase_add_unchecked_fixture(questions, make_root, remove_root);
    tcase_add_test(questions, rfc9110_13_conditions);
    tcase_add_test(questions, rfc9110_15_4_5_304_says_no_more_than_it_must);
    tcase_add_test(questions, rfc9110_14_ranges);
    tcase_add_test(questions, rfc9110_14_2_only_get_has_ranges);
    tcase_add_test(questions, an_empty_file_has_no_parts);
    tcase_add_test(questions, rfc9110_15_3_7_2_several_ranges);
    tcase_add_test(questions, rfc9110_14_2_too_many_ranges_are_the_whole);
    tcase_add_test(questions,
                   lines_that_are_too_long_to_be_joined_are_left_out);
    TCase *encodings = new_case(suite, "encodings");
    tcase_add_unchecked_fixture(encodings, make_root, remove_root);
    tcase_add_test(encodings, rfc9110_8_4_the_neighbour_that_is_most_welcome);
    tcase_add_test(encodings,
                   rfc9110_12_5_5_each_answer_says_what_it_depends_on);
    tcase_add_test(encodings, rfc9110_8_8_3_3_each_encoding_has_its_tag);
    tcase_add_test(encodings, ranges_are_of_what_is_encoded);
    tcase_add_test(encodings, a_neighbour_that_may_not_be_read_is_left_alone);
    TCase *directories = new_case(suite, "directories");
    tcase_add_unchecked_fixture(directories, make_root, remove_root);
    tcase_add_test(directories, the_index_has_the_name_it_is_given);
    tcase_add_test(directories, directories_are_listed_if_that_is_wanted);
    tcase_add_test(directories,
                   rfc9110_8_8_3_a_listing_has_the_tag_of_what_it_says);
    return run_suite(suite);
}
