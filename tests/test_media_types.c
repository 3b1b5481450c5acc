/* test_media_types.c - types by the end of the name, with a table and
 * without. */
#include "common/media_types.h"
#include "tests/testing.h"

static const char *type_of(const char *name)
{
    static char type[MEDIA_TYPE_BYTES];
    media_type(name, type);
    return type;
}

START_TEST(types_go_by_the_end_of_the_name)
{
    static const struct {
        const char *name, *type;
    } rows[] = {
        {"a.html", "text/html; charset=utf-8"},
        {"a.htm", "text/html; charset=utf-8"},
        {"A.HTML", "text/html; charset=utf-8"},
        {"dir.x/a.css", "text/css; charset=utf-8"},
        {"a.js", "text/javascript; charset=utf-8"},
        {"a.txt", "text/plain; charset=utf-8"},
        {"a.b.json", "application/json"},
        {"a.svg", "image/svg+xml"},
        {"a.png", "image/png"},
        {"a.jpeg", "image/jpeg"},
        {"a.jpg", "image/jpeg"},
        {"a.mp4", "video/mp4"},
        {"a.webm", "video/webm"},
        {"a.wasm", "application/wasm"},
        {"a.woff2", "font/woff2"},
        {"a", "application/octet-stream"},
        {"html", "application/octet-stream"},
        {"a.", "application/octet-stream"},
        {"a.unknown", "application/octet-stream"},
        {"a.html.unknown", "application/octet-stream"},
        {"dir.html/a", "application/octet-stream"},
        {"", "application/octet-stream"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_str_eq(type_of(rows[i].name), rows[i].type);
}
END_TEST

static void read_table(const char *text)
{
    write_file("types", text, strlen(text));
    ck_assert_int_eq(media_types_read(own_path("types")), 0);
}

START_TEST(the_systems_table_comes_first)
{
    read_table("# a comment\n"
               "\n"
               "image/x-own\tpng own  OWNER\n"
               "text/x-own  txt # css\n"
               "  application/json\tjson5\r\n"
               "no-ending/at-all\n"
               "last/line last");
    ck_assert_str_eq(type_of("a.png"), "image/x-own");
    ck_assert_str_eq(type_of("a.own"), "image/x-own");
    ck_assert_str_eq(type_of("a.owner"), "image/x-own");
    ck_assert_str_eq(type_of("a.PNG"), "image/x-own");
    ck_assert_str_eq(type_of("a.txt"), "text/x-own; charset=utf-8");
    ck_assert_str_eq(type_of("a.json5"), "application/json");
    ck_assert_str_eq(type_of("a.last"), "last/line");
    ck_assert_str_eq(type_of("a.css"), "text/css; charset=utf-8");
    ck_assert_str_eq(type_of("a.unknown"), "application/octet-stream");
    ck_assert_str_eq(type_of("a."), "application/octet-stream");
}
END_TEST

START_TEST(of_two_types_for_one_ending_the_first_stays)
{
    read_table("b/b x\na/a x\nc/c y X\n");
    ck_assert_str_eq(type_of("a.x"), "b/b");
    ck_assert_str_eq(type_of("a.y"), "c/c");
}
END_TEST

START_TEST(what_would_spoil_a_header_is_no_type)
{
    char table[512];
    snprintf(table, sizeof table,
             "noslash png\n/x png\nx/ png\nx/\x01 png\nx/y;z png\nx/%0200d "
             "png\n",
             0);
    read_table(table);
    ck_assert_str_eq(type_of("a.png"), "image/png");
}
END_TEST

START_TEST(a_table_of_any_length)
{
    static char table[200000];
    size_t len = 0;
    for (int i = 0; i < 5000; i++)
        len += (size_t)snprintf(table + len, sizeof table - len,
                                "x/t%d e%d E%d\n", i, i, i + 5000);
    read_table(table);
    ck_assert_str_eq(type_of("a.e0"), "x/t0");
    ck_assert_str_eq(type_of("a.e4999"), "x/t4999");
    ck_assert_str_eq(type_of("a.e9999"), "x/t4999");
    read_table(""); // a second table replaces the first
    ck_assert_str_eq(type_of("a.e0"), "application/octet-stream");
    ck_assert_str_eq(type_of("a.png"), "image/png");
}
END_TEST

START_TEST(without_a_table_there_are_those_built_in)
{
    ck_assert_int_eq(media_types_read(own_path("none")), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(media_types_read(own_directory), -1);
    ck_assert_str_eq(type_of("a.png"), "image/png");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("media types");
    TCase *tests = new_case(suite, "media types");
    tcase_add_unchecked_fixture(tests, make_own_directory,
                                remove_own_directory);
    tcase_add_test(tests, types_go_by_the_end_of_the_name);
    tcase_add_test(tests, the_systems_table_comes_first);
    tcase_add_test(tests, of_two_types_for_one_ending_the_first_stays);
    tcase_add_test(tests, what_would_spoil_a_header_is_no_type);
    tcase_add_test(tests, a_table_of_any_length);
    tcase_add_test(tests, without_a_table_there_are_those_built_in);
    return run_suite(suite);
}
