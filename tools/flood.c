/* flood.c - many requests to one server, and what becomes of them.
 *
 * One process, one thread, one epoll. This file owns the clients: their
 * connections, states and clocks. The command line is read by
 * flood_options.c, the target by flood_target.c, answers by flood_answer.c;
 * flood_tally.c counts and prints.
 *
 *   IDLE --> CONNECTING --> TALKING --> LISTENING --> IDLE
 *
 * with detours:
 *
 *   CONNECTING --> STANDING --> TALKING    --together: until it is its turn
 *   CONNECTING --> LISTENING               --silent
 *   IDLE --> TALKING                       --keep: is connected already
 *   TALKING --> PAUSING --> TALKING        --drip: between two bytes
 *   TALKING --> LEAVING --> IDLE           --abort=MS
 *   LISTENING --> HOLDING                  --hold
 *
 * From any state the outcome of the request, decide(), leads back to IDLE. */
#include "flood_answer.h"
#include "flood_options.h"
#include "flood_tally.h"
#include "flood_target.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    EXIT_NOT_ALL = 1,
    EXIT_NO_START = 2,
    EVENTS_AT_ONCE = 256,
    BLOCK_BYTES = 65536,
    SPARE_DESCRIPTORS = 16, // for standard streams, epoll, signals, resolver
    PROGRESS_EVERY = 100000 // us
};

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

/* Filled with x by start(): what bodies are made of, whatever their length. */
static char body_block[BLOCK_BYTES];

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* --- Clients: state, clock, connection -------------------------------- */

static bool is_busy(enum client_state state)
{
    return state != CLIENT_IDLE && state != CLIENT_HOLDING;
}

static void watch(struct flood *flood, struct client *client, uint32_t events)
{
    if (client->fd < 0 || client->events == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = client};
    epoll_ctl(flood->epoll, EPOLL_CTL_MOD, client->fd, &event);
    client->events = events;
}

/* The only place where a client changes its state. */
static void enter(struct flood *flood, struct client *client,
                  enum client_state state)
{
    static const uint32_t events[] = {
        [CLIENT_IDLE] = EPOLLIN,     [CLIENT_CONNECTING] = EPOLLOUT,
        [CLIENT_STANDING] = EPOLLIN, [CLIENT_TALKING] = EPOLLIN | EPOLLOUT,
        [CLIENT_PAUSING] = EPOLLIN,  [CLIENT_LISTENING] = EPOLLIN,
        [CLIENT_LEAVING] = 0, // what the server says is left unread
        [CLIENT_HOLDING] = EPOLLIN,
    };
    flood->busy -= is_busy(client->state) ? 1 : 0;
    flood->busy += is_busy(state) ? 1 : 0;
    flood->connecting -= client->state == CLIENT_CONNECTING ? 1 : 0;
    flood->connecting += state == CLIENT_CONNECTING ? 1 : 0;
    client->state = state;
    watch(flood, client, events[state]);
}

static void set_clock(struct flood *flood, int64_t *clock, int64_t when)
{
    *clock = when;
    flood->next_due = earlier(flood->next_due, when);
}

static void disconnect(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd); // epoll forgets it as well
    client->fd = -1;
    client->events = 0;
}

/* A lingering time of zero makes close(2) send RST, not FIN. */
static void reset_connection(struct client *client)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    disconnect(client);
}

/* --- Outcomes --------------------------------------------------------- */

/* May the next request of this client use the same connection? */
static bool can_go_on(const struct flood *flood, const struct client *client)
{
    return flood->options.keep && client->quota > 0 &&
           client->answer.keep_alive && !client->cannot_talk &&
           client->said == flood->request_len;
}

static void hold(struct flood *flood, struct client *client)
{
    flood->tally.held++;
    enter(flood, client, CLIENT_HOLDING);
}

static void rest(struct flood *flood, struct client *client)
{
    enter(flood, client, CLIENT_IDLE);
    if (flood->options.keep && client->quota == 0)
        return; // it has done its share
    client->next_idle = flood->idle;
    flood->idle = client;
}

static void count_answer(struct flood *flood, const struct client *client)
{
    int status = client->answer.status;
    if (status >= 200 && status < 600)
        flood->tally.by_class[status / 100]++;
}

/* This request is over, and this is what became of it. */
static void decide(struct flood *flood, struct client *client,
                   enum outcome outcome)
{
    struct tally *tally = &flood->tally;
    int64_t now = now_us();
    tally_count(tally, outcome, now - client->began);
    if (outcome == ANSWERED || outcome == CLOSED_BY_SERVER)
        count_answer(flood, client);
    tally->body_bytes += client->answer.body_bytes;
    tally->ended = now;
    flood->decided++;
    flood->address_settled = true; // good or bad, this address it is
    client->deadline = client->wake = NEVER;
    if (flood->speaker == client)
        flood->speaker = NULL;

    if (outcome == ANSWERED && flood->options.manners == MANNERS_HOLD) {
        hold(flood, client);
        return;
    }
    if (outcome == ABORTED)
        reset_connection(client);
    else if (outcome != ANSWERED || !can_go_on(flood, client))
        disconnect(client);
    rest(flood, client);
}

static void decide_by_errno(struct flood *flood, struct client *client,
                            int error)
{
    switch (error) {
    case ECONNREFUSED: decide(flood, client, REFUSED); return;
    case ECONNRESET:
    case EPIPE: decide(flood, client, RESET); return;
    case ETIMEDOUT: decide(flood, client, TIMED_OUT); return;
    case EADDRNOTAVAIL:
        tally_explain(&flood->tally,
                      "no local port is free for one more connection: wait a "
                      "minute, use --keep, or send fewer requests");
        break;
    default: tally_explain(&flood->tally, strerror(error));
    }
    decide(flood, client, FAILED);
}

/* --- Talking and listening -------------------------------------------- */

/* Send what is left of the request, one byte of it with --drip, and at most a
 * block of its body. Returns as sendmsg(2) does. */
static ssize_t send_some(const struct flood *flood, const struct client *client)
{
    struct iovec parts[2];
    size_t count = 0;
    uint64_t left = flood->request_len - client->said;
    if (client->said < flood->head_len) {
        size_t len = flood->head_len - (size_t)client->said;
        parts[count].iov_base = flood->head + client->said;
        parts[count++].iov_len = len;
        left -= len;
    }
    if (left > 0) {
        parts[count].iov_base = body_block;
        parts[count++].iov_len =
            left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
    }
    if (flood->options.drip) {
        parts[0].iov_len = 1;
        count = 1;
    }
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(client->fd, &message, MSG_NOSIGNAL);
}

static void all_is_said(struct flood *flood, struct client *client)
{
    const struct options *options = &flood->options;
    flood->tally.sent++;
    if (options->manners == MANNERS_HALF_CLOSE)
        shutdown(client->fd, SHUT_WR);
    if (options->manners == MANNERS_ABORT && options->abort >= 0) {
        client->deadline = NEVER;
        set_clock(flood, &client->wake, now_us() + options->abort);
        enter(flood, client, CLIENT_LEAVING);
        return;
    }
    enter(flood, client, CLIENT_LISTENING);
}

static void talk(struct flood *flood, struct client *client)
{
    ssize_t sent = send_some(flood, client);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        enter(flood, client, CLIENT_TALKING);
        return;
    }
    if (sent < 0) {
        /* The server has closed, perhaps after an answer such as 413. */
        client->cannot_talk = true;
        enter(flood, client, CLIENT_LISTENING);
        return;
    }
    client->said += (uint64_t)sent;
    if (client->said == flood->request_len) {
        all_is_said(flood, client);
    } else if (flood->options.drip) {
        set_clock(flood, &client->wake, now_us() + flood->options.gap);
        enter(flood, client, CLIENT_PAUSING);
    } else {
        enter(flood, client, CLIENT_TALKING);
    }
}

static void server_closed(struct flood *flood, struct client *client)
{
    if (flood->options.manners == MANNERS_SILENT)
        decide(flood, client, CLOSED_BY_SERVER);
    else if (answer_closed(&client->answer))
        decide(flood, client, ANSWERED);
    else if (client->cannot_talk)
        decide(flood, client, RESET);
    else
        decide(flood, client, CLOSED_EARLY);
}

static void server_spoke(struct flood *flood, struct client *client,
                         const char *bytes, size_t len)
{
    flood->tally.bytes_received += len;
    if (flood->options.manners == MANNERS_ABORT) {
        decide(flood, client, ABORTED);
        return;
    }
    struct answer *answer = &client->answer;
    size_t used = answer_feed(answer, bytes, len);
    if (used < len)
        answer->keep_alive = false; // more than was asked for
    if (flood->options.manners == MANNERS_SILENT)
        return; // it may say what it likes: only its closing counts
    if (answer->state == ANSWER_WHOLE) {
        decide(flood, client, ANSWERED);
    } else if (answer->state == ANSWER_NOT_HTTP) {
        tally_explain(&flood->tally, "the answer is not HTTP/1.1");
        decide(flood, client, FAILED);
    }
}

static void listen_to_server(struct flood *flood, struct client *client)
{
    static char bytes[BLOCK_BYTES];
    ssize_t len = recv(client->fd, bytes, sizeof bytes, 0);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < 0)
        decide_by_errno(flood, client, errno);
    else if (len == 0)
        server_closed(flood, client);
    else
        server_spoke(flood, client, bytes, (size_t)len);
}

/* --- Connecting ------------------------------------------------------- */

/* What the others take is not its fault: the clock stands as well. */
static void stand(struct flood *flood, struct client *client)
{
    client->deadline = NEVER;
    enter(flood, client, CLIENT_STANDING);
}

static void connected(struct flood *flood, struct client *client)
{
    flood->address_settled = true;
    flood->tally.connections++;
    if (flood->options.together)
        stand(flood, client);
    else if (flood->options.manners == MANNERS_SILENT)
        enter(flood, client, CLIENT_LISTENING);
    else
        talk(flood, client);
}

/* Open a socket and begin to connect it. Returns 0, or an error number;
 * EINPROGRESS says that epoll will tell. */
static int begin_to_connect(struct flood *flood, struct client *client)
{
    const struct addrinfo *address = flood->address;
    client->fd = socket(address->ai_family,
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return errno;
    int on = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = client};
    client->events = event.events;
    if (epoll_ctl(flood->epoll, EPOLL_CTL_ADD, client->fd, &event) < 0)
        return errno;
    if (connect(client->fd, address->ai_addr, address->ai_addrlen) < 0)
        return errno;
    return 0;
}

/* Until one address has answered, a failure that leaves another to try is not
 * counted. Returns whether there is another. */
static bool turn_to_next_address(struct flood *flood, struct client *client)
{
    if (flood->address_settled)
        return false;
    disconnect(client);
    flood->address = flood->address->ai_next;
    flood->address_settled = flood->address->ai_next == NULL;
    return true;
}

static void connect_client(struct flood *flood, struct client *client)
{
    int error;
    do {
        error = begin_to_connect(flood, client);
    } while (error != 0 && error != EINPROGRESS &&
             turn_to_next_address(flood, client));

    if (error == 0)
        connected(flood, client);
    else if (error == EINPROGRESS)
        enter(flood, client, CLIENT_CONNECTING);
    else
        decide_by_errno(flood, client, error);
}

static void finish_connecting(struct flood *flood, struct client *client)
{
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error == 0)
        connected(flood, client);
    else if (turn_to_next_address(flood, client))
        connect_client(flood, client);
    else
        decide_by_errno(flood, client, error);
}

/* --- Whose turn it is ------------------------------------------------- */

static void begin_request(struct flood *flood, struct client *client)
{
    flood->idle = client->next_idle;
    client->place = ++flood->begun;
    client->quota -= client->quota > 0 ? 1 : 0;
    client->said = 0;
    client->cannot_talk = false;
    answer_begin(&client->answer);
    client->began = now_us();
    set_clock(flood, &client->deadline, client->began + flood->options.timeout);

    if (client->fd < 0)
        connect_client(flood, client);
    else if (flood->options.together)
        stand(flood, client);
    else
        talk(flood, client);
}

static bool may_begin(const struct flood *flood)
{
    if (flood->stopping || flood->idle == NULL ||
        flood->begun == flood->options.requests ||
        flood->busy == flood->options.concurrency)
        return false;
    if (!flood->address_settled && flood->connecting > 0)
        return false; // the first connection finds the address for all
    return !flood->options.together || flood->gathering;
}

static void begin_requests(struct flood *flood)
{
    if (flood->busy == 0)
        flood->gathering = true;
    while (may_begin(flood))
        begin_request(flood, flood->idle);
}

/* The one that connected last, of those that stand. NULL if none does. */
static struct client *last_in_line(struct flood *flood)
{
    struct client *last = NULL;
    for (size_t i = 0; i < flood->client_count; i++) {
        struct client *client = &flood->clients[i];
        if (client->state == CLIENT_STANDING &&
            (last == NULL || client->place > last->place))
            last = client;
    }
    return last;
}

/* --together: when all stand and nobody speaks, the last in line speaks. A
 * server that serves one client at a time is waiting for the first. */
static void give_the_floor(struct flood *flood)
{
    if (!flood->options.together || flood->connecting > 0 ||
        flood->speaker != NULL)
        return;
    struct client *client = last_in_line(flood);
    if (client == NULL)
        return;
    flood->gathering = false;
    flood->speaker = client;
    client->began = now_us();
    set_clock(flood, &client->deadline, client->began + flood->options.timeout);
    talk(flood, client);
}

/* --- Events ----------------------------------------------------------- */

static void hear_while_standing(struct flood *flood, struct client *client)
{
    char byte;
    ssize_t len = recv(client->fd, &byte, 1, 0);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len < 0)
        decide_by_errno(flood, client, errno);
    else
        decide(flood, client, CLOSED_EARLY); // or it speaks unasked: 408
}

static void hear_while_holding(struct flood *flood, struct client *client)
{
    char bytes[512];
    ssize_t len = recv(client->fd, bytes, sizeof bytes, 0);
    if (len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR)))
        return; // it says more than was asked for
    /* Keep the descriptor, so that the server's side stays as it is, but hear
     * no more: what is closed would be reported for ever. */
    epoll_ctl(flood->epoll, EPOLL_CTL_DEL, client->fd, NULL);
    flood->tally.held_closed++;
}

static void hear_client(struct flood *flood, struct client *client,
                        uint32_t events)
{
    switch (client->state) {
    case CLIENT_IDLE:
        disconnect(client); // it will connect again for its next request
        return;
    case CLIENT_CONNECTING: finish_connecting(flood, client); return;
    case CLIENT_STANDING: hear_while_standing(flood, client); return;
    case CLIENT_HOLDING: hear_while_holding(flood, client); return;
    case CLIENT_LEAVING:
        decide(flood, client, RESET); // the server was quicker
        return;
    case CLIENT_TALKING:
    case CLIENT_PAUSING:
    case CLIENT_LISTENING:
        if ((events & ~(uint32_t)EPOLLOUT) != 0)
            listen_to_server(flood, client);
        if ((events & EPOLLOUT) != 0 && client->state == CLIENT_TALKING)
            talk(flood, client);
        return;
    }
}

static int wait_ms(const struct flood *flood)
{
    int64_t until = earlier(flood->next_due, flood->hold_until);
    if (flood->shows_progress)
        until = earlier(until, flood->next_progress);
    if (until == NEVER)
        return -1;
    int64_t left = until - now_us();
    if (left <= 0)
        return 0;
    return (int)earlier((left + 999) / 1000, 60000);
}

static void hear_events(struct flood *flood)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count =
        epoll_wait(flood->epoll, events, EVENTS_AT_ONCE, wait_ms(flood));
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == NULL)
            flood->stopping = true; // the signalfd
        else
            hear_client(flood, events[i].data.ptr, events[i].events);
    }
}

static void look_at_clock(struct flood *flood, struct client *client,
                          int64_t now)
{
    if (client->deadline <= now) {
        decide(flood, client, TIMED_OUT);
    } else if (client->wake <= now) {
        client->wake = NEVER;
        if (client->state == CLIENT_LEAVING)
            decide(flood, client, ABORTED);
        else
            talk(flood, client);
    }
}

static void look_at_clocks(struct flood *flood)
{
    int64_t now = now_us();
    if (now < flood->next_due)
        return;
    flood->next_due = NEVER;
    for (size_t i = 0; i < flood->client_count; i++) {
        struct client *client = &flood->clients[i];
        look_at_clock(flood, client, now);
        set_clock(flood, &client->deadline, client->deadline);
        set_clock(flood, &client->wake, client->wake);
    }
}

/* --- Progress and the end --------------------------------------------- */

static void show_progress(struct flood *flood)
{
    int64_t now = now_us();
    if (!flood->shows_progress || now < flood->next_progress)
        return;
    flood->next_progress = now + PROGRESS_EVERY;
    const struct tally *tally = &flood->tally;
    uint64_t good = tally->outcomes[tally->wanted];
    fprintf(stderr,
            "\r\033[K%s %" PRIu64 " of %" PRIu64 "  other %" PRIu64 "  %.1f s",
            tally->goal, good, tally->requests, flood->decided - good,
            (double)(now - tally->began) / 1e6);
}

static void clear_progress(const struct flood *flood)
{
    if (flood->shows_progress)
        fprintf(stderr, "\r\033[K");
}

/* --hold: once all requests are decided, connections are only held. */
static void begin_to_hold(struct flood *flood)
{
    const struct options *options = &flood->options;
    if (flood->tally.held == 0 || flood->only_holds ||
        flood->decided < options->requests)
        return;
    flood->only_holds = true;
    clear_progress(flood);
    flood->shows_progress = false;
    if (options->hold != UNTIL_INTERRUPTED)
        flood->hold_until = now_us() + options->hold;
    if (options->quiet)
        return;
    fprintf(stderr, "holding %" PRIu64 " connections ", flood->tally.held);
    if (options->hold == UNTIL_INTERRUPTED)
        fprintf(stderr, "until Ctrl-C\n");
    else
        fprintf(stderr, "for %.1f s\n", (double)options->hold / 1e6);
}

static bool is_over(const struct flood *flood)
{
    if (flood->stopping)
        return true;
    if (flood->only_holds)
        return now_us() >= flood->hold_until;
    return flood->decided == flood->options.requests;
}

static void run(struct flood *flood)
{
    flood->tally.began = flood->tally.ended = now_us();
    flood->next_progress = flood->tally.began + PROGRESS_EVERY;
    for (;;) {
        begin_requests(flood);
        give_the_floor(flood);
        begin_to_hold(flood);
        if (is_over(flood))
            break;
        hear_events(flood);
        look_at_clocks(flood);
        show_progress(flood);
    }
    if (flood->decided < flood->options.requests)
        flood->tally.ended = now_us(); // interrupted
    clear_progress(flood);
}

/* --- Starting up ------------------------------------------------------ */

static void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "flood: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(EXIT_NO_START);
}

static void find_target(struct flood *flood)
{
    struct target *target = &flood->target;
    const char *fault = target_parse(target, flood->options.target);
    if (fault != NULL)
        die("'%s': %s", flood->options.target, fault);
    fault = target_resolve(target);
    if (fault != NULL)
        die("cannot resolve '%s': %s", target->host, fault);
    if (!flood->options.anywhere && !target_is_loopback(target))
        die("'%s' is not this machine. Give --anywhere if its owner "
            "agrees to be flooded",
            target->host);
    flood->address = target->addresses;
    flood->address_settled = flood->address->ai_next == NULL;
}

static bool has_header(const struct options *options, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < options->header_count; i++)
        if (strncasecmp(options->headers[i], name, len) == 0 &&
            options->headers[i][len] == ':')
            return true;
    return false;
}

static void compose_request(struct flood *flood)
{
    const struct options *options = &flood->options;
    FILE *head = open_memstream(&flood->head, &flood->head_len);
    if (head == NULL)
        die("the request: %s", strerror(errno));
    fprintf(head, "%s %s HTTP/1.1\r\n", options->has_body ? "POST" : "GET",
            flood->target.path);
    if (!has_header(options, "Host"))
        fprintf(head, "Host: %s\r\n", flood->target.authority);
    if (!has_header(options, "Connection") && !options->keep &&
        options->manners != MANNERS_HOLD)
        fprintf(head, "Connection: close\r\n");
    if (!has_header(options, "Content-Length") && options->has_body)
        fprintf(head, "Content-Length: %" PRIu64 "\r\n", options->body_bytes);
    for (size_t i = 0; i < options->header_count; i++)
        fprintf(head, "%s\r\n", options->headers[i]);
    fprintf(head, "\r\n");
    if (fclose(head) != 0)
        die("the request: %s", strerror(errno));
    flood->request_len = flood->head_len + options->body_bytes;
}

/* With --hold every request keeps a client and its connection to the end. */
static size_t count_clients(const struct options *options)
{
    return (size_t)(options->manners == MANNERS_HOLD ? options->requests
                                                     : options->concurrency);
}

static void allow_descriptors(size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("getrlimit: %s", strerror(errno));
    rlim_t needed = count + SPARE_DESCRIPTORS;
    if (limit.rlim_cur >= needed)
        return;
    if (limit.rlim_max < needed)
        die("%zu connections at a time need %ju descriptors, but "
            "only %ju are allowed (ulimit -Hn)",
            count, (uintmax_t)needed, (uintmax_t)limit.rlim_max);
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        die("setrlimit: %s", strerror(errno));
}

static void make_clients(struct flood *flood)
{
    const struct options *options = &flood->options;
    size_t count = count_clients(options);
    allow_descriptors(count);
    flood->clients = calloc(count, sizeof *flood->clients);
    if (flood->clients == NULL)
        die("no memory for %zu clients", count);

    flood->client_count = count;
    for (size_t i = 0; i < count; i++) {
        struct client *client = &flood->clients[i];
        client->fd = -1;
        client->deadline = client->wake = NEVER;
        client->quota =
            options->requests / count + (i < options->requests % count ? 1 : 0);
        client->next_idle = i + 1 < count ? client + 1 : NULL;
    }
    flood->idle = flood->clients; // the first one first
}

static void watch_signals(struct flood *flood)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    flood->epoll = epoll_create1(EPOLL_CLOEXEC);
    flood->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (flood->epoll < 0 || flood->signals < 0 ||
        epoll_ctl(flood->epoll, EPOLL_CTL_ADD, flood->signals, &event) < 0)
        die("epoll: %s", strerror(errno));
}

static enum outcome wanted_outcome(const struct options *options)
{
    switch (options->manners) {
    case MANNERS_ABORT: return ABORTED;
    case MANNERS_SILENT: return CLOSED_BY_SERVER;
    default: return ANSWERED;
    }
}

static void start(struct flood *flood)
{
    const struct options *options = &flood->options;
    memset(body_block, 'x', sizeof body_block);
    flood->next_due = flood->hold_until = NEVER;
    flood->shows_progress = !options->quiet && isatty(STDERR_FILENO);
    find_target(flood);
    compose_request(flood);
    make_clients(flood);
    watch_signals(flood);
    enum outcome wanted = wanted_outcome(options);
    if (tally_init(&flood->tally, options->requests, wanted) < 0)
        die("no memory for %" PRIu64 " requests", options->requests);
}

static void clean_up(struct flood *flood)
{
    for (size_t i = 0; i < flood->client_count; i++)
        disconnect(&flood->clients[i]);
    close(flood->signals);
    close(flood->epoll);
    free(flood->clients);
    free(flood->head);
    tally_free(&flood->tally);
    target_free(&flood->target);
}

int main(int argc, char **argv)
{
    struct flood flood = {.options = options_parse(argc, argv)};
    start(&flood);
    run(&flood);
    if (flood.options.json)
        tally_print_json(&flood.tally);
    else
        tally_print_table(&flood.tally);
    bool all_went_well =
        flood.tally.outcomes[flood.tally.wanted] == flood.tally.requests;
    clean_up(&flood);
    if (fflush(stdout) != 0)
        die("standard output: %s", strerror(errno));
    return all_went_well ? EXIT_SUCCESS : EXIT_NOT_ALL;
}
