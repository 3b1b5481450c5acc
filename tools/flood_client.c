/* flood_client.c - one client: its connection, its state, its clocks, and what
 * becomes of its request. */
#include "flood_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { INPUT_BYTES = 65536 };

/* --- State, clock, connection ----------------------------------------- */

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

void client_disconnect(struct client *client)
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
    client_disconnect(client);
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
        client_disconnect(client);
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
        parts[count].iov_base = flood->body_block;
        parts[count++].iov_len =
            left < BODY_BLOCK_BYTES ? (size_t)left : BODY_BLOCK_BYTES;
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
    static char bytes[INPUT_BYTES];
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
    client_disconnect(client);
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

/* --- Its turn --------------------------------------------------------- */

void client_begin(struct flood *flood, struct client *client)
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

void client_speak(struct flood *flood, struct client *client)
{
    client->began = now_us();
    set_clock(flood, &client->deadline, client->began + flood->options.timeout);
    talk(flood, client);
}

/* --- What it hears, and when its time is up ---------------------------- */

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

void client_hear(struct flood *flood, struct client *client, uint32_t events)
{
    switch (client->state) {
    case CLIENT_IDLE:
        client_disconnect(client); // it will connect again for its next request
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

void client_look_at_clock(struct flood *flood, struct client *client,
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
    set_clock(flood, &client->deadline, client->deadline);
    set_clock(flood, &client->wake, client->wake);
}
