/* connection.c - read, parse, handle, answer, and again.
 *
 * One connection is one struct on the heap, whose size does not depend on
 * what the client sends; only the body of a request grows, up to its limit. */
#include "connection.h"

#include "access_log.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_BYTES = 16384 };

struct connection {
    const struct limits *limits;
    handler_fn *handler;
    const void *context;
    struct exchange exchange;
    struct net_pace pace; // of this body, or of this answer
    int linger_ms;        // for when it is closed
    size_t start, end;    // of the input that is not used yet
    char input[INPUT_BYTES];
};

/* The sink of blocking stages: the socket itself. */
static int send_to_socket(void *to, const struct piece *piece)
{
    struct connection *connection = to;
    int client = connection->exchange.client;
    if (piece->is_last && !connection->exchange.response.keep_alive)
        return net_write_last(client, piece->bytes, (size_t)piece->len,
                              &connection->pace);
    if (piece->bytes)
        return net_write(client, piece->bytes, (size_t)piece->len,
                         &connection->pace);
    return net_send_file(client, piece->file, piece->offset, piece->len,
                         &connection->pace);
}

/* A body or an answer begins. */
static void start_pace(struct connection *connection)
{
    connection->pace =
        (struct net_pace){.progress_ms = connection->limits->progress_ms,
                          .min_rate = connection->limits->min_rate};
}

/* Hand the unused input to the request. Returns request_feed()'s verdict. */
static int feed(struct connection *connection)
{
    struct request *request = &connection->exchange.request;
    int status = request_feed(request, connection->input + connection->start,
                              connection->end - connection->start);
    connection->start += request->used;
    return status;
}

/* --- Read --- */

enum outcome { ASKED, REFUSED, GONE };

/* Note what net_read() returned. GONE: there is nobody to answer; REFUSED:
 * only half of a request has come, and *status says why no more will. */
static enum outcome take_input(struct connection *connection, ssize_t got,
                               int *status)
{
    connection->start = 0;
    connection->end = got > 0 ? (size_t)got : 0;
    if (got > 0)
        return ASKED;
    bool timed_out = got < 0 && errno == ETIMEDOUT;
    if (!request_begun(&connection->exchange.request) ||
        (got < 0 && !timed_out))
        return GONE;
    *status = timed_out ? 408 : 400; // it may read, though it sends no more
    return REFUSED;
}

/* Read until the head is whole. It has one deadline for all of it, so that a
 * client which drips gains nothing. */
static enum outcome read_head(struct connection *connection, bool is_first,
                              int *status)
{
    const struct limits *limits = connection->limits;
    struct request *request = &connection->exchange.request;
    int64_t deadline =
        net_now() + (is_first ? limits->head_ms : limits->idle_ms);
    bool begun = is_first;
    for (;;) {
        *status = feed(connection);
        if (*status)
            return REFUSED;
        if (request->head_complete)
            return ASKED;
        if (!begun && request_begun(request)) {
            deadline = net_now() + limits->head_ms;
            begun = true;
        }
        ssize_t got = net_read(connection->exchange.client, connection->input,
                               sizeof connection->input, deadline);
        enum outcome outcome = take_input(connection, got, status);
        if (outcome != ASKED)
            return outcome;
        /* Bytes that are always there never make net_read() wait, and so
         * would outrun the deadline. The grace is for a server that was
         * itself stopped meanwhile. */
        if (net_now() > deadline + limits->head_ms)
            return GONE;
    }
}

/* Read until the body is whole. It only has to move, but not too slowly. */
static enum outcome read_body(struct connection *connection, int *status)
{
    start_pace(connection);
    while (!connection->exchange.request.complete) {
        ssize_t got =
            net_read_on(connection->exchange.client, connection->input,
                        sizeof connection->input, &connection->pace);
        enum outcome outcome = take_input(connection, got, status);
        if (outcome != ASKED)
            return outcome;
        *status = feed(connection);
        if (*status)
            return REFUSED;
    }
    return ASKED;
}

/* --- Answer --- */

static void open_response(struct connection *connection, bool keep_alive)
{
    struct exchange *exchange = &connection->exchange;
    const struct request *request = &exchange->request;
    start_pace(connection);
    bool for_head = request->method && strcmp(request->method, "HEAD") == 0;
    response_open(&exchange->response, send_to_socket, connection,
                  request->head_complete ? request->minor : 1, for_head,
                  keep_alive);
    exchange->response.request = request;
}

static void answer(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct response *response = &exchange->response;
    open_response(connection, exchange->request.keep_alive);
    connection->handler(exchange, connection->context);
    if (response->status == 0) {
        log_line("%s was not answered by its handler",
                 exchange->request.target);
        response_error(response, 500, NULL);
    } else {
        response_end(response);
    }
}

/* --- Bodies that wait to be invited (RFC 9110 10.1.1) --- */

static bool body_waits(const struct request *request)
{
    return request->expects_continue && !request->complete &&
           request->body.len == 0;
}

/* Can it be answered without its body? Then nothing can follow: whether the
 * body comes all the same, nobody knows. */
static bool answer_early(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    open_response(connection, false);
    connection->handler(exchange, connection->context);
    if (exchange->response.status == 0)
        return false;
    response_end(&exchange->response);
    return true;
}

static int invite_body(struct connection *connection)
{
    static const char invitation[] = "HTTP/1.1 100 Continue\r\n\r\n";
    return net_write(connection->exchange.client, invitation,
                     sizeof invitation - 1, &connection->pace);
}

/* --- One exchange after the other --- */

/* Read one request and have it answered, or refused. GONE: there was none. */
static enum outcome take_turn(struct connection *connection, bool is_first)
{
    struct exchange *exchange = &connection->exchange;
    int status;
    enum outcome outcome = read_head(connection, is_first, &status);
    if (outcome == ASKED && body_waits(&exchange->request)) {
        if (answer_early(connection))
            return ASKED;
        if (invite_body(connection) < 0)
            return GONE;
    }
    if (outcome == ASKED)
        outcome = read_body(connection, &status);
    if (outcome == ASKED) {
        answer(connection);
    } else if (outcome == REFUSED) {
        open_response(connection, false);
        response_error(&exchange->response, status, NULL);
    }
    return outcome;
}

/* Has the client said that nothing else will come? Then it need not be waited
 * for. After a body some add a line end that does not belong to it. */
static bool has_heard_all(const struct connection *connection)
{
    const struct request *request = &connection->exchange.request;
    return request->complete && !request->keep_alive &&
           request->body.len == 0 && connection->start == connection->end;
}

/* One exchange. Returns whether the connection can carry another. */
static bool serve_one(struct connection *connection, bool is_first)
{
    struct exchange *exchange = &connection->exchange;
    if (take_turn(connection, is_first) == GONE) {
        connection->linger_ms = 0; // no answer is on its way
        return false;
    }
    if (has_heard_all(connection))
        connection->linger_ms = 0;
    access_log_write(exchange);
    return exchange->response.keep_alive && !exchange->response.broken;
}

void connection_serve(int client, const struct limits *limits,
                      handler_fn *handler, const void *context)
{
    struct connection *connection = malloc(sizeof *connection);
    if (!connection ||
        request_open(&connection->exchange.request, limits) < 0) {
        log_errno("serve a connection");
        free(connection);
        net_close(client, 0);
        return;
    }
    connection->limits = limits;
    connection->linger_ms = limits->linger_ms;
    connection->handler = handler;
    connection->context = context;
    connection->start = connection->end = 0;
    connection->exchange.response.broken = false;
    connection->exchange.client = client;
    net_peer(client, connection->exchange.peer,
             sizeof connection->exchange.peer);

    bool is_first = true;
    while (serve_one(connection, is_first)) {
        request_reset(&connection->exchange.request);
        is_first = false;
    }

    const struct response *last = &connection->exchange.response;
    if (last->broken && response_looks_whole(last))
        net_reset(client);
    else
        net_close(client, connection->linger_ms);
    request_close(&connection->exchange.request);
    free(connection);
}
