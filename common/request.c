/* request.c - feeds http-parser line by line, and keeps what it finds.
 *
 * The head is collected in one block that never moves. Each line is checked
 * by rules.c when it is whole, then given to the parser, whose callbacks note
 * where the parts stand. So the verdict never depends on how the bytes were
 * cut. The body goes to the parser as it comes. */
#include "request.h"

#include <assert.h>
#include <errno.h>
#include <http_parser.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static_assert(offsetof(struct request, headers) +
                      sizeof((struct request *)0)->headers ==
                  sizeof(struct request),
              "request_reset() clears what comes before the headers");

/* Remember the first fault; what comes after a fault is not looked at. */
static int refuse(struct request *request, int status)
{
    if (request->status == 0)
        request->status = status;
    return request->status;
}

/* --- What http-parser tells us. A non-zero return stops it. --- */

static struct request *owner(http_parser *parser)
{
    return parser->data;
}

static int found_target(http_parser *parser, const char *at, size_t len)
{
    struct request *request = owner(parser);
    size_t start = (size_t)(at - request->head);
    request->head[start + len] = '\0'; // was the space before HTTP/1.1
    request->target = request->head + start;
    return 0;
}

static int found_name(http_parser *parser, const char *at, size_t len)
{
    struct request *request = owner(parser);
    if (request->head_complete)
        return 0; // a trailer: checked by rules.c, then dropped
    if (request->header_count == REQUEST_HEADERS_MAX)
        return refuse(request, 431);
    size_t start = (size_t)(at - request->head);
    request->head[start + len] = '\0'; // was the colon
    request->headers[request->header_count++] =
        (struct header){.name = request->head + start, .value = ""};
    return 0;
}

static int found_value(http_parser *parser, const char *at, size_t len)
{
    struct request *request = owner(parser);
    if (request->head_complete || len == 0)
        return 0;
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    size_t start = (size_t)(at - request->head);
    request->head[start + len] = '\0'; // was white space or the line's end
    request->headers[request->header_count - 1].value = request->head + start;
    return 0;
}

static int found_head_end(http_parser *parser)
{
    parser->upgrade = 0; // we never switch protocols: read on as HTTP
    http_parser_pause(parser, 1);
    return 0;
}

/* Its size was checked before: by check_head() or by rules_chunk_bytes(). */
static int found_body(http_parser *parser, const char *at, size_t len)
{
    struct request *request = owner(parser);
    if (body_append(&request->body, at, len) < 0)
        return refuse(request, 500);
    return 0;
}

static int found_end(http_parser *parser)
{
    owner(parser)->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings callbacks = {
    .on_url = found_target,
    .on_header_field = found_name,
    .on_header_value = found_value,
    .on_headers_complete = found_head_end,
    .on_body = found_body,
    .on_message_complete = found_end,
};

/* Give bytes to the parser. Returns how many it took. */
static size_t parse(struct request *request, const char *bytes, size_t len)
{
    http_parser *parser = request->parser;
    if (len == 0)
        return 0; // to http-parser that would be the end of input
    http_parser_pause(parser, 0);
    size_t taken = http_parser_execute(parser, &callbacks, bytes, len);
    enum http_errno error = HTTP_PARSER_ERRNO(parser);
    if (error == HPE_INVALID_METHOD)
        refuse(request, 501); // rules.c has seen that it is a token
    else if (error == HPE_HEADER_OVERFLOW)
        refuse(request, 431);
    else if (error != HPE_OK && error != HPE_PAUSED)
        refuse(request, 400);
    return taken;
}

/* --- The head as a whole --- */

const char *request_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (rules_same_name(request->headers[i].name, name))
            return request->headers[i].value;
    return NULL;
}

static size_t count_headers(const struct request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        if (rules_same_name(request->headers[i].name, name))
            count++;
    return count;
}

/* RFC 9112 3.2: one Host, and a valid one; HTTP/1.0 may come without. */
static int check_host(const struct request *request)
{
    size_t count = count_headers(request, "Host");
    if (count > 1 || (count == 0 && request->minor > 0))
        return 400;
    return count ? rules_host(request_header(request, "Host")) : 0;
}

/* RFC 9112 6.1 and 6.3: chunked, alone, once, not in HTTP/1.0. */
static int check_framing(const struct request *request)
{
    const char *length = request_header(request, "Content-Length");
    const char *coding = request_header(request, "Transfer-Encoding");
    if (length && count_headers(request, "Content-Length") > 1)
        return 400;
    if (length && (!*length || length[strspn(length, "0123456789")]))
        return 400;
    if (!coding)
        return 0;
    if (length || request->minor == 0)
        return 400;
    if (count_headers(request, "Transfer-Encoding") > 1 ||
        strcasecmp(coding, "chunked") != 0)
        return rules_list_has(coding, "chunked") ? 400 : 501;
    return 0;
}

/* RFC 9112 9.3, over all Connection lines. */
static bool wants_to_stay(const struct request *request)
{
    bool stays = request->minor > 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct header *header = &request->headers[i];
        if (!rules_same_name(header->name, "Connection"))
            continue;
        if (rules_list_has(header->value, "close"))
            return false;
        if (rules_list_has(header->value, "keep-alive"))
            stays = true;
    }
    return stays;
}

/* RFC 9110 10.1.1, over all Expect lines: there is but one expectation that a
 * server can meet; HTTP/1.0 knows none. */
static int check_expectations(struct request *request)
{
    if (request->minor == 0)
        return 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct header *header = &request->headers[i];
        if (strcasecmp(header->name, "Expect") != 0)
            continue;
        if (!rules_list_is(header->value, "100-continue"))
            return 417;
        if (*header->value)
            request->expects_continue = true;
    }
    return 0;
}

/* The path inside the target (RFC 9112 3.2), or NULL if it has none: "/p?q",
 * "http://host/p?q", "http://host"; "*" has none. */
static const char *path_of_target(const char *target)
{
    if (*target == '/')
        return target;
    const char *scheme_end = strstr(target, "://");
    if (!scheme_end)
        return NULL;
    const char *authority = scheme_end + 3;
    return authority + strcspn(authority, "/?");
}

/* RFC 9112 3.2.2: the authority of an absolute target is held to the rules of
 * Host; a user name in it is nobody's business (RFC 9110 4.2.4). */
static int check_authority(const char *start, size_t len)
{
    char authority[256];
    if (len == 0 || len >= sizeof authority)
        return 400;
    memcpy(authority, start, len);
    authority[len] = '\0';
    return rules_host(authority);
}

/* RFC 9112 3.2.4: "*" is for OPTIONS alone. */
static int check_pathless(const struct request *request)
{
    return strcmp(request->method, "OPTIONS") == 0 &&
                   strcmp(request->target, "*") == 0
               ? 0
               : 400;
}

/* "//a" is "/a" for every reader of the path: files, mounts, programs. */
static void merge_slashes(char *path)
{
    char *to = path;
    for (const char *from = path; *from; from++)
        if (from[0] != '/' || from[1] != '/')
            *to++ = *from;
    *to = '\0';
}

/* Split "/path?query" into its parts; the path is decoded into `decoded`. */
static int split_local(struct request *request, const char *local,
                       char *decoded)
{
    const char *mark = strchr(local, '?');
    size_t len = mark ? (size_t)(mark - local) : strlen(local);
    int status = len == 0 ? rules_decode_path("/", 1, decoded)
                          : rules_decode_path(local, len, decoded);
    if (status)
        return status;
    merge_slashes(decoded);
    request->local = local;
    request->path = decoded;
    request->query = mark ? mark + 1 : NULL;
    return 0;
}

/* The decoded path has its room behind the head. */
static int split_target(struct request *request)
{
    char *decoded = request->head + request->head_size;
    const char *path = path_of_target(request->target);
    *decoded = '\0';
    request->path = decoded;
    if (!path)
        return check_pathless(request);
    if (path != request->target) {
        const char *authority = strstr(request->target, "://") + 3;
        if (check_authority(authority, (size_t)(path - authority)) != 0)
            return 400;
    }
    return split_local(request, path, decoded);
}

static int check_head(struct request *request)
{
    http_parser *parser = request->parser;
    int status = check_host(request);
    if (status == 0)
        status = check_framing(request);
    if (status == 0)
        status = split_target(request);
    if (status == 0)
        status = check_expectations(request);
    if (status)
        return refuse(request, status);
    /* Remembered, since a trailer can change the parser's mind. */
    request->chunked = parser->flags & F_CHUNKED;
    if (request->chunked !=
        (request_header(request, "Transfer-Encoding") != NULL))
        return refuse(request, 400);
    if (!request->chunked && parser->content_length != UINT64_MAX &&
        parser->content_length > request->limits->body_bytes)
        return refuse(request, 413);
    request->chunks.limit = request->limits->body_bytes;
    request->keep_alive = wants_to_stay(request);
    request->head_complete = true;
    return 0;
}

/* --- Another target --- */

static bool is_about_body(const char *name)
{
    static const char *const names[] = {"Expect", "Trailer",
                                        "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (rules_same_name(name, names[i]))
            return true;
    return strncasecmp(name, "Content-", strlen("Content-")) == 0;
}

static void drop_body(struct request *request)
{
    size_t kept = 0;
    for (size_t i = 0; i < request->header_count; i++)
        if (!is_about_body(request->headers[i].name))
            request->headers[kept++] = request->headers[i];
    request->header_count = kept;
    body_free(&request->body);
}

int request_redirect(struct request *request, const char *location)
{
    assert(request->complete);
    size_t len = strlen(location);
    if (len > request->limits->target_bytes)
        return 414;
    if (location[0] != '/' || !rules_is_target(location, len))
        return 400;
    size_t size = len + 1;
    char *room = malloc(2 * size); // the decoded path comes last
    if (!room)
        return 500;
    memcpy(room, location, size);
    int status = split_local(request, room, room + size);
    if (status) {
        free(room);
        return status;
    }
    free(request->redirect);
    request->redirect = room;
    if (strcmp(request->method, "HEAD") != 0)
        request->method = "GET";
    drop_body(request);
    return 0;
}

/* --- Line by line --- */

/* The last line of the head is whole: end it for the parser, which stops at
 * the last byte; that byte belongs to what follows, so it is given again. */
static void end_head(struct request *request, const char *line, size_t len)
{
    size_t taken = parse(request, line, len);
    if (request->status == 0 && check_head(request) == 0)
        parse(request, line + taken, len - taken);
}

/* The request line, with a target of the length that is granted. */
static int check_request_line(const struct request *request, const char *line,
                              size_t len)
{
    const char *target = memchr(line, ' ', len);
    if (target) {
        size_t rest = len - (size_t)(++target - line);
        const char *end = memchr(target, ' ', rest);
        if ((end ? (size_t)(end - target) : rest) >
            request->limits->target_bytes)
            return 414;
    }
    return rules_request_line(line, len);
}

/* Tabs around a value mean what spaces mean (RFC 9110 5.6.3), but http-parser
 * does not take them for that behind a Content-Length. */
static void blank_tabs(char *line, size_t len)
{
    for (; len > 0 && (line[len - 1] == '\t' || line[len - 1] == ' '); len--)
        line[len - 1] = ' ';
}

/* No handler is asked for these: a program that echoes a TRACE would show
 * scripts what the browser hides from them (RFC 9110 9.3.8), and CONNECT is
 * for proxies (9.3.6). So it is 501, not 405, which would say that the server
 * has them elsewhere (9.1). */
static bool is_for_nobody(enum http_method method)
{
    return method == HTTP_TRACE || method == HTTP_CONNECT;
}

/* The parser has had the request line, and found nothing wrong. */
static void note_request_line(struct request *request)
{
    request->headers_start = request->head_len;
    if (request->status)
        return;
    enum http_method method = (enum http_method)request->parser->method;
    request->method = http_method_str(method);
    request->minor = request->parser->http_minor;
    if (is_for_nobody(method))
        refuse(request, 501);
}

/* A line has become whole: check it, then let the parser have it. */
static void take_line(struct request *request)
{
    char *line = request->head + request->line_start;
    size_t len = request->head_len - request->line_start;
    bool is_first = request->line_start == 0;
    size_t text = len - 1; // without LF, or CR LF
    if (text > 0 && line[text - 1] == '\r')
        text--;
    request->line_start = request->head_len;
    if (text == 0 && is_first) {
        request->line_start = request->head_len = 0; // RFC 9112 2.2
        return;
    }
    if (text == 0) {
        end_head(request, line, len);
        return;
    }
    int status = is_first ? check_request_line(request, line, text)
                          : rules_header_line(line, text);
    if (!is_first)
        blank_tabs(line, text);
    if (status)
        refuse(request, status);
    else
        parse(request, line, len);
    if (is_first)
        note_request_line(request);
}

/* How many bytes the line that is being collected may still grow by. */
static size_t room_left(const struct request *request)
{
    const struct limits *limits = request->limits;
    if (request->line_start == 0)
        return request->head_size - limits->head_bytes - request->head_len;
    return limits->head_bytes - (request->head_len - request->headers_start);
}

/* The line is longer than any we take. What it says so far tells why: a method
 * that has no end (RFC 9112 3), a target, or a header. */
static int status_of_overflow(const struct request *request)
{
    if (request->line_start > 0)
        return 431;
    if (memchr(request->head, ' ', request->head_len))
        return 414;
    return rules_is_token(request->head, request->head_len) ? 501 : 400;
}

static void feed_head(struct request *request, const char *bytes, size_t len)
{
    while (request->used < len && !request->head_complete &&
           request->status == 0) {
        const char *next = bytes + request->used;
        const char *end = memchr(next, '\n', len - request->used);
        size_t count = end ? (size_t)(end - next) + 1 : len - request->used;
        bool overflows = count > room_left(request);
        if (overflows)
            count = room_left(request);
        memcpy(request->head + request->head_len, next, count);
        request->head_len += count;
        request->used += count;
        if (overflows)
            refuse(request, status_of_overflow(request));
        else if (end)
            take_line(request);
    }
}

/* Chunks are looked at before the parser has them, and the parser has no more
 * of them than what is sound: the first fault counts, whoever finds it. */
static void feed_chunks(struct request *request, const char *bytes, size_t len)
{
    struct chunk_rules *chunks = &request->chunks;
    size_t at = 0;
    while (at < len && !chunks->done && request->status == 0) {
        int status = rules_chunk_bytes(chunks, bytes + at, len - at);
        parse(request, bytes + at, chunks->sound);
        at += chunks->sound;
        if (status) {
            refuse(request, status);
        } else if (chunks->at_tab) {
            parse(request, " ", 1);
            at++;
        }
    }
    request->used += at;
    /* Two readings of where a body ends are how requests are smuggled. */
    if (chunks->done != request->complete)
        refuse(request, 400);
}

static void feed_body(struct request *request, const char *bytes, size_t len)
{
    if (request->chunked)
        feed_chunks(request, bytes, len);
    else
        request->used += parse(request, bytes, len);
}

int request_feed(struct request *request, const char *bytes, size_t len)
{
    request->used = 0;
    if (request->status == 0 && !request->head_complete)
        feed_head(request, bytes, len);
    if (request->status == 0 && request->head_complete && !request->complete)
        feed_body(request, bytes + request->used, len - request->used);
    return request->status;
}

bool request_begun(const struct request *request)
{
    return request->head_len > 1 ||
           (request->head_len == 1 && request->head[0] != '\r');
}

size_t request_line(const struct request *request, char *text, size_t size)
{
    size_t len = request->head_len < size ? request->head_len : size;
    memcpy(text, request->head, len);
    if (request->target) { // its end was a space
        size_t end =
            (size_t)(request->target - request->head) + strlen(request->target);
        if (end < len)
            text[end] = ' ';
    }
    const char *line_end = memchr(text, '\n', len);
    if (line_end)
        len = (size_t)(line_end - text);
    return len > 0 && text[len - 1] == '\r' ? len - 1 : len;
}

/* --- Beginning and end --- */

int request_open(struct request *request, const struct limits *limits)
{
    /* Method, spaces, version and line end stand beside the target. */
    size_t line = limits->target_bytes + 64;
    size_t head_size = line + limits->head_bytes;
    http_parser *parser = malloc(sizeof *parser);
    char *head = malloc(head_size + line); // the decoded path comes last
    if (!parser || !head) {
        free(parser);
        free(head);
        errno = ENOMEM;
        return -1;
    }
    *request = (struct request){.limits = limits,
                                .parser = parser,
                                .head = head,
                                .head_size = head_size};
    request_reset(request);
    return 0;
}

void request_reset(struct request *request)
{
    struct http_parser *parser = request->parser;
    const struct limits *limits = request->limits;
    char *head = request->head;
    size_t head_size = request->head_size;
    body_free(&request->body);
    free(request->redirect);
    memset(request, 0, offsetof(struct request, headers)); // they are large
    request->parser = parser;
    request->limits = limits;
    request->head = head;
    request->head_size = head_size;
    http_parser_init(request->parser, HTTP_REQUEST);
    request->parser->data = request;
}

void request_close(struct request *request)
{
    free(request->parser);
    free(request->head);
    free(request->redirect);
    body_free(&request->body);
    *request = (struct request){.limits = request->limits};
}
