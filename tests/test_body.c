/* test_body.c - a body comes out as it went in, wherever it is kept. */
#include "common/body.h"
#include "tests/testing.h"

#include <sys/resource.h>

enum { LARGEST = 3 * BODY_MEMORY_BYTES };

static char pattern[LARGEST];

static void make_pattern(void)
{
    make_own_directory();
    setenv("TMPDIR", own_directory, 1);
    for (size_t i = 0; i < LARGEST; i++)
        pattern[i] = (char)(i * 31 >> 3);
}

/* A body of `len` bytes that came by `piece`. */
static struct body body_of(size_t len, size_t piece)
{
    struct body body = {0};
    for (size_t at = 0; at < len; at += piece) {
        size_t count = len - at < piece ? len - at : piece;
        ck_assert_int_eq(body_append(&body, pattern + at, count), 0);
    }
    ck_assert_uint_eq(body.len, len);
    return body;
}

static void check_read(const struct body *body, size_t size, size_t offset)
{
    static char bytes[LARGEST];
    size_t left = offset < body->len ? body->len - offset : 0;
    size_t expected = size < left ? size : left;
    ck_assert_int_eq(body_read(body, bytes, size, offset), (ssize_t)expected);
    if (expected > 0)
        ck_assert_mem_eq(bytes, pattern + offset, expected);
}

static const size_t sizes[] = {
    0,
    1,
    4096,
    4097,
    BODY_MEMORY_BYTES - 1,
    BODY_MEMORY_BYTES,
    BODY_MEMORY_BYTES + 1,
    LARGEST,
};
static const size_t pieces[] = {997, 4096, BODY_MEMORY_BYTES, LARGEST};

START_TEST(it_is_read_from_any_place)
{
    for (size_t i = 0; i < COUNT(pieces); i++) {
        struct body body = body_of(sizes[_i], pieces[i]);
        check_read(&body, LARGEST, 0);
        check_read(&body, 10, 0);
        check_read(&body, 0, 0);
        check_read(&body, 10, body.len / 2);
        check_read(&body, LARGEST, body.len / 2);
        check_read(&body, LARGEST, body.len);
        check_read(&body, LARGEST, body.len + 1);
        body_free(&body);
        ck_assert_uint_eq(body.len, 0);
    }
}
END_TEST

/* The descriptor that the next file would get. */
static int next_descriptor(void)
{
    int next = fcntl(STDERR_FILENO, F_DUPFD, 0), number = next;
    close(next);
    return number;
}

START_TEST(what_is_small_needs_no_descriptor)
{
    int free_before = next_descriptor();
    struct body body = body_of(BODY_MEMORY_BYTES, 1000);
    ck_assert_int_eq(next_descriptor(), free_before);
    body_free(&body);
}
END_TEST

static void check_file(int file)
{
    struct stat about;
    ck_assert_int_eq(fstat(file, &about), 0);
    ck_assert_uint_eq(about.st_nlink, 0);
    ck_assert_uint_eq(about.st_mode & 0077, 0);
    ck_assert_int_eq(about.st_size, LARGEST);
    ck_assert(closes_on_exec(file));
}

START_TEST(what_is_large_is_a_file_without_a_name_until_it_is_freed)
{
    int file = next_descriptor();
    struct body body = body_of(LARGEST, 1000);
    check_file(file);
    body_free(&body);
    ck_assert_int_eq(next_descriptor(), file);
}
END_TEST

START_TEST(where_no_file_can_be_made_it_is_kept_in_memory)
{
    setenv("TMPDIR", own_path("none"), 1);
    struct body body = body_of(LARGEST, 1000);
    check_read(&body, LARGEST, 0);
    body_free(&body);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {BODY_MEMORY_BYTES + 100, BODY_MEMORY_BYTES + 100};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct body body = body_of(BODY_MEMORY_BYTES, 1000);
    ck_assert_int_eq(body_append(&body, pattern, 101), -1);
    ck_assert_int_eq(errno, EFBIG);
    body_free(&body);
}
END_TEST

START_TEST(no_free_descriptor_is_an_error_and_loses_nothing)
{
    struct body body = body_of(BODY_MEMORY_BYTES, 1000);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)next_descriptor();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(body_append(&body, pattern, 1), -1);
    ck_assert_int_eq(errno, EMFILE);
    limit.rlim_cur = before; // who looks for leaks needs some
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(body.len, BODY_MEMORY_BYTES);
    check_read(&body, LARGEST, 0);
    body_free(&body);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("body");
    TCase *tests = new_case(suite, "body");
    tcase_add_unchecked_fixture(tests, make_pattern, remove_own_directory);
    tcase_add_loop_test(tests, it_is_read_from_any_place, 0, COUNT(sizes));
    tcase_add_test(tests, what_is_small_needs_no_descriptor);
    tcase_add_test(tests,
                   what_is_large_is_a_file_without_a_name_until_it_is_freed);
    tcase_add_test(tests, where_no_file_can_be_made_it_is_kept_in_memory);
    tcase_add_test(tests, a_full_disk_is_an_error);
    tcase_add_test(tests, no_free_descriptor_is_an_error_and_loses_nothing);
    return run_suite(suite);
}
