/* flood_answer.h - one HTTP/1.1 answer, read as its bytes arrive.
 *
 * Its own small reader on purpose: what measures the servers of this kit must
 * not share a parser with them. Memory is constant, whatever lengths the
 * server claims. */
#ifndef TOOLS_FLOOD_ANSWER_H
#define TOOLS_FLOOD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer_state {
    ANSWER_STATUS_LINE,
    ANSWER_HEADERS,
    ANSWER_LENGTH_BODY,
    ANSWER_CHUNK_SIZE,
    ANSWER_CHUNK,
    ANSWER_CHUNK_END,
    ANSWER_TRAILERS,
    ANSWER_UNTIL_CLOSE,
    ANSWER_WHOLE,
    ANSWER_NOT_HTTP,
};

enum {
    /* Longer lines are cut: no line that matters here is longer. */
    ANSWER_LINE_BYTES = 128
};

struct answer {
    enum answer_state state;
    int status;          // 0 until the status line of a final answer came
    bool keep_alive;     // the connection may carry another request
    uint64_t body_bytes; // so far, without the framing of chunks

    /* For flood_answer.c alone. */
    bool coded; // has a Transfer-Encoding
    bool chunked;
    bool has_length;
    uint64_t length; // as declared
    uint64_t left;   // of the body or of this chunk
    size_t line_len;
    char line[ANSWER_LINE_BYTES];
};

/* Make ready for the first byte of an answer. */
void answer_begin(struct answer *answer);

/* Take bytes of the answer. Returns how many belonged to it; fewer than `len`
 * only when the state is now ANSWER_WHOLE or ANSWER_NOT_HTTP. */
size_t answer_feed(struct answer *answer, const char *bytes, size_t len);

/* The server has closed. Returns whether the answer is whole. */
bool answer_closed(struct answer *answer);

#endif
