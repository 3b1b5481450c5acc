/* test_listing.c - what of a directory is shown, and how it is written. */
#include "common/listing.h"
#include "tests/testing.h"

START_TEST(names_stand_for_themselves_in_html)
{
    char text[128];
    static const char name[] = "<a href=\"x\">'&amp;'</a>";
    static const char wanted[] = "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;"
                                 "&#39;&lt;/a&gt;";
    ck_assert_uint_eq(listing_escape(name, text, sizeof text),
                      sizeof wanted - 1);
    ck_assert_str_eq(text, wanted);
    listing_escape("", text, sizeof text);
    ck_assert_str_eq(text, "");
    listing_escape("\xc3\xa4", text, sizeof text);
    ck_assert_str_eq(text, "\xc3\xa4");
}
END_TEST

START_TEST(rfc3986_2_names_stand_for_themselves_in_links)
{
    static const struct {
        const char *name, *link;
    } rows[] = {
        {"az-AZ_09.~", "az-AZ_09.~"},
        {"with space", "with%20space"},
        {"javascript:alert(1)", "javascript%3Aalert%281%29"},
        {"a?b#c", "a%3Fb%23c"},
        {"100%", "100%25"},
        {"\"<&>'", "%22%3C%26%3E%27"},
        {"\xc3\xa4\n\x7f", "%C3%A4%0A%7F"},
        {"a/b", "a%2Fb"},
        {"", ""},
    };
    char text[128];
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_uint_eq(listing_encode(rows[i].name, text, sizeof text),
                          strlen(rows[i].link));
        ck_assert_str_eq(text, rows[i].link);
    }
}
END_TEST

START_TEST(nothing_is_written_beyond_the_room)
{
    char text[8];
    for (size_t size = 0; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        ck_assert_uint_eq(listing_escape("<<<", text, size), 12);
        ck_assert_uint_eq(listing_encode("<<<", text, size), 9);
        for (size_t i = size; i < sizeof text; i++)
            ck_assert_int_eq(text[i], 'x');
    }
}
END_TEST

/* --- A directory --- */

static char *page; // the last one

/* The page of a directory below the own one. */
static const char *list(const char *name)
{
    int root = open(own_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = open(own_path(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t len;
    free(page);
    page = listing_make(root, directory, name, &len);
    ck_assert_ptr_nonnull(page);
    ck_assert_uint_eq(strlen(page), len);
    close(directory);
    close(root);
    return page;
}

static void free_page(void)
{
    free(page);
}

static void make_file(const char *name, size_t len)
{
    static const char zeros[1000];
    write_file(name, zeros, len);
    set_time(name, 784111777);
}

static void make_tree(void)
{
    make_own_directory();
    mkdir(own_path("sub"), 0755);
    mkdir(own_path("sub/<dir>"), 0755);
    make_file("sub/b", 7);
    make_file("sub/a", 1000);
    make_file("sub/C", 0);
    make_file("sub/<i>&", 1);
    make_file("sub/.hidden", 1);
    (void)!symlink("a", own_path("sub/link"));
    (void)!symlink("/etc/passwd", own_path("sub/outlink"));
    (void)!symlink("none", own_path("sub/dangling"));
    mkfifo(own_path("sub/fifo"), 0644);
}

START_TEST(names_are_sorted_with_sizes_and_dates)
{
    const char *text = list("sub");
    static const char *const wanted[] = {
        "<title>/sub/</title>",
        "<h1>/sub/</h1>",
        "<a href=\"../\">../</a>",
        "<a href=\"%3Cdir%3E/\">&lt;dir&gt;/</a><td>",
        "<a href=\"%3Ci%3E%26\">&lt;i&gt;&amp;</a><td>",
        "<td>1994-11-06 08:49<td align=\"right\">1\n",
        "<a href=\"C\">C</a><td>1994-11-06 08:49<td align=\"right\">0\n",
        "<a href=\"a\">a</a><td>1994-11-06 08:49<td align=\"right\">1000\n",
        "<a href=\"b\">b</a><td>1994-11-06 08:49<td align=\"right\">7\n",
        "<a href=\"link\">link</a><td>",
        "<td>1994-11-06 08:49<td align=\"right\">1000\n",
        "</html>",
    };
    for (size_t i = 0; i < COUNT(wanted); i++) {
        const char *found = strstr(text, wanted[i]);
        ck_assert_msg(found, "%s is not in\n%s", wanted[i], text);
        text = found; // each comes after the one before
    }
}
END_TEST

START_TEST(what_nobody_could_ask_for_is_left_out)
{
    static const char *const names[] = {"hidden", "outlink", "dangling",
                                        "fifo",   "<i>",     "<dir>"};
    const char *text = list("sub");
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_msg(!strstr(text, names[i]), "%s is in\n%s", names[i], text);
}
END_TEST

START_TEST(the_root_has_no_parent)
{
    ck_assert_ptr_nonnull(strstr(list(""), "<h1>/</h1>"));
    ck_assert_ptr_null(strstr(page, "../"));
    ck_assert_ptr_nonnull(strstr(page, "<a href=\"sub/\">sub/</a>"));
}
END_TEST

START_TEST(the_directory_can_be_read_again)
{
    char first[TEXT_BYTES];
    snprintf(first, sizeof first, "%s", list("sub"));
    int before = dup(STDERR_FILENO);
    close(before);
    ck_assert_str_eq(first, list("sub"));
    int after = dup(STDERR_FILENO);
    ck_assert_int_eq(after, before);
    close(after);
}
END_TEST

START_TEST(a_directory_of_any_size_costs_only_so_much)
{
    enum { SHOWN_MAX = 10000 };
    char name[32];
    mkdir(own_path("many"), 0755);
    for (int i = 0; i < SHOWN_MAX; i++) {
        snprintf(name, sizeof name, "many/%d", i);
        int file = open(own_path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        close(file);
    }
    ck_assert_ptr_null(strstr(list("many"), "There are more"));
    ck_assert_uint_eq(count_lines(strstr(page, "<table")), SHOWN_MAX + 4);
    write_file("many/one more", "", 0);
    ck_assert_ptr_nonnull(strstr(list("many"), "There are more"));
    ck_assert_uint_eq(count_lines(strstr(page, "<table")), SHOWN_MAX + 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listing");
    TCase *text = new_case(suite, "text");
    tcase_add_test(text, names_stand_for_themselves_in_html);
    tcase_add_test(text, rfc3986_2_names_stand_for_themselves_in_links);
    tcase_add_test(text, nothing_is_written_beyond_the_room);
    TCase *pages = new_case(suite, "pages");
    tcase_add_unchecked_fixture(pages, make_tree, remove_own_directory);
    tcase_add_checked_fixture(pages, NULL, free_page);
    tcase_add_test(pages, names_are_sorted_with_sizes_and_dates);
    tcase_add_test(pages, what_nobody_could_ask_for_is_left_out);
    tcase_add_test(pages, the_root_has_no_parent);
    tcase_add_test(pages, the_directory_can_be_read_again);
    tcase_add_test(pages, a_directory_of_any_size_costs_only_so_much);
    return run_suite(suite);
}
