/* dates.c - reads three forms of a date, and writes one. strptime() and
 * strftime() would do it in the language of the process. */
#include "dates.h"

#include <stdbool.h>
#include <string.h>

static const char *const weekdays[] = {"Sunday",    "Monday",   "Tuesday",
                                       "Wednesday", "Thursday", "Friday",
                                       "Saturday"};
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

enum { MONTHS = 12, WEEKDAYS = 7, SHORT_NAME = 3, DATE_LEN = 29 };

/* What follows the name of the day. A letter takes one digit of its field,
 * '_' a digit or a space, "NNN" a month; all else stands for itself. */
static const struct form {
    bool full_weekday;
    const char *layout;
} forms[] = {
    {false, ", DD NNN YYYY hh:mm:ss GMT"}, // IMF-fixdate
    {true, ", DD-NNN-YY hh:mm:ss GMT"},    // RFC 850
    {false, " NNN _D hh:mm:ss YYYY"},      // asctime()
};

static bool add_digit(int *field, char c)
{
    *field = *field * 10 + (c - '0');
    return c >= '0' && c <= '9';
}

static bool find_month(const char *text, int *month)
{
    for (*month = 0; *month < MONTHS; ++*month)
        if (strncmp(text, months + (size_t)*month * SHORT_NAME, SHORT_NAME) ==
            0)
            return true;
    return false;
}

/* Does one character of the text stand where the layout has `place`? */
static bool take(char place, char c, struct tm *tm)
{
    switch (place) {
    case '_': return c == ' ' || add_digit(&tm->tm_mday, c);
    case 'D': return add_digit(&tm->tm_mday, c);
    case 'Y': return add_digit(&tm->tm_year, c);
    case 'h': return add_digit(&tm->tm_hour, c);
    case 'm': return add_digit(&tm->tm_min, c);
    case 's': return add_digit(&tm->tm_sec, c);
    default: return place == c;
    }
}

static bool read_layout(const char *text, const char *layout, struct tm *tm)
{
    while (*layout) {
        bool is_month = *layout == 'N';
        if (is_month ? !find_month(text, &tm->tm_mon)
                     : !take(*layout, *text, tm))
            return false;
        layout += is_month ? SHORT_NAME : 1;
        text += is_month ? SHORT_NAME : 1;
    }
    return *text == '\0';
}

/* The length of the name of a day at the start of `text`, 0 if there is
 * none. That it is the right day for the date is not looked at. */
static size_t weekday_len(const char *text, bool full)
{
    for (size_t i = 0; i < WEEKDAYS; i++) {
        size_t len = full ? strlen(weekdays[i]) : SHORT_NAME;
        if (strncmp(text, weekdays[i], len) == 0)
            return len;
    }
    return 0;
}

/* RFC 9110 5.6.7: a year that seems more than 50 years ahead is past. */
static int full_year(int two_digits, time_t now)
{
    struct tm today;
    gmtime_r(&now, &today);
    int this_year = today.tm_year + 1900;
    int year = this_year - this_year % 100 + two_digits;
    return year > this_year + 50 ? year - 100 : year;
}

/* timegm() would make 3 March of 31 February, and another day of 24 o'clock;
 * here they are no dates. A leap second is number 60. */
static time_t to_time(struct tm *tm)
{
    int day = tm->tm_mday, second = tm->tm_sec;
    if (tm->tm_min > 59 || second > 60)
        return -1;
    tm->tm_sec = 0;
    time_t minute = timegm(tm);
    return tm->tm_mday == day ? minute + second : -1;
}

time_t dates_parse(const char *text, time_t now)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        size_t weekday = weekday_len(text, forms[i].full_weekday);
        struct tm tm = {0};
        if (weekday == 0 || !read_layout(text + weekday, forms[i].layout, &tm))
            continue;
        if (forms[i].full_weekday)
            tm.tm_year = full_year(tm.tm_year, now);
        tm.tm_year -= 1900;
        return to_time(&tm);
    }
    return -1;
}

static void put_number(char *text, int digits, int number)
{
    for (; digits > 0; number /= 10)
        text[--digits] = (char)('0' + number % 10);
}

/* Every answer with a file has one or two dates, so without printf. */
void dates_format(time_t when, char text[DATE_BYTES])
{
    struct tm tm;
    gmtime_r(&when, &tm);
    memcpy(text, "Sun, 01 Jan 1970 00:00:00 GMT", DATE_LEN + 1);
    memcpy(text, weekdays[tm.tm_wday], SHORT_NAME);
    put_number(text + 5, 2, tm.tm_mday);
    memcpy(text + 8, months + (size_t)tm.tm_mon * SHORT_NAME, SHORT_NAME);
    put_number(text + 12, 4, tm.tm_year + 1900);
    put_number(text + 17, 2, tm.tm_hour);
    put_number(text + 20, 2, tm.tm_min);
    put_number(text + 23, 2, tm.tm_sec);
}
