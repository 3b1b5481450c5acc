/* response.c - collects the head and the first of the body in one buffer, so
 * that a small answer leaves in one write, and frames what follows. */
#include "response.h"

#include "accept.h"
#include "rules.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Kept free for Connection, Transfer-Encoding and the end of the head. */
    HEAD_RESERVE = 128,
    ZEROS_MAX = 8 // a size of 16 digits is what careful clients read
};

const char *response_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
    }
}

static int broken(struct response *response, int error)
{
    response->broken = true;
    errno = error;
    return -1;
}

static void forget(struct response *response)
{
    response->status = 0;
    response->sent = 0;
    response->head_ended = false;
    response->ended = false;
    response->framing = FRAMED_BY_CHUNKS;
    response->length = -1;
    response->zeros = 0;
    response->used = 0;
}

void response_open(struct response *response, sink_fn *sink, void *to,
                   int minor, bool for_head, bool keep_alive)
{
    forget(response);
    response->keep_alive = keep_alive;
    response->broken = false;
    response->request = NULL;
    response->sink = sink;
    response->to = to;
    response->minor = minor;
    response->for_head = for_head;
    response->left = false;
}

/* --- The buffer --- */

static void append_bytes(struct response *response, const char *bytes,
                         size_t len)
{
    assert(len < sizeof response->buffer - response->used); // HEAD_RESERVE
    memcpy(response->buffer + response->used, bytes, len);
    response->used += len;
}

/* Heads are put together from texts and numbers; for each of some ten of them
 * printf would cost more than the rest of an answer. */
static void append(struct response *response, const char *text)
{
    append_bytes(response, text, strlen(text));
}

static void append_number(struct response *response, int64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + number % 10);
    while (number /= 10);
    append_bytes(response, digits + first, sizeof digits - first);
}

static int send_piece(struct response *response, const struct piece *piece)
{
    if (response->broken)
        return -1;
    if (piece->len == 0)
        return 0;
    response->left = true;
    return response->sink(response->to, piece) < 0 ? broken(response, errno)
                                                   : 0;
}

static int send_buffer(struct response *response)
{
    struct piece all = {.bytes = response->buffer,
                        .len = (int64_t)response->used,
                        .is_last = response->ended};
    response->used = 0;
    return send_piece(response, &all);
}

/* Copy a piece to the end of the buffer. A file that has become shorter is
 * left to the sink, which finds out and says so. */
static bool copy_piece(struct response *response, const struct piece *piece)
{
    char *end = response->buffer + response->used;
    size_t len = (size_t)piece->len;
    if (piece->bytes)
        memcpy(end, piece->bytes, len);
    else if (pread(piece->file, end, len, piece->offset) != (ssize_t)len)
        return false;
    response->used += len;
    return true;
}

/* Take a piece into the buffer if it fits; else send both. A small file that
 * is copied leaves together with its head: one write, one segment. */
static int pass_on(struct response *response, const struct piece *piece)
{
    size_t room = sizeof response->buffer - response->used;
    if ((uint64_t)piece->len <= room && copy_piece(response, piece))
        return 0;
    if (send_buffer(response) < 0)
        return -1;
    return send_piece(response, piece);
}

static int pass_text(struct response *response, const char *text)
{
    struct piece piece = {.bytes = text, .len = (int64_t)strlen(text)};
    return pass_on(response, &piece);
}

/* --- The head --- */

static void append_header(struct response *response, const char *name,
                          const char *value)
{
    append(response, name);
    append(response, ": ");
    append(response, value);
    append(response, "\r\n");
}

/* The time as RFC 9110 5.6.7 writes it, written anew once a second. */
static const char *date_now(void)
{
    static _Thread_local time_t written; // these two: by this function only
    static _Thread_local char date[64];
    time_t now = time(NULL);
    struct tm utc;
    if (now != written)
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT",
                 gmtime_r(&now, &utc));
    written = now;
    return date;
}

void response_start(struct response *response, int status)
{
    assert(response->status == 0 && status >= 200 && status <= 599);
    response->status = status;
    append(response, "HTTP/1.1 ");
    append_number(response, status);
    append(response, " ");
    append(response, response_reason(status));
    append(response, "\r\n");
    append_header(response, "Date", date_now());
}

bool response_restart(struct response *response)
{
    if (response->left || response->broken)
        return false;
    forget(response);
    return true;
}

/* Framing and the connection are decided here, not by handlers. */
static bool is_ours(const char *name)
{
    return rules_same_name(name, "Connection") ||
           rules_same_name(name, "Date") ||
           rules_same_name(name, "Keep-Alive") ||
           rules_same_name(name, "Transfer-Encoding");
}

int response_length(struct response *response, int64_t length)
{
    assert(response->status && !response->head_ended);
    if (length < 0 || (response->length >= 0 && response->length != length)) {
        errno = EINVAL;
        return -1;
    }
    response->length = length;
    return 0;
}

static int read_length(struct response *response, const char *value)
{
    char *end;
    errno = 0;
    long long length = strtoll(value, &end, 10);
    if (*value < '0' || *value > '9' || *end || errno)
        length = -1;
    return response_length(response, length);
}

int response_header(struct response *response, const char *name,
                    const char *value)
{
    assert(response->status && !response->head_ended);
    size_t len = strlen(value);
    if (!rules_is_token(name, strlen(name)) ||
        !rules_is_field_value(value, len) || is_ours(name)) {
        errno = EINVAL;
        return -1;
    }
    if (rules_same_name(name, "Content-Length"))
        return read_length(response, value);
    size_t room = sizeof response->buffer - response->used;
    if (strlen(name) + len + HEAD_RESERVE > room) {
        errno = EMSGSIZE;
        return -1;
    }
    append_header(response, name, value);
    return 0;
}

/* RFC 9110 6.4.1: these never have a body, whatever the headers say. */
static bool has_no_body(const struct response *response)
{
    return response->status == 204 || response->status == 304;
}

bool response_has_body(const struct response *response)
{
    return !response->for_head && !has_no_body(response);
}

/* RFC 9112 6.3 from the sender's side. */
static void end_head(struct response *response)
{
    response->head_ended = true;
    bool declared = response->length >= 0;
    if (declared || has_no_body(response)) {
        response->framing = FRAMED_BY_LENGTH;
    } else if (response->minor > 0) {
        append(response, "Transfer-Encoding: chunked\r\n");
    } else {
        response->framing = FRAMED_BY_CLOSE;
        response->keep_alive = false;
    }
    if (declared && response->status != 204) { // RFC 9110 8.6
        append(response, "Content-Length: ");
        append_number(response, response->length);
        append(response, "\r\n");
    }
    if (!response->keep_alive)
        append(response, "Connection: close\r\n");
    else if (response->minor == 0)
        append(response, "Connection: keep-alive\r\n");
    append(response, "\r\n");
}

/* --- The body --- */

static int write_piece(struct response *response, const struct piece *piece)
{
    assert(response->status);
    if (response->broken)
        return -1;
    if (!response->head_ended)
        end_head(response);
    if (piece->len == 0)
        return 0; // an empty chunk would end the body
    bool excess =
        response->length >= 0 && piece->len > response->length - response->sent;
    struct piece part = *piece;
    if (excess)
        part.len = response->length - response->sent;
    response->sent += part.len;
    if (!response_has_body(response))
        return 0;
    char line[32];
    bool chunked = response->framing == FRAMED_BY_CHUNKS;
    if (chunked)
        snprintf(line, sizeof line, "%llx\r\n", (long long)part.len);
    response->zeros = 0; // those that were sent lead this line
    if ((chunked && pass_text(response, line) < 0) ||
        pass_on(response, &part) < 0 ||
        (chunked && pass_text(response, "\r\n") < 0))
        return -1;
    if (excess && send_buffer(response) == 0)
        return broken(response, EMSGSIZE); // what was declared has left
    return response->broken ? -1 : 0;
}

int response_write(struct response *response, const void *bytes, size_t len)
{
    struct piece piece = {.bytes = bytes, .len = (int64_t)len};
    return write_piece(response, &piece);
}

int response_write_file(struct response *response, int file, int64_t offset,
                        int64_t len)
{
    struct piece piece = {.file = file, .offset = offset, .len = len};
    return write_piece(response, &piece);
}

static bool is_complete(const struct response *response)
{
    return response->status != 0 && response->sent == response->length;
}

int response_flush(struct response *response)
{
    if (response->broken)
        return -1;
    if (is_complete(response))
        return response_end(response);
    if (response->status && !response->head_ended)
        end_head(response);
    return send_buffer(response);
}

/* An interim response, straight to the sink: the response has not left. */
static int send_interim(struct response *response)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct piece piece = {.bytes = interim, .len = sizeof interim - 1};
    return response->sink(response->to, &piece) < 0 ? broken(response, errno)
                                                    : 0;
}

static int send_zero(struct response *response)
{
    response->zeros++;
    return pass_text(response, "0") < 0 ? -1 : send_buffer(response);
}

int response_probe(struct response *response)
{
    if (response->broken)
        return -1;
    if (!response->left)
        return response->minor > 0 ? send_interim(response) : 0;
    bool between_chunks = response->framing == FRAMED_BY_CHUNKS &&
                          response_has_body(response) && !response->ended;
    if (!between_chunks || response->zeros == ZEROS_MAX)
        return 0;
    return send_zero(response);
}

int response_end(struct response *response)
{
    if (response->ended)
        return response->broken ? -1 : 0;
    response->ended = true;
    if (response->broken || response->status == 0)
        return broken(response, EINVAL);
    if (!response->head_ended) {
        if (response->length < 0 && response_has_body(response))
            response->length = 0; // nothing was written: say so
        end_head(response);
    }
    bool body_sent = response_has_body(response);
    if (body_sent && response->framing == FRAMED_BY_CHUNKS &&
        pass_text(response, "0\r\n\r\n") < 0)
        return -1;
    if (send_buffer(response) < 0)
        return -1;
    if (body_sent && response->framing == FRAMED_BY_LENGTH &&
        response->sent < response->length)
        return broken(response, EINVAL); // the client must not wait for more
    return 0;
}

int64_t response_body_bytes(const struct response *response)
{
    return response_has_body(response) ? response->sent : 0;
}

bool response_looks_whole(const struct response *response)
{
    return response->head_ended && response->framing == FRAMED_BY_CLOSE;
}

static int end_with(struct response *response, const char *type,
                    const void *body, size_t len)
{
    char length[32];
    snprintf(length, sizeof length, "%zu", len);
    if (response_header(response, "Content-Type", type) < 0 ||
        response_header(response, "Content-Length", length) < 0)
        return broken(response, errno);
    if (response_write(response, body, len) < 0)
        return -1;
    return response_end(response);
}

int response_send(struct response *response, int status, const char *type,
                  const void *body, size_t len)
{
    response_start(response, status);
    return end_with(response, type, body, len);
}

/* --- Pages that say what is wrong --- */

enum { WHY_BYTES = 256 }; // of it are shown; each may become six

struct page {
    bool is_html;
    size_t len;
    char text[6 * WHY_BYTES + 512];
};

static void add(struct page *page, const char *text, size_t len)
{
    assert(len <= sizeof page->text - page->len);
    memcpy(page->text + page->len, text, len);
    page->len += len;
}

static const char *escaped(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

/* The beginning of `text`, in whole characters (UTF-8). */
static void add_why(struct page *page, const char *text)
{
    const char *end = text + strnlen(text, WHY_BYTES);
    while (text < end) {
        size_t len = 1;
        while (len < 4 && (text[len] & 0xc0) == 0x80)
            len++;
        const char *instead = page->is_html ? escaped(*text) : NULL;
        if (instead)
            add(page, instead, strlen(instead));
        else
            add(page, text, len);
        text += len;
    }
}

static bool likes_html(const struct request *request)
{
    return request && accept_type(request, "text/html") >
                          accept_type(request, "text/plain");
}

static void begin_page(struct page *page, const struct response *response)
{
    static const char html[] = "<!doctype html>\n<html lang=\"en\">\n"
                               "<meta charset=\"utf-8\">\n"
                               "<title>%d %s</title>\n<h1>%d %s</h1>\n";
    int status = response->status;
    const char *reason = response_reason(status);
    page->is_html = likes_html(response->request);
    page->len =
        (size_t)(page->is_html ? snprintf(page->text, sizeof page->text, html,
                                          status, reason, status, reason)
                               : snprintf(page->text, sizeof page->text,
                                          "%d %s", status, reason));
}

static void explain(struct page *page, const char *why)
{
    const char *before = page->is_html ? "<p>" : ": ";
    const char *after = page->is_html ? "</p>\n" : "";
    add(page, before, strlen(before));
    add_why(page, why);
    add(page, after, strlen(after));
}

int response_end_with_page(struct response *response, const char *why)
{
    struct page page;
    begin_page(&page, response);
    if (why)
        explain(&page, why);
    if (!page.is_html)
        add(&page, "\n", 1);
    response_header(response, "Vary", "Accept");
    return end_with(response,
                    page.is_html ? "text/html; charset=utf-8"
                                 : "text/plain; charset=utf-8",
                    page.text, page.len);
}

int response_error(struct response *response, int status, const char *why)
{
    response_start(response, status);
    return response_end_with_page(response, why);
}

int response_refuse_method(struct response *response, const char *allowed)
{
    response_start(response, 405);
    response_header(response, "Allow", allowed);
    return response_end_with_page(response, NULL);
}

int response_options(struct response *response, const char *allowed)
{
    response_start(response, 204);
    response_header(response, "Allow", allowed);
    return response_end(response);
}
