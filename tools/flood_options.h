/* flood_options.h - the command line of flood. */
#ifndef TOOLS_FLOOD_OPTIONS_H
#define TOOLS_FLOOD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIONS_HEADERS_MAX = 64 };

/* How a client takes its leave. */
enum manners {
    MANNERS_GOOD,       // reads the answer, then closes or goes on
    MANNERS_HOLD,       // reads the answer and stays
    MANNERS_HALF_CLOSE, // shuts its sending side after the request
    MANNERS_ABORT,      // resets the connection instead of reading
    MANNERS_SILENT,     // connects and never speaks
};

enum { UNTIL_INTERRUPTED = -1, AT_FIRST_BYTE = -1 };

struct options {
    const char *target;
    uint64_t requests;
    uint64_t concurrency;
    bool keep;
    bool together;
    enum manners manners;
    int64_t hold;  // us after the last answer, or UNTIL_INTERRUPTED
    int64_t abort; // us after the request, or AT_FIRST_BYTE
    bool drip;
    int64_t gap;     // us
    int64_t timeout; // us
    bool has_body;
    uint64_t body_bytes;
    const char *headers[OPTIONS_HEADERS_MAX];
    size_t header_count;
    bool json;
    bool quiet;
    bool anywhere;
};

/* Read the command line. --help ends the program with 0, a wrong command line
 * with 64 (EX_USAGE) after saying what is wrong. Call once. */
struct options options_parse(int argc, char **argv);

#endif
