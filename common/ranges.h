/* ranges.h - which bytes of a representation a Range asks for.
 *
 * Pure functions (RFC 9110 14). Only "bytes" are known. */
#ifndef COMMON_RANGES_H
#define COMMON_RANGES_H

#include <stddef.h>
#include <stdint.h>

enum {
    RANGES_MAX = 32,       // asked for at once; beyond: the whole
    RANGES_LINE_BYTES = 72 // room for the value of a Content-Range
};

struct range {
    int64_t first, len;
};

struct ranges {
    size_t count;
    struct range list[RANGES_MAX];
};

enum ranges_answer {
    RANGES_WHOLE,  // 200: the header is not valid, too greedy, or not for us
    RANGES_SOME,   // 206: `count` of them, none of which touch
    RANGES_OUTSIDE // 416: nothing there
};

/* Read a Range against `size` bytes. Ranges that overlap or touch become one;
 * the order is that of the request. */
enum ranges_answer ranges_read(const char *value, int64_t size,
                               struct ranges *ranges);

/* Write the value of a Content-Range. */
void ranges_describe(const struct range *range, int64_t size,
                     char text[RANGES_LINE_BYTES]);

/* The frame of multipart/byteranges (RFC 9110 14.6). */
struct multipart {
    const char *boundary;
    const char *type; // of the whole
    int64_t size;     // of the whole
};

/* Write what stands before the bytes of part `index`, and after the last one.
 * Like snprintf(): never more than `room`; returns the length. */
size_t multipart_head(const struct multipart *multipart, size_t index,
                      const struct range *range, char *text, size_t room);
size_t multipart_tail(const struct multipart *multipart, char *text,
                      size_t room);

/* The length of it all. */
int64_t multipart_len(const struct multipart *multipart,
                      const struct ranges *ranges);

#endif
