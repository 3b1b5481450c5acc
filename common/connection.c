/* connection.c - read, parse, handle, answer, and again.
 *
 * One connection is one struct on the heap, whose size does not depend on
 * what the client sends; only the body of a request grows, up to its limit. */
#include "connection.h"

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
    int linger_ms;     // for when it is closed
    size_t start, end; // of the input that is not used yet
    char input[INPUT_BYTES];
};

/* The sink of blocking stages: the socket itself. */
static int send_to_socket(void *to, const struct piece *piece)
{
    const struct connection *connection = to;
    int client = connection->exchange.client;
    int patience = connection->limits->progress_ms;
    if (piece->bytes)
        return net_write(client, piece->bytes, (size_t)piece->len, patience);
    return net_send_file(client, piece->file, piece->offset, piece->len,
                         patience);
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

/* Until when the next byte must come. The head has one deadline for all of
 * it, so that a client which drips gains nothing; a body only has to move. */
static int64_t next_deadline(const struct connection *connection,
                             int64_t head_deadline)
{
    return connection->exchange.request.head_complete
               ? net_now() + connection->limits->progress_ms
               : head_deadline;
}

/* RFC 9110 10.1.1: it holds the body back until it is told to go on. */
static int invite_body(const struct connection *connection)
{
    static const char invitation[] = "HTTP/1.1 100 Continue\r\n\r\n";
    return net_write(connection->exchange.client, invitation,
                     sizeof invitation - 1, connection->limits->progress_ms);
}

enum outcome { ASKED, REFUSED, GONE };

/* Read one request. ASKED: it is whole. REFUSED: answer with *status. GONE:
 * there is no request, and nobody to answer. */
static enum outcome read_request(struct connection *connection, bool is_first,
                                 int *status)
{
    const struct limits *limits = connection->limits;
    struct request *request = &connection->exchange.request;
    int64_t deadline =
        net_now() + (is_first ? limits->head_ms : limits->idle_ms);
    bool begun = is_first;
    bool invited = false;
    for (;;) {
        *status = feed(connection);
        if (*status)
            return REFUSED;
        if (request->complete)
            return ASKED;
        if (!begun && request_begun(request)) {
            deadline = net_now() + limits->head_ms;
            begun = true;
        }
        if (request->head_complete && request->expects_continue && !invited) {
            if (invite_body(connection) < 0)
                return GONE;
            invited = true;
        }
        ssize_t got = net_read(connection->exchange.client, connection->input,
                               sizeof connection->input,
                               next_deadline(connection, deadline));
        if (got < 0 && errno == ETIMEDOUT && request_begun(request)) {
            *status = 408;
            return REFUSED;
        }
        if (got == 0 && request_begun(request)) {
            *status = 400; // it has shut its side in the middle, but may read
            return REFUSED;
        }
        if (got <= 0)
            return GONE;
        /* Bytes that are always there must not outrun the deadline. */
        if (!request->head_complete && net_now() > deadline + limits->head_ms)
            return GONE;
        connection->start = 0;
        connection->end = (size_t)got;
    }
}

static void log_exchange(const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    log_request("%s \"%s %.512s\" %d %lld", exchange->peer,
                request->method ? request->method : "-",
                request->target ? request->target : "-",
                exchange->response.status, (long long)exchange->response.sent);
}

static void answer(struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    struct response *response = &exchange->response;
    connection->handler(exchange, connection->context);
    if (response->status == 0) {
        log_line("%s was not answered by its handler",
                 exchange->request.target);
        response_error(response, 500, NULL);
    } else {
        response_end(response);
    }
}

/* One exchange. Returns whether the connection can carry another. */
static bool serve_one(struct connection *connection, bool is_first)
{
    struct exchange *exchange = &connection->exchange;
    struct request *request = &exchange->request;
    int status;
    enum outcome outcome = read_request(connection, is_first, &status);
    if (outcome == GONE) {
        connection->linger_ms = 0; // no answer is on its way
        return false;
    }
    bool for_head = request->method && strcmp(request->method, "HEAD") == 0;
    response_open(&exchange->response, send_to_socket, connection,
                  outcome == ASKED ? request->minor : 1, for_head,
                  outcome == ASKED && request->keep_alive);
    if (outcome == REFUSED)
        response_error(&exchange->response, status, NULL);
    else
        answer(connection);
    log_exchange(exchange);
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
