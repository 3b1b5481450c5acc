/* ranges.c - reads Range, and frames what is answered to several. */
#include "ranges.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Digits at `*text`, which is moved behind them. What is too large to be the
 * length of anything counts as the largest there is. Returns -1 without any. */
static int64_t read_position(const char **text)
{
    const char *next = *text;
    int64_t value = 0;
    for (; *next >= '0' && *next <= '9'; next++) {
        int digit = *next - '0';
        value =
            value > (INT64_MAX - digit) / 10 ? INT64_MAX : value * 10 + digit;
    }
    bool none = next == *text;
    *text = next;
    return none ? -1 : value;
}

/* One range-spec at `*text` (14.1.1). Returns false if it is not valid. One
 * that lies outside of `size` bytes has no length above 0. */
static bool read_spec(const char **text, int64_t size, struct range *range)
{
    int64_t first = read_position(text);
    if (**text != '-')
        return false;
    ++*text;
    int64_t last = read_position(text);
    if (first < 0 && last < 0)
        return false;
    if (first < 0) { // the last so many bytes
        range->len = last < size ? last : size;
        range->first = size - range->len;
        return true;
    }
    if (last >= 0 && last < first)
        return false;
    if (last < 0 || last >= size)
        last = size - 1;
    range->first = first;
    range->len = last - first + 1;
    return true;
}

static int64_t end_of(const struct range *range)
{
    return range->first + range->len;
}

static bool touch(const struct range *one, const struct range *other)
{
    return one->first <= end_of(other) && other->first <= end_of(one);
}

static void take_out(struct ranges *ranges, size_t index)
{
    ranges->count--;
    for (size_t i = index; i < ranges->count; i++)
        ranges->list[i] = ranges->list[i + 1];
}

/* Add a range. It takes the place of the first that it touches, and what
 * grows that way may touch another. */
static void add(struct ranges *ranges, struct range range)
{
    size_t place = ranges->count;
    for (size_t i = 0; i < ranges->count; i++) {
        struct range *other = &ranges->list[i];
        if (!touch(&range, other))
            continue;
        int64_t end =
            end_of(&range) > end_of(other) ? end_of(&range) : end_of(other);
        if (other->first < range.first)
            range.first = other->first;
        range.len = end - range.first;
        place = i < place ? i : place;
        take_out(ranges, i);
        i = (size_t)-1; // look at all of them again
    }
    for (size_t i = ranges->count; i > place; i--)
        ranges->list[i] = ranges->list[i - 1];
    ranges->list[place] = range;
    ranges->count++;
}

enum ranges_answer ranges_read(const char *value, int64_t size,
                               struct ranges *ranges)
{
    static const char unit[] = "bytes=";
    ranges->count = 0;
    if (strncasecmp(value, unit, sizeof unit - 1) != 0)
        return RANGES_WHOLE; // 14.2: a unit that is not known is ignored
    value += sizeof unit - 1;
    size_t asked = 0;
    for (;;) {
        value += strspn(value, ", \t"); // 5.6.1: elements may be empty
        if (*value == '\0')
            break;
        struct range range;
        if (++asked > RANGES_MAX || !read_spec(&value, size, &range))
            return RANGES_WHOLE;
        value += strspn(value, " \t");
        if (*value != ',' && *value != '\0')
            return RANGES_WHOLE;
        if (range.len > 0)
            add(ranges, range);
    }
    if (asked == 0)
        return RANGES_WHOLE;
    return ranges->count > 0 ? RANGES_SOME : RANGES_OUTSIDE;
}

void ranges_describe(const struct range *range, int64_t size,
                     char text[RANGES_LINE_BYTES])
{
    snprintf(text, RANGES_LINE_BYTES, "bytes %lld-%lld/%lld",
             (long long)range->first, (long long)end_of(range) - 1,
             (long long)size);
}

size_t multipart_head(const struct multipart *multipart, size_t index,
                      const struct range *range, char *text, size_t room)
{
    char line[RANGES_LINE_BYTES];
    ranges_describe(range, multipart->size, line);
    int len = snprintf(
        text, room, "%s--%s\r\nContent-Type: %s\r\nContent-Range: %s\r\n\r\n",
        index > 0 ? "\r\n" : "", multipart->boundary, multipart->type, line);
    return (size_t)len;
}

size_t multipart_tail(const struct multipart *multipart, char *text,
                      size_t room)
{
    return (size_t)snprintf(text, room, "\r\n--%s--\r\n", multipart->boundary);
}

int64_t multipart_len(const struct multipart *multipart,
                      const struct ranges *ranges)
{
    char nowhere[1];
    int64_t len = (int64_t)multipart_tail(multipart, nowhere, 0);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        len += (int64_t)multipart_head(multipart, i, range, nowhere, 0);
        len += range->len;
    }
    return len;
}
