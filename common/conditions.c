/* conditions.c - preconditions, in the order of RFC 9110 13.2.2. */
#include "conditions.h"

#include "dates.h"

#include <stddef.h>
#include <string.h>

static bool is_weak(const char *tag)
{
    return strncmp(tag, "W/", 2) == 0;
}

/* The length of the entity tag that `text` begins with; 0 if it does not. */
static size_t tag_len(const char *text)
{
    const char *quote = is_weak(text) ? text + 2 : text;
    if (*quote != '"')
        return 0;
    const char *end = strchr(quote + 1, '"');
    return end ? (size_t)(end + 1 - text) : 0;
}

/* RFC 9110 8.8.3.2. Strongly alike are only tags that are both strong. */
static bool is_alike(const char *tag, size_t len, const char *etag, bool strong)
{
    if (strong && (is_weak(tag) || is_weak(etag)))
        return false;
    size_t prefix = is_weak(tag) ? 2 : 0;
    const char *opaque = is_weak(etag) ? etag + 2 : etag;
    return strlen(opaque) == len - prefix &&
           memcmp(tag + prefix, opaque, len - prefix) == 0;
}

/* Does the list name `etag`, or say "*"? What follows a fault is not read. */
static bool names(const char *list, const char *etag, bool strong)
{
    if (strcmp(list, "*") == 0)
        return true;
    for (;;) {
        list += strspn(list, ", \t");
        size_t len = tag_len(list);
        if (len == 0)
            return false;
        if (is_alike(list, len, etag, strong))
            return true;
        list += len;
        list += strspn(list, " \t");
        if (*list != ',')
            return false;
    }
}

/* 13.1.4: what is no date is no condition. */
static bool changed_since(const char *date, time_t modified, time_t now)
{
    time_t when = dates_parse(date, now);
    return when != -1 && modified > when;
}

/* 13.1.3 */
static bool same_since(const char *date, time_t modified, time_t now)
{
    time_t when = dates_parse(date, now);
    return when != -1 && modified <= when;
}

int conditions_status(const struct conditions *conditions,
                      const struct validators *validators, time_t now)
{
    const char *etag = validators->etag;
    time_t modified = validators->modified;
    /* 13.1.3, 13.1.4: nor is there a condition on a date that nobody knows. */
    bool has_date = modified != VALIDATORS_NO_DATE;
    if (conditions->if_match) {
        if (!names(conditions->if_match, etag, true))
            return 412;
    } else if (conditions->if_unmodified_since && has_date) {
        if (changed_since(conditions->if_unmodified_since, modified, now))
            return 412;
    }
    if (conditions->if_none_match)
        return names(conditions->if_none_match, etag, false) ? 304 : 0;
    if (conditions->if_modified_since && has_date)
        return same_since(conditions->if_modified_since, modified, now) ? 304
                                                                        : 0;
    return 0;
}

bool conditions_allow_range(const char *if_range,
                            const struct validators *validators, time_t now)
{
    if (!if_range)
        return true;
    size_t len = tag_len(if_range);
    if (len > 0)
        return if_range[len] == '\0' &&
               is_alike(if_range, len, validators->etag, true);
    /* 13.1.5: the very date, and only if it is a strong validator. */
    time_t when = dates_parse(if_range, now);
    return when != -1 && when == validators->modified &&
           !is_weak(validators->etag);
}
