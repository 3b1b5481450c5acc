/* cgi_header.h - the header that a program's output begins with. */
#ifndef PART2_CGI_HEADER_H
#define PART2_CGI_HEADER_H

#include "common/request.h"
#include "common/response.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    /* The response's head must hold all of it, and the lines we add. */
    CGI_HEADER_BYTES = RESPONSE_BUFFER_BYTES - 1024,
    CGI_HEADER_LINES = 100
};

/* Start from {0}. All strings live in `text`: do not copy the struct. */
struct cgi_header {
    bool complete;     // and sound: what follows can be read
    const char *fault; // why it is refused, for the log; NULL if it is not
    int status;        // to answer with; 0 until `complete`
    const char *local; // "/path?query" to answer for instead (RFC 3875 6.2.2)
    size_t count;
    struct header lines[CGI_HEADER_LINES]; // for the client, so no Status

    /* For cgi_header.c alone. */
    size_t used, line_start;
    char text[CGI_HEADER_BYTES];
};

/* Feed output as it arrives. Returns how many bytes belong to the header;
 * what is left once it is `complete` is the body. How the bytes are cut makes
 * no difference. Copies what it keeps. Never blocks. */
size_t cgi_header_feed(struct cgi_header *header, const char *bytes,
                       size_t len);

#endif
