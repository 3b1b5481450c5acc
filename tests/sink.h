/* sink.h - where a response under test goes: into memory, as text. */
#ifndef TESTS_SINK_H
#define TESTS_SINK_H

#include "common/response.h"
#include "tests/testing.h"

struct sink {
    char bytes[8 * RESPONSE_BUFFER_BYTES];
    size_t len;
    int calls;
    int file_pieces;
    bool saw_last;
};

/* As response.h wants it. A file that is shorter than its piece is an error. */
static inline int take_piece(void *to, const struct piece *piece)
{
    struct sink *sink = to;
    ck_assert_int_gt(piece->len, 0);
    ck_assert_uint_lt(sink->len + (size_t)piece->len, sizeof sink->bytes);
    sink->calls++;
    sink->saw_last = piece->is_last;
    char *end = sink->bytes + sink->len;
    ssize_t got = piece->len;
    if (piece->bytes) {
        memcpy(end, piece->bytes, (size_t)piece->len);
    } else {
        sink->file_pieces++;
        got = pread(piece->file, end, (size_t)piece->len, piece->offset);
    }
    sink->len += got > 0 ? (size_t)got : 0;
    sink->bytes[sink->len] = '\0';
    if (got == piece->len)
        return 0;
    errno = EIO;
    return -1;
}

#endif
