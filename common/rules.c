/* rules.c - what a careful server refuses although http-parser lets it by.
 * Each rule is named by its section, and tested under that name. */
#include "rules.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

enum {
    /* No honest client needs more for chunk extensions and trailers. */
    CHUNK_OVERHEAD_MAX = 16384,
    SIZE_DIGITS_MAX = 15, // fits in 60 bits: cannot overflow
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What a character may be part of. Each byte of a head is looked up here, so
 * one load has to answer; the rest of the rules are in the functions below. */
enum {
    CTL = 1,    // a control character: of no field value (RFC 9110 5.5)
    TOKEN = 2,  // tchar (RFC 9110 5.6.2)
    TARGET = 4, // RFC 3986 2; '#' begins a fragment, which is never sent
    BOTH = TOKEN | TARGET,
};

/* clang-format off */
static const unsigned char kinds[256] = {
    CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, 0, /* tab */
    CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL,
    CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL, CTL,
    [' '] = 0, ['!'] = BOTH, ['"'] = 0, ['#'] = TOKEN, ['$'] = BOTH,
    ['%'] = BOTH, ['&'] = BOTH, ['\''] = BOTH, ['('] = TARGET, [')'] = TARGET,
    ['*'] = BOTH, ['+'] = BOTH, [','] = TARGET, ['-'] = BOTH, ['.'] = BOTH,
    ['/'] = TARGET,
    ['0'] = BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH,
    [':'] = TARGET, [';'] = TARGET, ['<'] = 0, ['='] = TARGET, ['>'] = 0,
    ['?'] = TARGET, ['@'] = TARGET,
    ['A'] = BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH,
    BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH,
    BOTH, BOTH, BOTH,
    ['['] = TARGET, ['\\'] = 0, [']'] = TARGET, ['^'] = TOKEN, ['_'] = BOTH,
    ['`'] = TOKEN,
    ['a'] = BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH,
    BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH, BOTH,
    BOTH, BOTH, BOTH,
    ['{'] = 0, ['|'] = TOKEN, ['}'] = 0, ['~'] = BOTH, [0x7f] = CTL,
}; // from 0x80 on: obs-text, which stands in field values alone
/* clang-format on */

static bool is_kind(char c, unsigned kind)
{
    return kinds[(unsigned char)c] & kind;
}

static bool is_token_char(char c)
{
    return is_kind(c, TOKEN);
}

bool rules_is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_token_char(text[i]))
            return false;
    return len > 0;
}

/* VCHAR, obs-text, space and tab; never CR, LF, NUL or another control. */
static bool is_field_char(char c)
{
    return !is_kind(c, CTL);
}

/* Is one of eight characters below ' ', or DEL? Each byte that is borrows from
 * its top bit (Warren, Hacker's Delight 6-1). */
static bool may_have_control(uint64_t eight)
{
    const uint64_t each = 0x0101010101010101;
    uint64_t below = (eight - each * ' ') & ~eight;
    uint64_t differs = eight ^ (each * 0x7f);
    uint64_t is_del = (differs - each) & ~differs;
    return (below | is_del) & (each * 0x80);
}

static bool are_field_chars(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_field_char(text[i]))
            return false;
    return true;
}

/* Most of a head is values: eight characters at a time, and one by one only
 * where there may be a tab. */
bool rules_is_field_value(const char *text, size_t len)
{
    for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        uint64_t eight;
        memcpy(&eight, text, sizeof eight);
        if (may_have_control(eight) && !are_field_chars(text, sizeof eight))
            return false;
        text += sizeof eight;
    }
    return are_field_chars(text, len);
}

/* Most names differ in their first letter already. */
bool rules_same_name(const char *name, const char *other)
{
    return ((name[0] ^ other[0]) & ~0x20) == 0 && strcasecmp(name, other) == 0;
}

/* Is the first item of the list `token`, white space around it apart? */
static bool begins_with_item(const char *list, const char *token)
{
    size_t len = strcspn(list, ",");
    while (len > 0 && is_blank(list[len - 1]))
        len--;
    return len == strlen(token) && strncasecmp(list, token, len) == 0;
}

/* Where the next item of a list begins; empty ones are none (RFC 9110
 * 5.6.1). */
static const char *next_item(const char *list)
{
    return list + strspn(list, ", \t");
}

bool rules_list_has(const char *list, const char *token)
{
    for (list = next_item(list); *list;
         list = next_item(list + strcspn(list, ",")))
        if (begins_with_item(list, token))
            return true;
    return false;
}

bool rules_list_is(const char *list, const char *token)
{
    for (list = next_item(list); *list;
         list = next_item(list + strcspn(list, ",")))
        if (!begins_with_item(list, token))
            return false;
    return true;
}

int rules_weight(const char *text, size_t len)
{
    if (len == 0 || len > strlen("0.123") || (len > 1 && text[1] != '.') ||
        (text[0] != '0' && text[0] != '1'))
        return -1;
    int weight = (text[0] - '0') * 1000;
    int worth = 100;
    for (size_t i = 2; i < len; i++, worth /= 10) {
        if (!is_digit(text[i]))
            return -1;
        weight += (text[i] - '0') * worth;
    }
    return weight <= 1000 ? weight : -1;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool rules_is_target(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_kind(text[i], TARGET))
            return false;
        if (text[i] == '%' && (i + 2 >= len || hex_value(text[i + 1]) < 0 ||
                               hex_value(text[i + 2]) < 0))
            return false;
    }
    return len > 0;
}

static int check_version(const char *text, size_t len)
{
    if (len != strlen("HTTP/1.1") || memcmp(text, "HTTP/", 5) != 0 ||
        !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7]))
        return 400;
    return text[5] == '1' ? 0 : 505;
}

int rules_request_line(const char *line, size_t len)
{
    const char *end = line + len;
    const char *method_end = memchr(line, ' ', len);
    if (!method_end || !rules_is_token(line, (size_t)(method_end - line)))
        return 400;
    const char *target = method_end + 1;
    const char *target_end = memchr(target, ' ', (size_t)(end - target));
    if (!target_end || !rules_is_target(target, (size_t)(target_end - target)))
        return 400;
    const char *version = target_end + 1;
    return check_version(version, (size_t)(end - version));
}

int rules_header_line(const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    /* A token cannot be empty, begin with white space (obs-fold, 5.2) or end
     * with it (5.1). */
    if (!colon || !rules_is_token(line, (size_t)(colon - line)))
        return 400;
    const char *value = colon + 1;
    return rules_is_field_value(value, len - (size_t)(value - line)) ? 0 : 400;
}

/* The length of an IPv6 address "[...]" at the start of `host`, 0 if bad. */
static size_t ip_literal(const char *host)
{
    char inside[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t len = strspn(host + 1, "0123456789abcdefABCDEF.:");
    if (host[len + 1] != ']' || len >= sizeof inside)
        return 0;
    memcpy(inside, host + 1, len);
    inside[len] = '\0';
    return inet_pton(AF_INET6, inside, &address) == 1 ? len + 2 : 0;
}

/* RFC 3986 3.2.2: reg-name, with its escapes. */
static size_t registered_name(const char *host)
{
    size_t len = 0;
    while (is_alpha(host[len]) || is_digit(host[len]) ||
           (host[len] && strchr("-._~!$&'()*+,;=", host[len])) ||
           (host[len] == '%' && hex_value(host[len + 1]) >= 0 &&
            hex_value(host[len + 2]) >= 0))
        len += host[len] == '%' ? 3 : 1;
    return len;
}

int rules_host(const char *host)
{
    if (*host == '\0')
        return 0; // a target without authority (RFC 9112 3.2)
    size_t name = *host == '[' ? ip_literal(host) : registered_name(host);
    if (name == 0)
        return 400;
    if (host[name] == '\0')
        return 0;
    const char *port = host + name + 1;
    return host[name] == ':' && port[strspn(port, "0123456789")] == '\0' ? 0
                                                                         : 400;
}

int rules_status(const char *text)
{
    if (strspn(text, "0123456789") != 3 || (text[3] && text[3] != ' '))
        return 0;
    int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0';
    return status >= 200 && status <= 599 ? status : 0;
}

int rules_decode_path(const char *path, size_t len, char *decoded)
{
    for (size_t i = 0; i < len; i++) {
        if (path[i] != '%') {
            *decoded++ = path[i];
            continue;
        }
        int high = i + 2 < len ? hex_value(path[i + 1]) : -1;
        int low = i + 2 < len ? hex_value(path[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return 400;
        *decoded++ = (char)(high * 16 + low);
        i += 2;
    }
    *decoded = '\0';
    return 0;
}

/* One byte of a chunk's size, or the first one behind it. */
static int size_byte(struct chunk_rules *chunks, char c)
{
    int value = hex_value(c);
    if (value >= 0 && chunks->digits < SIZE_DIGITS_MAX) {
        chunks->size = chunks->size * 16 + (uint64_t)value;
        chunks->digits++;
        return 0;
    }
    if (chunks->digits == 0)
        return 400;
    if (c == '\r')
        chunks->state = CHUNK_SIZE_LF;
    else if (c == ';')
        chunks->state = CHUNK_NAME_START;
    else if (is_blank(c))
        chunks->state = CHUNK_SEMICOLON;
    else
        return 400;
    return 0;
}

/* Which state comes after `c`, in an extension? CHUNK_SIZE: none, since `c`
 * may not stand here. White space around ';' and '=' is bad, but must be
 * taken (RFC 9112 7.1.1); a line that ends in it is not. */
static enum chunk_state after_extension_byte(enum chunk_state state, char c)
{
    bool blank = is_blank(c), token = is_token_char(c);
    switch (state) {
    case CHUNK_SEMICOLON:
        return blank      ? CHUNK_SEMICOLON
               : c == ';' ? CHUNK_NAME_START
                          : CHUNK_SIZE;
    case CHUNK_NAME_START:
        return blank ? CHUNK_NAME_START : token ? CHUNK_NAME : CHUNK_SIZE;
    case CHUNK_NAME:
        if (token || c == '\r')
            return token ? CHUNK_NAME : CHUNK_SIZE_LF;
        return after_extension_byte(CHUNK_NAME_END, c);
    case CHUNK_NAME_END:
        if (blank || c == '=')
            return blank ? CHUNK_NAME_END : CHUNK_VALUE_START;
        return c == ';' ? CHUNK_NAME_START : CHUNK_SIZE;
    case CHUNK_VALUE_START:
        if (blank || c == '"')
            return blank ? CHUNK_VALUE_START : CHUNK_QUOTED;
        return token ? CHUNK_VALUE : CHUNK_SIZE;
    case CHUNK_VALUE:
        if (token)
            return CHUNK_VALUE;
        return after_extension_byte(CHUNK_QUOTED_END, c);
    case CHUNK_QUOTED:
        if (c == '"' || c == '\\')
            return c == '"' ? CHUNK_QUOTED_END : CHUNK_QUOTED_PAIR;
        return is_field_char(c) ? CHUNK_QUOTED : CHUNK_SIZE;
    case CHUNK_QUOTED_PAIR: return is_field_char(c) ? CHUNK_QUOTED : CHUNK_SIZE;
    case CHUNK_QUOTED_END:
        if (c == '\r')
            return CHUNK_SIZE_LF;
        return after_extension_byte(CHUNK_SEMICOLON, c);
    default: return CHUNK_SIZE;
    }
}

static int extension_byte(struct chunk_rules *chunks, char c)
{
    if (++chunks->overhead > CHUNK_OVERHEAD_MAX)
        return 400;
    chunks->state = after_extension_byte(chunks->state, c);
    return chunks->state == CHUNK_SIZE ? 400 : 0;
}

/* Trailer lines are checked as they pass, without keeping them: a token, a
 * colon, field characters. An empty one ends the body. */
static int trailer_byte(struct chunk_rules *chunks, char c)
{
    if (++chunks->overhead > CHUNK_OVERHEAD_MAX)
        return 431;
    if (c == '\r') {
        chunks->state = CHUNK_TRAILER_LF;
        return chunks->line_len == 0 || chunks->colon_seen ? 0 : 400;
    }
    if (chunks->colon_seen && !is_field_char(c))
        return 400;
    if (!chunks->colon_seen && c == ':' && chunks->line_len > 0)
        chunks->colon_seen = true;
    else if (!chunks->colon_seen && !is_token_char(c))
        return 400;
    chunks->line_len++;
    return 0;
}

static void next_line(struct chunk_rules *chunks)
{
    chunks->done = chunks->state == CHUNK_TRAILER_LF && chunks->line_len == 0;
    chunks->line_len = 0;
    chunks->colon_seen = false;
    chunks->state = CHUNK_TRAILER;
}

static int chunk_byte(struct chunk_rules *chunks, char c)
{
    switch (chunks->state) {
    case CHUNK_SIZE: return size_byte(chunks, c);
    case CHUNK_SEMICOLON:
    case CHUNK_NAME_START:
    case CHUNK_NAME:
    case CHUNK_NAME_END:
    case CHUNK_VALUE_START:
    case CHUNK_VALUE:
    case CHUNK_QUOTED:
    case CHUNK_QUOTED_PAIR:
    case CHUNK_QUOTED_END: return extension_byte(chunks, c);
    case CHUNK_SIZE_LF:
        if (chunks->size > 0)
            chunks->state = CHUNK_DATA;
        else
            next_line(chunks);
        return c == '\n' ? 0 : 400;
    case CHUNK_DATA: // only its last byte comes here
        chunks->state = CHUNK_DATA_CR;
        return 0;
    case CHUNK_DATA_CR:
        chunks->state = CHUNK_DATA_LF;
        return c == '\r' ? 0 : 400;
    case CHUNK_DATA_LF:
        chunks->state = CHUNK_SIZE;
        chunks->digits = 0;
        return c == '\n' ? 0 : 400;
    case CHUNK_TRAILER: return trailer_byte(chunks, c);
    case CHUNK_TRAILER_LF: next_line(chunks); return c == '\n' ? 0 : 400;
    }
    return 400;
}

/* Pass over what there is of a chunk's data, all but the last byte of it.
 * Returns the number of bytes, or -1 if they are more than may come. */
static ssize_t skip_data(struct chunk_rules *chunks, size_t len)
{
    uint64_t skip = len < chunks->size ? len : chunks->size;
    if (skip > chunks->limit)
        return -1;
    chunks->limit -= skip;
    chunks->size -= skip;
    return (ssize_t)(chunks->size == 0 ? skip - 1 : skip);
}

int rules_chunk_bytes(struct chunk_rules *chunks, const char *bytes, size_t len)
{
    size_t *at = &chunks->sound;
    chunks->at_tab = false;
    for (*at = 0; *at < len && !chunks->done; ++*at) {
        if (chunks->state == CHUNK_DATA) {
            ssize_t skipped = skip_data(chunks, len - *at);
            if (skipped < 0)
                return 413;
            *at += (size_t)skipped;
            if (*at == len)
                break;
        }
        chunks->at_tab = chunks->state == CHUNK_SIZE && bytes[*at] == '\t';
        int status = chunk_byte(chunks, bytes[*at]);
        if (status || chunks->at_tab)
            return status;
    }
    return 0;
}
