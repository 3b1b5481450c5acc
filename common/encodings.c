/* encodings.c - weighs content codings against Accept-Encoding. */
#include "encodings.h"

#include "rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

enum {
    FULL = 1000,
    UNLISTED = -1,
    /* 12.5.3: identity need not be listed to be acceptable, but whatever is
     * listed is preferred to it. */
    LEAST = 1
};

static const struct {
    const char *name, *ending;
} encodings[ENCODINGS] = {
    [ENCODING_BR] = {"br", ".br"},
    [ENCODING_GZIP] = {"gzip", ".gz"},
    [ENCODING_IDENTITY] = {"identity", ""},
};

const char *encoding_name(enum encoding encoding)
{
    return encodings[encoding].name;
}

const char *encoding_ending(enum encoding encoding)
{
    return encodings[encoding].ending;
}

/* The weight behind a coding: 1000 if there is none, -1 if it is not one. */
static int read_weight(const char *text, const char *end)
{
    text += strspn(text, " \t");
    if (text == end)
        return FULL;
    if (*text++ != ';')
        return -1;
    text += strspn(text, " \t");
    if (strncasecmp(text, "q=", 2) != 0)
        return -1;
    text += 2;
    size_t len = strcspn(text, " \t,");
    int quality = rules_weight(text, len);
    text += len;
    text += strspn(text, " \t");
    return text == end ? quality : -1;
}

/* What the list says of a coding by its name; UNLISTED if nothing. Elements
 * that are not well-formed are passed over. */
static int look_up(const char *list, const char *name)
{
    size_t len = strlen(name);
    while (*list) {
        list += strspn(list, ", \t");
        const char *end = list + strcspn(list, ",");
        size_t item = strcspn(list, ",; \t");
        if (item == len && strncasecmp(list, name, len) == 0) {
            int quality = read_weight(list + item, end);
            if (quality >= 0)
                return quality;
        }
        list = end;
    }
    return UNLISTED;
}

int encoding_quality(const char *accept, enum encoding encoding)
{
    bool is_identity = encoding == ENCODING_IDENTITY;
    /* Without the header all may be sent, but not all can be read. */
    if (!accept)
        return is_identity ? FULL : 0;
    int quality = look_up(accept, encodings[encoding].name);
    if (quality == UNLISTED && encoding == ENCODING_GZIP)
        quality = look_up(accept, "x-gzip"); // 8.4.1.3: the same
    if (quality == UNLISTED)
        quality = look_up(accept, "*");
    if (quality == UNLISTED)
        quality = is_identity ? LEAST : 0;
    return quality;
}
