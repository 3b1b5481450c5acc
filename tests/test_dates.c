/* test_dates.c - the three forms of a date, and what is none. */
#include "common/dates.h"
#include "tests/testing.h"

#include <locale.h>

enum { EXAMPLE = 784111777 };         // of RFC 9110 5.6.7
static const time_t now = 1800000000; // in January 2027

START_TEST(rfc9110_5_6_7_dates_have_three_forms)
{
    static const struct {
        const char *text;
        time_t when;
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE},
        {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE},
        {"Sun Nov  6 08:49:37 1994", EXAMPLE},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400},
        {"Wed Feb 29 23:59:59 2012", 1330559999},
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800}, // a leap second
        {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
        /* Fifty years ahead is the future, more is the past. */
        {"Friday, 01-Jan-77 00:00:00 GMT", 3376684800},
        {"Sunday, 01-Jan-78 00:00:00 GMT", 252460800},
        {"Friday, 01-Jan-27 00:00:00 GMT", 1798761600},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(dates_parse(rows[i].text, now) == rows[i].when, "%s: %ld",
                      rows[i].text, (long)dates_parse(rows[i].text, now));
}
END_TEST

START_TEST(what_is_no_date_is_refused)
{
    static const char *const rows[] = {
        "",
        "0",
        "now",
        "Sun",
        "Sun, ",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "sun, 06 nov 1994 08:49:37 gmt", // case counts
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 30 Feb 1994 08:49:37 GMT",
        "Thu, 29 Feb 2001 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "1994-11-06T08:49:37Z",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(dates_parse(rows[i], now) == -1, "%s", rows[i]);
}
END_TEST

START_TEST(what_is_written_can_be_read)
{
    char text[DATE_BYTES];
    dates_format(EXAMPLE, text);
    ck_assert_str_eq(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    for (time_t when = 0; when < 2 * now; when += 86400 * 5 + 3607) {
        dates_format(when, text);
        ck_assert_msg(dates_parse(text, now) == when, "%s", text);
    }
}
END_TEST

int main(void)
{
    setlocale(LC_ALL, ""); // whatever it is, it changes nothing
    Suite *suite = suite_create("dates");
    TCase *tests = new_case(suite, "dates");
    tcase_add_test(tests, rfc9110_5_6_7_dates_have_three_forms);
    tcase_add_test(tests, what_is_no_date_is_refused);
    tcase_add_test(tests, what_is_written_can_be_read);
    return run_suite(suite);
}
