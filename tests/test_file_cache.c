/* test_file_cache.c - what is kept, what is found, and what never is. */
#include "common/file_cache.h"
#include "tests/testing.h"

static struct file_cache cache;
static const time_t now = 1000000000;

/* A file of its own for each test, which claims to be as old as is wanted. */
static int file = -1;
static struct stat about;

static void make_file(const char *text)
{
    write_file("file", text, strlen(text));
    file = open(own_path("file"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(fstat(file, &about), 0);
    about.st_ctim.tv_sec = about.st_mtim.tv_sec = now - 1000;
}

/* The second asking counts. */
static bool keeps(const char *name)
{
    file_cache_keep(&cache, name, file, &about, now);
    return file_cache_keep(&cache, name, file, &about, now) != NULL;
}

static void keep(const char *name)
{
    ck_assert(keeps(name));
    ck_assert_ptr_nonnull(file_cache_find(&cache, name, &about));
}

START_TEST(what_was_kept_is_found)
{
    make_file("hello");
    ck_assert_ptr_null(file_cache_find(&cache, "a", &about));
    keep("a");
    struct cached_file *found = file_cache_find(&cache, "a", &about);
    ck_assert_mem_eq(found->bytes, "hello", 5);
    ck_assert_int_eq(found->neighbours_seen, 0);
    ck_assert_ptr_null(file_cache_find(&cache, "b", &about));
    ck_assert_ptr_null(file_cache_find(&cache, "", &about));
}
END_TEST

START_TEST(what_was_asked_for_once_is_not_kept)
{
    make_file("hello");
    ck_assert_ptr_null(file_cache_keep(&cache, "a", file, &about, now));
    ck_assert_ptr_null(file_cache_find(&cache, "a", &about));
    ck_assert_ptr_nonnull(file_cache_keep(&cache, "a", file, &about, now));
    ck_assert_ptr_nonnull(file_cache_find(&cache, "a", &about));
}
END_TEST

START_TEST(an_empty_file_can_be_kept)
{
    make_file("");
    keep("a");
}
END_TEST

START_TEST(another_state_of_it_is_not_found)
{
    make_file("hello");
    keep("a");
    struct stat others[7];
    for (size_t i = 0; i < COUNT(others); i++)
        others[i] = about;
    others[0].st_ino++;
    others[1].st_dev++;
    others[2].st_size--;
    others[3].st_ctim.tv_sec++;
    others[4].st_ctim.tv_nsec++;
    others[5].st_mtim.tv_sec--;
    others[6].st_mtim.tv_nsec++;
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert_msg(!file_cache_find(&cache, "a", &others[i]), "%zu", i);
    ck_assert_ptr_nonnull(file_cache_find(&cache, "a", &about));
}
END_TEST

/* It could be written again, and still tell the same time. */
START_TEST(what_changed_just_now_is_not_kept)
{
    make_file("hello");
    about.st_ctim.tv_sec = now - FILE_SETTLED_SECONDS + 1;
    ck_assert(!keeps("a"));
    about.st_ctim.tv_sec = now + 1000; // the clock was set back
    ck_assert(!keeps("a"));
    ck_assert_ptr_null(file_cache_find(&cache, "a", &about));
    about.st_ctim.tv_sec = now - FILE_SETTLED_SECONDS;
    keep("a");
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
    static char text[FILE_CACHE_FILE_BYTES + 2];
    memset(text, 'x', sizeof text - 1);
    make_file(text);
    ck_assert(!keeps("a"));
    about.st_size--;
    keep("a");
    char name[FILE_CACHE_NAME_BYTES + 1];
    memset(name, 'n', sizeof name);
    name[FILE_CACHE_NAME_BYTES] = '\0';
    ck_assert(!keeps(name));
    name[FILE_CACHE_NAME_BYTES - 1] = '\0';
    keep(name);
}
END_TEST

START_TEST(what_cannot_be_read_whole_is_not_kept)
{
    make_file("hello");
    keep("a");
    about.st_size = 6;
    ck_assert(!keeps("a"));
    ck_assert_ptr_null(file_cache_find(&cache, "a", &about));
    about.st_size = 5; // nor is half of it taken for what was there
    ck_assert_ptr_null(file_cache_find(&cache, "a", &about));
}
END_TEST

/* More names than places: whatever is found is what was kept by that name. */
START_TEST(names_take_each_others_places)
{
    enum { NAMES = 4 * FILE_CACHE_PLACES };
    static struct stat states[NAMES];
    char name[16], text[16];
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "name-%d", i);
        snprintf(text, sizeof text, "text %d", i);
        make_file(text);
        keep(name);
        states[i] = about;
        close(file);
    }
    int found_again = 0;
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "name-%d", i);
        snprintf(text, sizeof text, "text %d", i);
        const struct cached_file *found =
            file_cache_find(&cache, name, &states[i]);
        if (found)
            ck_assert_mem_eq(found->bytes, text, strlen(text));
        found_again += found ? 1 : 0;
    }
    ck_assert_int_gt(found_again, FILE_CACHE_PLACES / 2); // they spread
    ck_assert_int_le(found_again, FILE_CACHE_PLACES);
}
END_TEST

START_TEST(without_a_cache_nothing_is_kept)
{
    make_file("hello");
    ck_assert_ptr_null(file_cache_keep(NULL, "a", file, &about, now));
    ck_assert_ptr_null(file_cache_find(NULL, "a", &about));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file cache");
    TCase *tests = new_case(suite, "file cache");
    tcase_add_unchecked_fixture(tests, make_own_directory,
                                remove_own_directory);
    tcase_add_test(tests, what_was_kept_is_found);
    tcase_add_test(tests, what_was_asked_for_once_is_not_kept);
    tcase_add_test(tests, an_empty_file_can_be_kept);
    tcase_add_test(tests, another_state_of_it_is_not_found);
    tcase_add_test(tests, what_changed_just_now_is_not_kept);
    tcase_add_test(tests, what_is_too_large_is_not_kept);
    tcase_add_test(tests, what_cannot_be_read_whole_is_not_kept);
    tcase_add_test(tests, names_take_each_others_places);
    tcase_add_test(tests, without_a_cache_nothing_is_kept);
    return run_suite(suite);
}
