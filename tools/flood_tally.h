/* flood_tally.h - what became of the requests, and how it is told. */
#ifndef TOOLS_FLOOD_TALLY_H
#define TOOLS_FLOOD_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every request that was begun ends in exactly one of these. */
enum outcome {
    ANSWERED,     // a whole answer came, whatever its status
    REFUSED,      // nobody listens there
    RESET,        // ECONNRESET, EPIPE
    CLOSED_EARLY, // the server closed before its answer was whole
    TIMED_OUT,
    FAILED,           // anything else; first_error says what
    ABORTED,          // --abort: reset by us, as was asked for
    CLOSED_BY_SERVER, // --silent: the server had enough
    OUTCOME_COUNT
};

struct tally {
    uint64_t requests; // asked for
    uint64_t outcomes[OUTCOME_COUNT];
    uint64_t by_class[6]; // [2] counts 2xx; [0] and [1] are not used
    uint64_t sent;        // requests of which every byte went out
    uint64_t connections; // opened
    uint64_t bytes_received;
    uint64_t body_bytes;
    uint64_t held;        // --hold: connections kept open after the answer
    uint64_t held_closed; // and of these, closed by the server
    const char *goal;     // the word for `wanted` in the table
    enum outcome wanted;  // what every request should come to
    int64_t began, ended; // monotonic us
    char first_error[160];

    /* For flood_tally.c alone. */
    int64_t *times; // us, of the requests that reached `wanted`
    size_t time_count;
};

/* Make ready for `requests` requests that should all come to `wanted`.
 * Returns 0, or -1 when there is no memory. Undo with tally_free(). */
int tally_init(struct tally *tally, uint64_t requests, enum outcome wanted);
void tally_free(struct tally *tally);

/* Count a request that came to `outcome` after `took` us. */
void tally_count(struct tally *tally, enum outcome outcome, int64_t took);

/* Keep the first reason for FAILED; later ones are dropped. */
void tally_explain(struct tally *tally, const char *reason);

/* Print the table, or one line of JSON, to standard output. Sorts the times:
 * for the end. */
void tally_print_table(struct tally *tally);
void tally_print_json(struct tally *tally);

#endif
