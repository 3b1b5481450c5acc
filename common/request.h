/* request.h - one HTTP/1.1 request, read from bytes as they arrive.
 *
 * Parsing is nodejs/http-parser's, hidden here; rules.h checks what it leaves
 * to its user. The request is filled in step by step: after `head_complete`
 * all but the body can be read, after `complete` the body too. All strings
 * belong to the request and live until request_reset() or request_close(). */
#ifndef COMMON_REQUEST_H
#define COMMON_REQUEST_H

#include "body.h"
#include "limits.h"
#include "rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_HEADERS_MAX = 128 }; // more header lines: 431

struct header {
    const char *name;
    const char *value; // without surrounding white space
};

struct request {
    const char *method; // "GET"; NULL while unknown
    const char *target; // as sent; NULL while unknown
    const char *local;  // "/path?query" of it, or redirected to; NULL for "*"
    const char *path;   // of that, percent-decoded; "" for "*"
    const char *query;  // after the '?', as sent; NULL if there is none
    int minor;          // the y in HTTP/1.y
    size_t header_count;
    bool keep_alive;       // the client would send another request
    bool expects_continue; // it waits for 100 (Continue) to send its body
    struct body body;

    size_t used; // of the bytes fed last; the rest: next request
    bool head_complete;
    bool complete;

    /* For request.c alone. */
    const struct limits *limits;
    struct http_parser *parser;
    bool chunked; // the body
    struct chunk_rules chunks;
    int status; // the first fault found, 0 if none
    char *head; // request line and headers as they came
    size_t head_size, head_len, line_start, headers_start;
    char *redirect; // `local` and `path`, if it was redirected

    /* header_count of them. Last, since request_reset() does not clear them. */
    struct header headers[REQUEST_HEADERS_MAX];
};

/* Make `request` ready for its first byte. `limits` is kept, not copied.
 * Returns 0, or -1 with errno when there is no memory. Never blocks. */
int request_open(struct request *request, const struct limits *limits);

/* Feed bytes as they arrive. Returns 0 while the request is unfinished or
 * sound, or the status to answer with: 400, 413 (body), 414 (target), 417
 * (expectation), 431 (header lines), 500 (no room to keep it), 501 (method or
 * transfer coding not implemented), 505 (version). How the bytes are cut makes no
 * difference. `used` says how many of them belong to this request. Copies
 * what it keeps. Never waits, but for the disk a large body is kept on. */
int request_feed(struct request *request, const char *bytes, size_t len);

/* The value of the first header of that name (compared without case), or
 * NULL. */
const char *request_header(const struct request *request, const char *name);

/* Let a request that is complete ask for `location` instead, "/path?query" as
 * a target would say it. It becomes a GET (HEAD stays HEAD) without its body
 * and what its headers say of that; `target` stays what the client sent.
 * Returns 0, or what such a target gets (400, 414) or 500 (no memory): then
 * nothing has changed. Copies what it keeps. Never blocks. */
int request_redirect(struct request *request, const char *location);

/* Copy the request line as it came, sound or not and without its end, into
 * `text`: `size` bytes at most, not terminated. Returns its length. */
size_t request_line(const struct request *request, char *text, size_t size);

/* Has anything of a request arrived (blank lines do not count)? */
bool request_begun(const struct request *request);

/* Forget everything and be ready for the next request. */
void request_reset(struct request *request);

/* Free what it owns. */
void request_close(struct request *request);

#endif
