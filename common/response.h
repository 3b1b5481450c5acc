/* response.h - one HTTP/1.1 response: status line, headers, framing, body.
 *
 * The order of calls is start, header ..., write ..., end. Nothing leaves
 * before the first 16 KiB are full, response_flush() or response_end(): a
 * small answer is one write. The body is framed by Content-Length if the
 * handler declared one, else by chunks, else (HTTP/1.0) by closing. A call
 * that returns -1 has marked the response `broken`: the rest may be skipped. */
#ifndef COMMON_RESPONSE_H
#define COMMON_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

/* What a sink is given: `bytes`, or if that is NULL, `len` bytes of `file`
 * from `offset` on. */
struct piece {
    const void *bytes;
    int file;
    int64_t offset;
    int64_t len;
    bool is_last; // of the response; then it has bytes
};

/* Where response bytes go. Takes all of the piece or returns -1 with errno.
 * May block, but not for ever. */
typedef int sink_fn(void *to, const struct piece *piece);

enum { RESPONSE_BUFFER_BYTES = 16384 };

struct response {
    int status;                    // 0 until response_start()
    int64_t sent;                  // bytes of body so far
    bool keep_alive;               // may be cleared before the head has left
    bool broken;                   // the connection can carry nothing more
    const struct request *request; // whose Accept a page heeds; NULL: none

    /* For response.c alone. */
    sink_fn *sink;
    void *to;
    int minor;
    bool for_head;
    bool head_ended;
    bool ended;
    bool left; // something has gone to the sink
    enum { FRAMED_BY_LENGTH, FRAMED_BY_CHUNKS, FRAMED_BY_CLOSE } framing;
    int64_t length; // declared; -1 if not
    unsigned zeros; // sent ahead, of the next chunk's size
    size_t used;
    char buffer[RESPONSE_BUFFER_BYTES];
};

/* Make ready for a request of version HTTP/1.`minor`; `for_head`: its method
 * is HEAD, so no body is sent, though it is counted. */
void response_open(struct response *response, sink_fn *sink, void *to,
                   int minor, bool for_head, bool keep_alive);

/* Begin with a status from 200 to 599. Once. Date is added. */
void response_start(struct response *response, int status);

/* Forget what was started, and be open again, as long as nothing of it has
 * left; returns whether. So a handler that fails late can still say so. */
bool response_restart(struct response *response);

/* Add a header. Content-Length declares the length of the body. Returns -1
 * with errno EINVAL, and adds nothing, for a name that is no token, a value
 * with control characters, a bad length, or a header that is not the
 * handler's to set (Connection, Date, Keep-Alive, Transfer-Encoding);
 * EMSGSIZE when the head is larger than the buffer. */
int response_header(struct response *response, const char *name,
                    const char *value);

/* The same as a Content-Length of `length`, without making a text of it. */
int response_length(struct response *response, int64_t length);

/* Send a piece of body. Returns 0, or -1 with errno: the sink's, or EMSGSIZE
 * when it is more than was declared (the excess is not sent). */
int response_write(struct response *response, const void *bytes, size_t len);

/* The same for a part of a file, without copying it where the sink can. */
int response_write_file(struct response *response, int file, int64_t offset,
                        int64_t len);

/* Send what is buffered now. If that is all that was declared, this is the
 * end. */
int response_flush(struct response *response);

/* A client that sends no more may read on, or may be gone: who closes its
 * socket looks the same as who only shuts its sending side, until it is sent
 * something. This sends what means nothing: before the response an interim one
 * (RFC 9110 15.2), between chunks a leading zero of the next one's size (RFC
 * 9112 7.1). Where neither is possible it does nothing: HTTP/1.0, a declared
 * length. Returns 0, or -1 if that was the end of it; mostly the socket tells
 * a moment later. For who waits long; not more than once a second. */
int response_probe(struct response *response);

/* End the body and send what is left; calling it again does nothing. If less
 * was written than declared, or nothing was started, the response is broken:
 * -1. */
int response_end(struct response *response);

/* Is its body sent? Not for HEAD, nor with 204 and 304, where what is written
 * is only counted. Once it was started. */
bool response_has_body(const struct response *response);

/* How many bytes of body were for the client: of those in `sent`, none if the
 * method is HEAD or the status one without a body. */
int64_t response_body_bytes(const struct response *response);

/* Would an orderly close make a broken response look whole? Then only a reset
 * tells the client the truth (HTTP/1.0 bodies end where the connection does,
 * RFC 9112 8). */
bool response_looks_whole(const struct response *response);

/* A whole answer in one call: status, type, body, end. */
int response_send(struct response *response, int status, const char *type,
                  const void *body, size_t len);

/* A whole answer that says what is wrong: a small page, of HTML if the request
 * would rather have that than plain text. `why` is shown to the client as text, whatever it holds, or NULL. */
int response_error(struct response *response, int status, const char *why);

/* The same behind response_start() and headers of the caller's. */
int response_end_with_page(struct response *response, const char *why);

/* 405 with the methods that are allowed here (RFC 9110 15.5.6). */
int response_refuse_method(struct response *response, const char *allowed);

/* The answer to OPTIONS: 204 with the methods that are allowed here (RFC 9110
 * 9.3.7). */
int response_options(struct response *response, const char *allowed);

/* The reason phrase of a status (RFC 9110 15). */
const char *response_reason(int status);

#endif
