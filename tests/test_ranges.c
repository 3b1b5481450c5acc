/* test_ranges.c - what a Range asks for, and how several are framed. */
#include "common/ranges.h"
#include "tests/testing.h"

/* The ranges as "first+len" and a space each; "whole" and "outside". */
static const char *read_as_text(const char *value, int64_t size)
{
    static char text[TEXT_BYTES];
    struct ranges ranges;
    switch (ranges_read(value, size, &ranges)) {
    case RANGES_WHOLE: return "whole";
    case RANGES_OUTSIDE: return "outside";
    case RANGES_SOME: break;
    }
    size_t len = 0;
    for (size_t i = 0; i < ranges.count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%lld+%lld",
                                i ? " " : "", (long long)ranges.list[i].first,
                                (long long)ranges.list[i].len);
    return text;
}

struct row {
    const char *rule, *value, *wanted;
};

static void check_rows(const struct row *rows, size_t count, int64_t size)
{
    for (size_t i = 0; i < count; i++) {
        const char *seen = read_as_text(rows[i].value, size);
        ck_assert_msg(strcmp(seen, rows[i].wanted) == 0, "%s, %s: %s",
                      rows[i].rule, rows[i].value, seen);
    }
}

START_TEST(one_range_of_a_thousand_bytes)
{
    static const struct row rows[] = {
        {"14.1.2 both ends", "bytes=0-499", "0+500"},
        {"14.1.2 one byte", "bytes=0-0", "0+1"},
        {"14.1.2 the last byte", "bytes=999-999", "999+1"},
        {"14.1.2 all", "bytes=0-999", "0+1000"},
        {"14.1.2 no end", "bytes=500-", "500+500"},
        {"14.1.2 from the start", "bytes=0-", "0+1000"},
        {"14.1.2 an end beyond the end", "bytes=500-5000", "500+500"},
        {"14.1.2 just beyond", "bytes=0-1000", "0+1000"},
        {"14.1.2 a suffix", "bytes=-1", "999+1"},
        {"14.1.2 a long suffix", "bytes=-5000", "0+1000"},
        {"14.1.2 it begins outside", "bytes=1000-", "outside"},
        {"14.1.2 both outside", "bytes=1000-2000", "outside"},
        {"14.1.2 a suffix of nothing", "bytes=-0", "outside"},
        {"14.1.2 the end before the start", "bytes=5-4", "whole"},
        {"14.1.2 even outside", "bytes=5000-4000", "whole"},
        {"14.1 units without case", "BYTES=0-0", "0+1"},
        {"14.1 an unknown unit", "lines=0-0", "whole"},
        {"14.1.1 no unit", "0-0", "whole"},
        {"14.1.1 no equals sign", "bytes 0-0", "whole"},
        {"14.1.1 no space before it", "bytes =0-0", "whole"},
        {"14.1.1 nothing", "bytes=", "whole"},
        {"14.1.1 nothing but commas", "bytes=, ,", "whole"},
        {"14.1.1 no dash", "bytes=5", "whole"},
        {"14.1.1 a dash alone", "bytes=-", "whole"},
        {"14.1.1 two dashes", "bytes=--5", "whole"},
        {"14.1.1 three numbers", "bytes=0-1-2", "whole"},
        {"14.1.1 a sign", "bytes=+0-1", "whole"},
        {"14.1.1 a letter", "bytes=0-x", "whole"},
        {"14.1.1 a space inside", "bytes=0 -1", "whole"},
        {"14.1.1 hexadecimal", "bytes=0x1-2", "whole"},
        {"14.1.2 larger than any number", "bytes=0-99999999999999999999",
         "0+1000"},
        {"14.1.2 and a start", "bytes=99999999999999999999-", "outside"},
        {"14.1.2 a start of 2^64", "bytes=18446744073709551616-", "outside"},
        {"14.1.2 the largest", "bytes=9223372036854775807-9223372036854775807",
         "outside"},
        {"14.1.2 and a suffix", "bytes=-99999999999999999999", "0+1000"},
    };
    check_rows(rows, COUNT(rows), 1000);
}
END_TEST

START_TEST(several_ranges_of_a_thousand_bytes)
{
    static const struct row rows[] = {
        {"14.1.2 two", "bytes=0-0,-1", "0+1 999+1"},
        {"15.3.7.2 in their order", "bytes=-1,0-0", "999+1 0+1"},
        {"5.6.1 white space", "bytes= 0-0 ,\t-1 ", "0+1 999+1"},
        {"5.6.1 empty elements", "bytes=,0-0,,-1,", "0+1 999+1"},
        {"5.6.1 apart", "bytes=0-0 -1", "whole"},
        {"14.1.1 all are valid or none", "bytes=0-0,x", "whole"},
        {"14.1.1 the first too", "bytes=5-4,0-0", "whole"},
        {"14.1.2 some outside", "bytes=5000-,0-0,-0", "0+1"},
        {"14.1.2 all outside", "bytes=5000-,-0", "outside"},
        {"15.3.7.2 overlapping", "bytes=0-99,50-149", "0+150"},
        {"15.3.7.2 backwards", "bytes=50-149,0-99", "0+150"},
        {"15.3.7.2 adjacent", "bytes=0-99,100-199", "0+200"},
        {"15.3.7.2 adjacent backwards", "bytes=100-199,0-99", "0+200"},
        {"15.3.7.2 a byte between", "bytes=0-99,101-199", "0+100 101+99"},
        {"15.3.7.2 inside", "bytes=0-99,10-19", "0+100"},
        {"15.3.7.2 around", "bytes=10-19,0-99", "0+100"},
        {"15.3.7.2 the same", "bytes=5-9,5-9,5-9", "5+5"},
        {"15.3.7.2 a bridge", "bytes=0-9,20-29,40-49,10-19", "0+30 40+10"},
        {"15.3.7.2 a long bridge", "bytes=40-49,0-9,20-29,5-45", "0+50"},
        {"15.3.7.2 first place", "bytes=500-509,0-9,510-519", "500+20 0+10"},
        {"14.2 all, many times", "bytes=0-,0-,0-,0-", "0+1000"},
    };
    check_rows(rows, COUNT(rows), 1000);
}
END_TEST

START_TEST(rfc9110_14_2_too_many_ranges_are_the_whole)
{
    char value[64 * (RANGES_MAX + 1)];
    struct ranges ranges;
    size_t len = (size_t)snprintf(value, sizeof value, "bytes=0-0");
    for (int i = 1; i < RANGES_MAX; i++)
        len += (size_t)snprintf(value + len, sizeof value - len, ",%d-%d",
                                10 * i, 10 * i);
    ck_assert_int_eq(ranges_read(value, 1000, &ranges), RANGES_SOME);
    ck_assert_uint_eq(ranges.count, RANGES_MAX);
    for (size_t i = 0; i < RANGES_MAX; i++)
        ck_assert_int_eq(ranges.list[i].first, (int64_t)i * 10);
    snprintf(value + len, sizeof value - len, ",0-0");
    ck_assert_int_eq(ranges_read(value, 1000, &ranges), RANGES_WHOLE);
    snprintf(value + len, sizeof value - len, ",5000-");
    ck_assert_int_eq(ranges_read(value, 1000, &ranges), RANGES_WHOLE);
}
END_TEST

START_TEST(sizes_at_the_edges)
{
    static const struct row of_nothing[] = {
        {"no byte", "bytes=0-", "outside"},
        {"no last byte", "bytes=-1", "outside"},
    };
    static const struct row of_one[] = {
        {"all", "bytes=0-", "0+1"},
        {"the last", "bytes=-1", "0+1"},
        {"the second", "bytes=1-", "outside"},
    };
    static const struct row of_most[] = {
        {"all", "bytes=0-", "0+9223372036854775807"},
        {"the last", "bytes=-1", "9223372036854775806+1"},
        {"beyond", "bytes=9223372036854775807-", "outside"},
        {"two halves", "bytes=4000000000000000000-,0-3999999999999999999",
         "0+9223372036854775807"},
    };
    check_rows(of_nothing, COUNT(of_nothing), 0);
    check_rows(of_one, COUNT(of_one), 1);
    check_rows(of_most, COUNT(of_most), INT64_MAX);
}
END_TEST

START_TEST(rfc9110_14_4_content_range)
{
    char text[RANGES_LINE_BYTES];
    ranges_describe(&(struct range){0, 1}, 1, text);
    ck_assert_str_eq(text, "bytes 0-0/1");
    ranges_describe(&(struct range){500, 500}, 1000, text);
    ck_assert_str_eq(text, "bytes 500-999/1000");
    ranges_describe(&(struct range){0, INT64_MAX}, INT64_MAX, text);
    ck_assert_str_eq(text, "bytes 0-9223372036854775806/9223372036854775807");
    ranges_describe(&(struct range){INT64_MAX - 1, 1}, INT64_MAX, text);
    ck_assert_str_eq(text, "bytes 9223372036854775806-9223372036854775806/"
                           "9223372036854775807");
}
END_TEST

START_TEST(rfc9110_14_6_multipart)
{
    static const char wanted[] = "--B\r\n"
                                 "Content-Type: text/plain\r\n"
                                 "Content-Range: bytes 0-1/10\r\n\r\n"
                                 "..\r\n--B\r\n"
                                 "Content-Type: text/plain\r\n"
                                 "Content-Range: bytes 9-9/10\r\n\r\n"
                                 ".\r\n--B--\r\n";
    const struct multipart multipart = {"B", "text/plain", 10};
    const struct ranges ranges = {.count = 2, .list = {{0, 2}, {9, 1}}};
    char text[TEXT_BYTES];
    size_t len = 0;
    for (size_t i = 0; i < ranges.count; i++) {
        len += multipart_head(&multipart, i, &ranges.list[i], text + len,
                              sizeof text - len);
        for (int64_t sent = 0; sent < ranges.list[i].len; sent++)
            text[len++] = '.';
    }
    len += multipart_tail(&multipart, text + len, sizeof text - len);
    ck_assert_str_eq(text, wanted);
    ck_assert_int_eq(multipart_len(&multipart, &ranges), (int64_t)len);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranges");
    TCase *tests = new_case(suite, "ranges");
    tcase_add_test(tests, one_range_of_a_thousand_bytes);
    tcase_add_test(tests, several_ranges_of_a_thousand_bytes);
    tcase_add_test(tests, rfc9110_14_2_too_many_ranges_are_the_whole);
    tcase_add_test(tests, sizes_at_the_edges);
    tcase_add_test(tests, rfc9110_14_4_content_range);
    tcase_add_test(tests, rfc9110_14_6_multipart);
    return run_suite(suite);
}
