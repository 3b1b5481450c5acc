/* rules.h - the rules of RFC 9110 and 9112 that http-parser leaves to us.
 *
 * Pure functions over raw bytes: each returns 0, or the status with which the
 * request must be refused. A line comes without its line end. */
#ifndef COMMON_RULES_H
#define COMMON_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is this a token (RFC 9110 5.6.2), as methods and header names must be? */
bool rules_is_token(const char *text, size_t len);

/* Is this a field value without control characters (RFC 9110 5.5)? */
bool rules_is_field_value(const char *text, size_t len);

/* Are these names the same, compared without case? */
bool rules_same_name(const char *name, const char *other);

/* Does the comma-separated list contain `token`, compared without case? */
bool rules_list_has(const char *list, const char *token);

/* Is every item of the comma-separated list `token`, compared without case? */
bool rules_list_is(const char *list, const char *token);

/* Has this only characters of a URI, with sound escapes (RFC 3986 2)? */
bool rules_is_target(const char *text, size_t len);

/* method SP target SP HTTP/1.y, nothing else (RFC 9112 3): 400, 505. */
int rules_request_line(const char *line, size_t len);

/* name ":" value, not folded, no stray control characters (RFC 9112 5): 400. */
int rules_header_line(const char *line, size_t len);

/* A weight (RFC 9110 12.4.2): "0.5" is 500, "1" is 1000; -1 if it is none. */
int rules_weight(const char *text, size_t len);

/* The value of Host (RFC 9110 7.2): 400. */
int rules_host(const char *host);

/* What a program says its status is, "404" or "404 Not Found": the number, or
 * 0 if it is none from 200 to 599. */
int rules_status(const char *text);

/* Percent-decode `path` of `len` bytes into `decoded` (room for len + 1).
 * 400 for a bad escape or an encoded NUL (RFC 3986 2.1). */
int rules_decode_path(const char *path, size_t len, char *decoded);

/* The raw bytes of a chunked body (RFC 9112 7.1), which http-parser passes
 * over too lightly. Start from {.limit = N}; feed every byte of the body once,
 * in order. A call may stop early: at a fault, at the end of the body, or at a
 * tab right behind a size, which http-parser would take only as a space. */
struct chunk_rules {
    enum chunk_state {
        CHUNK_SIZE,
        CHUNK_SEMICOLON, // white space seen: only another extension may come
        CHUNK_NAME_START,
        CHUNK_NAME,
        CHUNK_NAME_END, // white space seen behind it
        CHUNK_VALUE_START,
        CHUNK_VALUE,
        CHUNK_QUOTED,
        CHUNK_QUOTED_PAIR, // a backslash was seen
        CHUNK_QUOTED_END,
        CHUNK_SIZE_LF,
        CHUNK_DATA,
        CHUNK_DATA_CR,
        CHUNK_DATA_LF,
        CHUNK_TRAILER,
        CHUNK_TRAILER_LF,
    } state;
    uint64_t size;   // of this chunk, what is left of it
    unsigned digits; // of the size, seen so far
    size_t line_len; // of this trailer line
    size_t sound;    // bytes of the last call before the fault, tab or end
    size_t overhead; // bytes of extensions and trailers in all
    uint64_t limit;  // of the body; beyond it: 413. Set by the caller
    bool colon_seen;
    bool at_tab; // the last call ended with such a tab; it has been taken
    bool done;   // the last byte of the body was seen
};

int rules_chunk_bytes(struct chunk_rules *chunks, const char *bytes,
                      size_t len);

#endif
