/* flood_answer.c - reads one answer of a server (RFC 9112 4 to 7).
 *
 *   STATUS_LINE --> HEADERS --+--> LENGTH_BODY -------------------------+
 *        ^             |      |                                         |
 *        +--- 1xx -----+      +--> CHUNK_SIZE --> CHUNK --> CHUNK_END   |
 *                             |     ^   |                       |       |
 *                             |     |   0 --> TRAILERS --+      |       |
 *                             |     +--------------------|------+       |
 *                             +--> UNTIL_CLOSE ----------+---------> WHOLE
 *
 * A line that breaks the rules leads to NOT_HTTP from anywhere. */
#include "flood_answer.h"

#include <string.h>
#include <strings.h>

void answer_begin(struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16; // no digit in any base used here
}

/* Read digits at the start of `text`. Returns the first byte after them, or
 * NULL if there are none or the number is too large to be meant. */
static const char *read_number(const char *text, int base, uint64_t *number)
{
    const char *at = text;
    uint64_t value = 0;
    for (; digit_value(*at) < base; at++) {
        if (value > UINT64_MAX / 32)
            return NULL;
        value = value * (uint64_t)base + (uint64_t)digit_value(*at);
    }
    *number = value;
    return at == text ? NULL : at;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

static bool has_token(const char *list, const char *token)
{
    size_t len = strlen(token);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",")) {
        at += strspn(at, ", \t");
        const char *end = at + len;
        if (strncasecmp(at, token, len) == 0 && strspn(end, " \t;,") > 0)
            return true;
        if (strcasecmp(at, token) == 0)
            return true;
    }
    return false;
}

/* HTTP/1.1 200 OK; the reason may be missing (RFC 9112 4). */
static bool read_status_line(struct answer *answer)
{
    const char *line = answer->line;
    if (strncmp(line, "HTTP/1.", 7) != 0 || digit_value(line[7]) > 9 ||
        line[8] != ' ')
        return false;
    uint64_t status;
    const char *end = read_number(line + 9, 10, &status);
    if (end != line + 12 || (*end != ' ' && *end != '\0') || status < 100)
        return false;
    answer->status = (int)status;
    answer->keep_alive = line[7] != '0';
    return true;
}

static bool read_content_length(struct answer *answer, const char *value)
{
    uint64_t length;
    const char *end = read_number(value, 10, &length);
    if (end == NULL || *skip_blanks(end) != '\0')
        return false;
    if (answer->has_length && answer->length != length)
        return false; // two lengths: one of them lies (RFC 9112 6.3)
    answer->has_length = true;
    answer->length = length;
    return true;
}

static bool read_header(struct answer *answer)
{
    const char *colon = strchr(answer->line, ':');
    if (colon == NULL)
        return answer->line_len >= sizeof answer->line - 1; // cut before it
    size_t name_len = (size_t)(colon - answer->line);
    const char *value = skip_blanks(colon + 1);
    if (name_len == 14 && strncasecmp(answer->line, "Content-Length", 14) == 0)
        return read_content_length(answer, value);
    if (name_len == 17 &&
        strncasecmp(answer->line, "Transfer-Encoding", 17) == 0) {
        answer->coded = true;
        answer->chunked = has_token(value, "chunked");
    }
    if (name_len == 10 && strncasecmp(answer->line, "Connection", 10) == 0) {
        if (has_token(value, "keep-alive"))
            answer->keep_alive = true;
        if (has_token(value, "close"))
            answer->keep_alive = false;
    }
    return true;
}

/* How the body ends, in the order of RFC 9112 6.3. */
static enum answer_state body_begins(struct answer *answer)
{
    if (answer->status < 200) {
        answer_begin(answer); // an interim answer: the real one follows
        return ANSWER_STATUS_LINE;
    }
    if (answer->status == 204 || answer->status == 304)
        return ANSWER_WHOLE;
    if (answer->chunked)
        return ANSWER_CHUNK_SIZE;
    if (answer->coded || !answer->has_length) {
        answer->keep_alive = false;
        return ANSWER_UNTIL_CLOSE;
    }
    answer->left = answer->length;
    return answer->left > 0 ? ANSWER_LENGTH_BODY : ANSWER_WHOLE;
}

static enum answer_state chunk_begins(struct answer *answer)
{
    const char *end = read_number(answer->line, 16, &answer->left);
    if (end == NULL || (*skip_blanks(end) != '\0' && *skip_blanks(end) != ';'))
        return ANSWER_NOT_HTTP;
    return answer->left > 0 ? ANSWER_CHUNK : ANSWER_TRAILERS;
}

/* The line in answer->line is complete: what comes after it? */
static enum answer_state after_line(struct answer *answer)
{
    bool empty = answer->line[0] == '\0';
    switch (answer->state) {
    case ANSWER_STATUS_LINE:
        return read_status_line(answer) ? ANSWER_HEADERS : ANSWER_NOT_HTTP;
    case ANSWER_HEADERS:
        if (empty)
            return body_begins(answer);
        return read_header(answer) ? ANSWER_HEADERS : ANSWER_NOT_HTTP;
    case ANSWER_CHUNK_SIZE: return chunk_begins(answer);
    case ANSWER_CHUNK_END: return empty ? ANSWER_CHUNK_SIZE : ANSWER_NOT_HTTP;
    case ANSWER_TRAILERS: return empty ? ANSWER_WHOLE : ANSWER_TRAILERS;
    default: return answer->state; // the others do not read lines
    }
}

static size_t take_line(struct answer *answer, const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);
    size_t taken = newline == NULL ? len : (size_t)(newline - bytes) + 1;
    size_t text = newline == NULL ? taken : taken - 1;
    size_t room = sizeof answer->line - 1 - answer->line_len;
    size_t copied = text < room ? text : room;
    memcpy(answer->line + answer->line_len, bytes, copied);
    answer->line_len += copied;
    if (newline == NULL)
        return taken;

    bool has_cr = answer->line_len > 0 && copied == text &&
                  answer->line[answer->line_len - 1] == '\r';
    answer->line[has_cr ? answer->line_len - 1 : answer->line_len] = '\0';
    answer->state = after_line(answer);
    answer->line_len = 0;
    return taken;
}

static size_t take_body(struct answer *answer, size_t len)
{
    if (answer->state == ANSWER_UNTIL_CLOSE) {
        answer->body_bytes += len;
        return len;
    }
    size_t taken = answer->left < len ? (size_t)answer->left : len;
    answer->body_bytes += taken;
    answer->left -= taken;
    if (answer->left == 0)
        answer->state =
            answer->state == ANSWER_CHUNK ? ANSWER_CHUNK_END : ANSWER_WHOLE;
    return taken;
}

size_t answer_feed(struct answer *answer, const char *bytes, size_t len)
{
    size_t taken = 0;
    while (taken < len) {
        switch (answer->state) {
        case ANSWER_WHOLE:
        case ANSWER_NOT_HTTP: return taken;
        case ANSWER_LENGTH_BODY:
        case ANSWER_CHUNK:
        case ANSWER_UNTIL_CLOSE: taken += take_body(answer, len - taken); break;
        default: taken += take_line(answer, bytes + taken, len - taken);
        }
    }
    return taken;
}

bool answer_closed(struct answer *answer)
{
    if (answer->state == ANSWER_UNTIL_CLOSE)
        answer->state = ANSWER_WHOLE;
    return answer->state == ANSWER_WHOLE;
}
