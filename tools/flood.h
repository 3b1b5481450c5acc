/* flood.h - what the files of flood share: the run, its clients, the clock. */
#ifndef TOOLS_FLOOD_H
#define TOOLS_FLOOD_H

#include "flood_answer.h"
#include "flood_options.h"
#include "flood_tally.h"
#include "flood_target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { BODY_BLOCK_BYTES = 65536 };

#define NEVER INT64_MAX

enum client_state {
    CLIENT_IDLE,       // between two requests; with --keep still connected
    CLIENT_CONNECTING, // until the server's host has answered
    CLIENT_STANDING,   // connected, waits for its turn
    CLIENT_TALKING,    // has bytes to send
    CLIENT_PAUSING,    // waits before its next byte
    CLIENT_LISTENING,  // has said all and reads
    CLIENT_LEAVING,    // will reset the connection when its time has come
    CLIENT_HOLDING,    // has its answer and stays
};

struct client {
    enum client_state state;
    int fd;           // -1: no connection
    uint32_t events;  // that epoll watches for
    bool cannot_talk; // sending failed; an answer may still be there to read
    int64_t began;    // monotonic us, as all times here
    int64_t deadline; // of this request, or NEVER
    int64_t wake;     // end of a pause, or NEVER
    uint64_t quota;   // --keep: requests it has still to send
    uint64_t place;   // of this request among all: the first has 1
    uint64_t said;    // bytes of it
    struct answer answer;
    struct client *next_idle;
};

struct flood {
    struct options options;
    struct target target;
    struct addrinfo *address; // of target; the one that is used
    bool address_settled;     // it answered, or there is no other
    char *head;               // the request, all but its body
    size_t head_len;
    char *body_block; // BODY_BLOCK_BYTES that every body repeats
    uint64_t request_len;

    int epoll;
    int signals;
    struct client *clients;
    size_t client_count;
    struct client *idle; // the next one to get a request, or NULL
    size_t busy;         // neither IDLE nor HOLDING
    size_t connecting;
    uint64_t begun;
    uint64_t decided;
    int64_t next_due; // nothing is due before it
    bool stopping;    // by a signal

    /* --together */
    bool gathering;         // the round still takes clients
    struct client *speaker; // NULL: nobody

    /* --hold */
    bool only_holds; // all requests are decided
    int64_t hold_until;

    bool shows_progress;
    int64_t next_progress;
    struct tally tally;
};

/* Monotonic us. */
static inline int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
