/* fuzz_files.c - whatever a client says about the file it wants, what is
 * decided keeps its promises.
 *
 * The first bytes choose the size of the file and how old it is; the lines
 * that follow are header values. `make fuzz` runs it. */
#include "common/conditions.h"
#include "common/dates.h"
#include "common/encodings.h"
#include "common/ranges.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES = 7, CHOICE_BYTES = 2, INPUT_MAX = 4096 };

static const time_t now = 1800000000;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A trap, not assert(): it must hold however this is compiled. */
static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* --- Ranges --- */

static bool touch(const struct range *one, const struct range *other)
{
    return one->first <= other->first + other->len &&
           other->first <= one->first + one->len;
}

static void check_some(const struct ranges *ranges, int64_t size)
{
    must(ranges->count >= 1 && ranges->count <= RANGES_MAX);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *one = &ranges->list[i];
        must(one->first >= 0 && one->len > 0);
        must(one->len <= size && one->first <= size - one->len);
        for (size_t j = 0; j < i; j++)
            must(!touch(one, &ranges->list[j]));
        char line[RANGES_LINE_BYTES];
        memset(line, 'x', sizeof line);
        ranges_describe(one, size, line);
        must(memchr(line, '\0', sizeof line) != NULL);
    }
}

/* The length that is declared is the length that is sent. */
static void check_multipart(const struct ranges *ranges, int64_t size)
{
    const struct multipart multipart = {"boundary", "text/plain", size};
    char text[512];
    uint64_t sent = 0;
    for (size_t i = 0; i < ranges->count; i++) {
        size_t len =
            multipart_head(&multipart, i, &ranges->list[i], text, sizeof text);
        must(len < sizeof text && strlen(text) == len);
        sent += len + (uint64_t)ranges->list[i].len;
    }
    sent += multipart_tail(&multipart, text, sizeof text);
    if (sent <= INT64_MAX)
        must((uint64_t)multipart_len(&multipart, ranges) == sent);
}

static void check_ranges(const char *value, int64_t size)
{
    struct ranges ranges;
    memset(&ranges, 0x5a, sizeof ranges);
    enum ranges_answer answer = ranges_read(value, size, &ranges);
    if (answer == RANGES_SOME) {
        check_some(&ranges, size);
        if (size < INT64_MAX / 2)
            check_multipart(&ranges, size);
    }
    /* What is asked for does not depend on the size, if it is valid. */
    struct ranges others;
    bool is_valid = answer != RANGES_WHOLE;
    must(is_valid == (ranges_read(value, size / 2, &others) != RANGES_WHOLE));
}

/* --- Dates --- */

static void check_date(const char *value)
{
    time_t when = dates_parse(value, now);
    if (when == -1)
        return;
    char text[DATE_BYTES];
    dates_format(when, text);
    if (strlen(text) == strlen("Fri, 31 Dec 9999 23:59:59 GMT"))
        must(dates_parse(text, now) == when); // not the leap second after it
}

/* --- Conditions --- */

static bool is_tag_of(const char *value, const char *etag)
{
    return value && strcmp(value, etag) == 0;
}

static void check_conditions(const struct conditions *conditions,
                             const struct validators *validators)
{
    int status = conditions_status(conditions, validators, now);
    must(status == 0 || status == 304 || status == 412);
    must(status != 412 || conditions->if_match ||
         conditions->if_unmodified_since);
    must(status != 304 || conditions->if_none_match ||
         conditions->if_modified_since);
    /* Whoever has it, and says so, need not be sent it. */
    if (is_tag_of(conditions->if_none_match, validators->etag))
        must(status != 0);
    bool is_weak = validators->etag[0] == 'W';
    if (is_weak && conditions->if_match &&
        strcmp(conditions->if_match, "*") != 0)
        must(status == 412);
}

static void check_if_range(const char *value,
                           const struct validators *validators)
{
    bool allowed = conditions_allow_range(value, validators, now);
    bool is_weak = validators->etag[0] == 'W';
    must(allowed || value);
    must(!allowed || !value || !is_weak);
    if (is_tag_of(value, validators->etag))
        must(allowed == !is_weak);
}

/* --- Encodings --- */

static void check_encodings(const char *accept)
{
    for (int i = 0; i < ENCODINGS; i++) {
        int quality = encoding_quality(accept, (enum encoding)i);
        must(quality >= 0 && quality <= 1000);
        if (accept && !strpbrk(accept, "*bBgG"))
            must(quality == 0 || i == ENCODING_IDENTITY);
        if (accept && !strchr(accept, '0'))
            must(quality > 0 || i != ENCODING_IDENTITY);
    }
}

/* --- The input --- */

/* Cut it into lines, as many as there are values. An empty line stands for a
 * header that is missing, "-" for an empty one. */
static void cut(char *text, const char *values[VALUES])
{
    for (size_t i = 0; i < VALUES; i++) {
        char *line = text;
        size_t len = text ? strcspn(text, "\n") : 0;
        text = text && text[len] ? text + len + 1 : NULL;
        if (line)
            line[len] = '\0';
        values[i] = len == 0 ? NULL : strcmp(line, "-") == 0 ? "" : line;
    }
}

static int64_t choose_size(uint8_t choice)
{
    static const int64_t sizes[] = {0, 1, 2, 10, 100, 1000, 1 << 20, INT64_MAX};
    return sizes[choice % (sizeof sizes / sizeof *sizes)];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES || size > INPUT_MAX)
        return 0;
    size_t len = size - CHOICE_BYTES;
    char *text = malloc(len + 1);
    must(text != NULL);
    memcpy(text, data + CHOICE_BYTES, len);
    text[len] = '\0';
    const char *values[VALUES];
    cut(text, values);

    const struct validators validators = {
        .etag = data[1] & 1 ? "W/\"a-1\"" : "\"a-1\"",
        .modified = data[1] & 2 ? now : 784111777};
    const struct conditions conditions = {.if_match = values[1],
                                          .if_unmodified_since = values[2],
                                          .if_none_match = values[3],
                                          .if_modified_since = values[4]};
    if (values[0])
        check_ranges(values[0], choose_size(data[0]));
    check_conditions(&conditions, &validators);
    check_if_range(values[5], &validators);
    check_encodings(values[6]);
    for (size_t i = 0; i < VALUES; i++)
        if (values[i])
            check_date(values[i]);
    free(text);
    return 0;
}
