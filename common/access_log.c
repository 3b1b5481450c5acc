/* access_log.c - what a client said, made harmless, between quotes. */
#include "access_log.h"

#include "log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Together less than a line of log.c, which is less than PIPE_BUF: lines of
 * several processes stay whole in a pipe as well. */
enum { REQUEST_ROOM = 2000, HEADER_ROOM = 700 };

/* One character as it stands in quotes; returns its length, 4 at most. Bytes
 * beyond ASCII may be controls to who reads the log, so they are numbers. */
static size_t quote(unsigned char c, char *text)
{
    static const char digits[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        memcpy(text, (char[]){'\\', (char)c}, 2);
        return 2;
    }
    if (c >= ' ' && c < 0x7f) {
        *text = (char)c;
        return 1;
    }
    memcpy(text, (char[]){'\\', 'x', digits[c >> 4], digits[c & 15]}, 4);
    return 4;
}

/* Escape `len` bytes of `from` into `text`, as many as fit; "-" for none. */
static void escape(char *text, size_t size, const char *from, size_t len)
{
    char *last = text + size - 5; // room for one more, and the end
    if (len == 0)
        *text++ = '-';
    for (size_t i = 0; i < len && text <= last; i++)
        text += quote((unsigned char)from[i], text);
    *text = '\0';
}

static void escape_header(char *text, size_t size,
                          const struct request *request, const char *name)
{
    const char *value = request_header(request, name);
    escape(text, size, value, value ? strlen(value) : 0);
}

static void escape_request_line(char *text, size_t size,
                                const struct request *request)
{
    char line[REQUEST_ROOM];
    escape(text, size, line, request_line(request, line, sizeof line));
}

void access_log_write(const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    const struct response *response = &exchange->response;
    if (!log_wants_requests())
        return;
    char line[REQUEST_ROOM], referer[HEADER_ROOM], agent[HEADER_ROOM];
    escape_request_line(line, sizeof line, request);
    escape_header(referer, sizeof referer, request, "Referer");
    escape_header(agent, sizeof agent, request, "User-Agent");

    char date[64];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%d/%b/%Y:%H:%M:%S +0000",
             gmtime_r(&now, &utc));
    log_request("%s - - [%s] \"%s\" %d %lld \"%s\" \"%s\"", exchange->peer,
                date, line, response->status,
                (long long)response_body_bytes(response), referer, agent);
}
