/* cgi_header.c - reads what a program says about its answer (RFC 3875 6).
 *
 * Lines end with LF or CR LF; an empty one ends the header. A fault ends it
 * as well: a program's header is taken whole or not at all, so that nothing
 * half understood reaches the client. */
#include "cgi_header.h"

#include "common/rules.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void refuse(struct cgi_header *header, const char *fault)
{
    if (!header->fault)
        header->fault = fault;
}

static const char *find(const struct cgi_header *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++)
        if (strcasecmp(header->lines[i].name, name) == 0)
            return header->lines[i].value;
    return NULL;
}

/* The words behind the number are for people; we have our own. */
static void take_status(struct cgi_header *header, const char *value)
{
    int status = rules_status(value);
    if (header->status)
        refuse(header, "Status comes twice");
    else if (!status)
        refuse(header, "Status is no number from 200 to 599");
    else
        header->status = status;
}

static bool is_length(const char *value)
{
    errno = 0;
    (void)strtoll(value, NULL, 10);
    return *value && value[strspn(value, "0123456789")] == '\0' && errno == 0;
}

static void take_field(struct cgi_header *header, char *name, char *value)
{
    if (strcasecmp(name, "Status") == 0) {
        take_status(header, value);
        return;
    }
    /* RFC 3875 6.3: each of the CGI fields at most once. */
    static const char *const single[] = {"Content-Type", "Content-Length",
                                         "Location"};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (strcasecmp(name, single[i]) == 0 && find(header, name))
            refuse(header, "Content-Type, Content-Length or Location "
                           "comes twice");
    if (strcasecmp(name, "Content-Length") == 0 && !is_length(value))
        refuse(header, "Content-Length is no length");
    if (header->count == CGI_HEADER_LINES)
        refuse(header, "the header has too many lines");
    else
        header->lines[header->count++] =
            (struct header){.name = name, .value = value};
}

/* "scheme:" and something (RFC 3986 4.3). */
static bool is_absolute_uri(const char *text)
{
    size_t len = strcspn(text, ":");
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("+-.", text[i]))
            return false;
    return isalpha((unsigned char)text[0]) && text[len] && text[len + 1];
}

/* A Location without a Status: a path is for the server to follow (RFC 3875
 * 6.2.2), anything else for the client (6.2.3). */
static void take_redirect(struct cgi_header *header, const char *location)
{
    header->status = 302;
    if (location[0] == '/') {
        header->local = location;
        if (header->count > 1)
            refuse(header, "there is more than the Location of a local "
                           "redirect");
    } else if (!is_absolute_uri(location)) {
        refuse(header, "Location is neither a path nor an absolute URI");
    }
}

/* The empty line: does all of it together make an answer? */
static void take_end(struct cgi_header *header)
{
    const char *location = find(header, "Location");
    if (!header->status && !location && !find(header, "Content-Type"))
        refuse(header, "the header has no Content-Type, Location or Status");
    if (location && !header->status)
        take_redirect(header, location);
    if (!header->status)
        header->status = 200;
    header->complete = !header->fault;
}

/* A line of `len` bytes, without its line end. */
static void take_line(struct cgi_header *header, char *line, size_t len)
{
    if (len == 0) {
        take_end(header);
        return;
    }
    char *colon = memchr(line, ':', len);
    if (!colon || rules_header_line(line, len) != 0) {
        refuse(header, "a header line is not \"Name: value\"");
        return;
    }
    char *value = colon + 1;
    char *end = line + len;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *colon = *end = '\0'; // at the latest where the line end was
    take_field(header, line, value);
}

size_t cgi_header_feed(struct cgi_header *header, const char *bytes, size_t len)
{
    size_t used = 0;
    while (used < len && !header->complete && !header->fault) {
        if (header->used == sizeof header->text) {
            refuse(header, "the header is too long");
            break;
        }
        char byte = header->text[header->used++] = bytes[used++];
        if (byte != '\n')
            continue;
        char *line = header->text + header->line_start;
        size_t line_len = header->used - header->line_start - 1;
        if (line_len > 0 && line[line_len - 1] == '\r')
            line_len--;
        header->line_start = header->used;
        take_line(header, line, line_len);
    }
    return used;
}
