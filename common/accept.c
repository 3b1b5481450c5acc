/* accept.c - reads Accept: media ranges, each with its weight. */
#include "accept.h"

#include <string.h>
#include <strings.h>

enum { WANTED = 1000 }; // what is meant where no weight is said

/* A piece of text that is not terminated. */
struct span {
    const char *start;
    size_t len;
};

/* Cut `text` at the first `mark` outside quotes, white space off both ends;
 * `*text` becomes what is behind it. */
static struct span cut(const char **text, const char *end, char mark)
{
    const char *at = *text;
    bool quoted = false;
    for (; at < end && (quoted || *at != mark); at++)
        if (*at == '"')
            quoted = !quoted;
    struct span span = {*text, (size_t)(at - *text)};
    *text = at < end ? at + 1 : end;
    for (; span.len > 0 && strchr(" \t", *span.start); span.len--)
        span.start++;
    while (span.len > 0 && strchr(" \t", span.start[span.len - 1]))
        span.len--;
    return span;
}

/* How exactly does the range name the type: 3 as such, 2 by its first half,
 * 1 as any type, 0 not at all. */
static int exactness(struct span range, const char *type)
{
    size_t half = strcspn(type, "/") + 1;
    if (range.len == strlen(type) &&
        strncasecmp(range.start, type, range.len) == 0)
        return 3;
    if (range.len == half + 1 && range.start[half] == '*' &&
        strncasecmp(range.start, type, half) == 0)
        return 2;
    return range.len == 3 && memcmp(range.start, "*/*", 3) == 0 ? 1 : 0;
}

struct match {
    int exactness, weight;
};

/* Look at one item: "text/html;level=1;q=0.5". Parameters but the weight make
 * no difference to us, who have one text of each type. */
static void consider(struct span item, const char *type, struct match *best)
{
    const char *text = item.start, *end = item.start + item.len;
    struct match match = {exactness(cut(&text, end, ';'), type), WANTED};
    while (text < end) {
        struct span parameter = cut(&text, end, ';');
        if (parameter.len >= 2 && strncasecmp(parameter.start, "q=", 2) == 0)
            match.weight = rules_weight(parameter.start + 2, parameter.len - 2);
    }
    if (match.weight < 0)
        match.weight = 0; // what is no weight is no wish
    if (match.exactness > best->exactness)
        *best = match;
}

int accept_type(const struct request *request, const char *type)
{
    struct match best = {0, 0};
    if (!request_header(request, "Accept"))
        return WANTED; // anything is (RFC 9110 12.5.1)
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, "Accept") != 0)
            continue;
        const char *text = request->headers[i].value;
        const char *end = text + strlen(text);
        while (text < end)
            consider(cut(&text, end, ','), type, &best);
    }
    return best.weight;
}
