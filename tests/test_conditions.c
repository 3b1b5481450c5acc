/* test_conditions.c - when "not modified" and "precondition failed" are the
 * answer, and when a part can be completed. */
#include "common/conditions.h"
#include "tests/testing.h"

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define EXACTLY "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

enum { MODIFIED = 784111777 };
static const time_t now = 1800000000;
static const struct validators strong = {"\"a\"", MODIFIED};
static const struct validators weak = {"W/\"a\"", MODIFIED};

struct row {
    const char *rule;
    struct conditions conditions;
    int if_strong, if_weak; // the status, 0 to go on
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        int status = conditions_status(&row->conditions, &strong, now);
        ck_assert_msg(status == row->if_strong, "%s: %d", row->rule, status);
        status = conditions_status(&row->conditions, &weak, now);
        ck_assert_msg(status == row->if_weak, "%s, weak: %d", row->rule,
                      status);
    }
}

#define IF_MATCH(value)                                                        \
    {                                                                          \
        .if_match = (value)                                                    \
    }
#define IF_NONE_MATCH(value)                                                   \
    {                                                                          \
        .if_none_match = (value)                                               \
    }
#define IF_MODIFIED_SINCE(value)                                               \
    {                                                                          \
        .if_modified_since = (value)                                           \
    }
#define IF_UNMODIFIED_SINCE(value)                                             \
    {                                                                          \
        .if_unmodified_since = (value)                                         \
    }

START_TEST(each_condition_alone)
{
    static const struct row rows[] = {
        {"13: none", {0}, 0, 0},
        {"13.1.1 *", IF_MATCH("*"), 0, 0},
        {"13.1.1 the tag", IF_MATCH("\"a\""), 0, 412},
        {"13.1.1 compares strongly", IF_MATCH("W/\"a\""), 412, 412},
        {"13.1.1 another", IF_MATCH("\"b\""), 412, 412},
        {"13.1.1 list", IF_MATCH("\"b\", \"a\""), 0, 412},
        {"13.1.1 list, the other first", IF_MATCH("\"a\" ,\"b\""), 0, 412},
        {"13.1.1 none of a list", IF_MATCH("\"b\", \"c\""), 412, 412},
        {"8.8.3 tags are quoted", IF_MATCH("a"), 412, 412},
        {"8.8.3 to their end", IF_MATCH("\"a"), 412, 412},
        {"8.8.3 a tag is no prefix", IF_MATCH("\"ab\""), 412, 412},
        {"8.8.3 nor the start of one", IF_MATCH("\"\""), 412, 412},
        {"8.8.3 W is not w", IF_NONE_MATCH("w/\"a\""), 0, 0},
        {"8.8.3 tags may have commas", IF_MATCH("\"b,\", \"a\""), 0, 412},
        {"8.8.3 a comma is no end", IF_MATCH("\"b, \"a\""), 412, 412},
        {"5.6.1 elements may be empty", IF_MATCH(",, \"b\",,\"a\""), 0, 412},
        {"5.6.1 but stand apart", IF_MATCH("\"b\" \"a\""), 412, 412},
        {"13.1.1 an empty list", IF_MATCH(""), 412, 412},
        {"13.1.1 * is no element", IF_MATCH("\"b\", *"), 412, 412},
        {"13.1.2 *", IF_NONE_MATCH("*"), 304, 304},
        {"13.1.2 the tag", IF_NONE_MATCH("\"a\""), 304, 304},
        {"13.1.2 compares weakly", IF_NONE_MATCH("W/\"a\""), 304, 304},
        {"13.1.2 another", IF_NONE_MATCH("\"b\""), 0, 0},
        {"13.1.2 list", IF_NONE_MATCH("\"b\", W/\"a\""), 304, 304},
        {"13.1.2 malformed", IF_NONE_MATCH("a"), 0, 0},
        {"13.1.2 empty", IF_NONE_MATCH(""), 0, 0},
        {"13.1.3 before", IF_MODIFIED_SINCE(BEFORE), 0, 0},
        {"13.1.3 exactly", IF_MODIFIED_SINCE(EXACTLY), 304, 304},
        {"13.1.3 after", IF_MODIFIED_SINCE(AFTER), 304, 304},
        {"13.1.3 RFC 850", IF_MODIFIED_SINCE("Sunday, 06-Nov-94 08:49:37 GMT"),
         304, 304},
        {"13.1.3 asctime", IF_MODIFIED_SINCE("Sun Nov  6 08:49:37 1994"), 304,
         304},
        {"13.1.3 no date", IF_MODIFIED_SINCE("tomorrow"), 0, 0},
        {"13.1.3 two dates", IF_MODIFIED_SINCE(AFTER ", " AFTER), 0, 0},
        {"13.1.4 before", IF_UNMODIFIED_SINCE(BEFORE), 412, 412},
        {"13.1.4 exactly", IF_UNMODIFIED_SINCE(EXACTLY), 0, 0},
        {"13.1.4 after", IF_UNMODIFIED_SINCE(AFTER), 0, 0},
        {"13.1.4 no date", IF_UNMODIFIED_SINCE("yesterday"), 0, 0},
        {"13.1.4 two dates", IF_UNMODIFIED_SINCE(BEFORE ", " BEFORE), 0, 0},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(rfc9110_13_2_2_their_order)
{
    static const struct row rows[] = {
        {"1: If-Match fails first",
         {.if_match = "\"b\"", .if_none_match = "\"a\""},
         412,
         412},
        {"1: If-Match hides If-Unmodified-Since",
         {.if_match = "*", .if_unmodified_since = BEFORE},
         0,
         0},
        {"1: and goes on with If-None-Match",
         {.if_match = "*", .if_none_match = "\"a\""},
         304,
         304},
        {"1: or with If-Modified-Since",
         {.if_match = "*", .if_modified_since = EXACTLY},
         304,
         304},
        {"2: If-Unmodified-Since fails before If-None-Match",
         {.if_unmodified_since = BEFORE, .if_none_match = "\"a\""},
         412,
         412},
        {"2: and goes on with it",
         {.if_unmodified_since = AFTER, .if_none_match = "\"a\""},
         304,
         304},
        {"3: If-None-Match hides If-Modified-Since, though the tag is new",
         {.if_none_match = "\"b\"", .if_modified_since = AFTER},
         0,
         0},
        {"3: and though the date is old",
         {.if_none_match = "\"a\"", .if_modified_since = BEFORE},
         304,
         304},
        {"4: If-Modified-Since without it",
         {.if_unmodified_since = AFTER, .if_modified_since = AFTER},
         304,
         304},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(rfc9110_13_1_5_if_range)
{
    static const struct {
        const char *rule, *value;
        bool if_strong, if_weak;
    } rows[] = {
        {"none", NULL, true, true},
        {"the tag", "\"a\"", true, false},
        {"a weak tag", "W/\"a\"", false, false},
        {"another tag", "\"b\"", false, false},
        {"not a list", "\"a\", \"b\"", false, false},
        {"not *", "*", false, false},
        {"not closed", "\"a", false, false},
        {"nothing", "", false, false},
        {"the date", EXACTLY, true, false},
        {"the date in another form", "Sun Nov  6 08:49:37 1994", true, false},
        {"an earlier date", BEFORE, false, false},
        {"a later date", AFTER, false, false},
        {"no date", "tomorrow", false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_msg(conditions_allow_range(rows[i].value, &strong, now) ==
                          rows[i].if_strong,
                      "%s", rows[i].rule);
        ck_assert_msg(conditions_allow_range(rows[i].value, &weak, now) ==
                          rows[i].if_weak,
                      "%s, weak", rows[i].rule);
    }
}
END_TEST

START_TEST(rfc9110_13_what_has_no_date_has_no_condition_on_it)
{
    const struct validators undated = {"\"a\"", VALIDATORS_NO_DATE};
    static const struct {
        const char *rule;
        struct conditions conditions;
        int status;
    } rows[] = {
        {"13.1.1", IF_MATCH("*"), 0},
        {"13.1.2 the tag", IF_NONE_MATCH("\"a\""), 304},
        {"13.1.2 another", IF_NONE_MATCH("\"b\""), 0},
        {"13.1.3", IF_MODIFIED_SINCE(AFTER), 0},
        {"13.1.4", IF_UNMODIFIED_SINCE(BEFORE), 0},
        {"13.1.4 before 1970",
         IF_UNMODIFIED_SINCE("Sat, 06 Nov 1965 08:49:37 GMT"), 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(conditions_status(&rows[i].conditions, &undated, now) ==
                          rows[i].status,
                      "%s", rows[i].rule);
    ck_assert(!conditions_allow_range(EXACTLY, &undated, now));
    ck_assert(!conditions_allow_range("tomorrow", &undated, now));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conditions");
    TCase *tests = new_case(suite, "conditions");
    tcase_add_test(tests, each_condition_alone);
    tcase_add_test(tests, rfc9110_13_2_2_their_order);
    tcase_add_test(tests, rfc9110_13_1_5_if_range);
    tcase_add_test(tests, rfc9110_13_what_has_no_date_has_no_condition_on_it);
    return run_suite(suite);
}
