/* test_connection.c - one connection from its first byte to its close, seen
 * by the client. */
#include "common/connection.h"
#include "common/log.h"
#include "tests/testing.h"

#include <sys/mman.h>

enum {
    SHORT_MS = 60, // deadlines that are to pass
    DRIP_MS = 5,
    LARGE = 4 << 20,
};

/* Patient, but where a test says otherwise. */
static struct limits limits = {.target_bytes = 200,
                               .head_bytes = 1000,
                               .body_bytes = 1000,
                               .head_ms = PATIENCE_MS,
                               .progress_ms = PATIENCE_MS,
                               .idle_ms = PATIENCE_MS,
                               .linger_ms = PATIENCE_MS};

/* --- The server --- */

static int large_file(void)
{
    static const char pattern[4096] = "large";
    int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    for (int i = 0; i < LARGE / (int)sizeof pattern; i++)
        if (write(file, pattern, sizeof pattern) != (ssize_t)sizeof pattern)
            _exit(1);
    return file;
}

static void send_large(struct response *response, bool declare, int64_t len)
{
    int file = large_file();
    char length[32];
    snprintf(length, sizeof length, "%lld", (long long)len);
    response_start(response, 200);
    if (declare)
        response_header(response, "Content-Length", length);
    response_write_file(response, file, 0, len);
    close(file);
}

static void send_slowly(struct response *response)
{
    response_start(response, 200);
    for (int i = 1; i <= 10; i++) {
        char text[16];
        int len = sprintf(text, "%d", i);
        response_write(response, text, (size_t)len);
        response_flush(response);
        poll(NULL, 0, SHORT_MS / 4);
    }
}

/* Answers as the path says; `context` is a word for /context. */
static void answer(struct exchange *exchange, const void *context)
{
    const struct request *request = &exchange->request;
    struct response *response = &exchange->response;
    const char *path = request->path;
    if (strcmp(path, "/nothing") == 0)
        return;
    if (strcmp(path, "/large") == 0) {
        send_large(response, true, LARGE);
    } else if (strcmp(path, "/shrunk") == 0) {
        send_large(response, request->minor > 0, LARGE + 1000);
    } else if (strcmp(path, "/trickle") == 0) {
        send_slowly(response);
    } else if (strcmp(path, "/unended") == 0) {
        response_start(response, 200);
        response_write(response, "unended\n", 8);
    } else if (strcmp(path, "/short") == 0) {
        response_start(response, 200);
        response_header(response, "Content-Length", "100");
        response_write(response, "short\n", 6);
    } else if (strcmp(path, "/peer") == 0) {
        response_send(response, 200, "a/b", exchange->peer,
                      strlen(exchange->peer));
    } else if (strcmp(path, "/context") == 0) {
        response_send(response, 200, "a/b", context, strlen(context));
    } else if (strcmp(path, "/echo") == 0 && !request->complete) {
        return; // the body is wanted
    } else if (strcmp(path, "/echo") == 0) {
        char body[1000];
        ssize_t len = body_read(&request->body, body, sizeof body, 0);
        response_send(response, 200, "a/b", body, (size_t)len);
    } else {
        char text[300];
        int len = snprintf(text, sizeof text, "<%s>", path);
        response_send(response, 200, "a/b", text, (size_t)len);
    }
}

/* send(2), which leaves word of its flags where the client can read it. */
static int *sent_with;

ssize_t send(int to, const void *bytes, size_t len, int flags)
{
    *sent_with = flags;
    return sendto(to, bytes, len, flags, NULL, 0);
}

static void share_what_is_sent_with(void)
{
    sent_with = mmap(NULL, sizeof *sent_with, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS,
                     -1, // cppcheck-suppress invalidFunctionArg
                     0);
    if (sent_with == MAP_FAILED)
        die("share memory");
}

struct visit {
    int client;
    pid_t server;
    int log;          // the server's standard error
    size_t len, seen; // what was read, and what a test has looked at
    char bytes[TEXT_BYTES];
};

static struct visit visit;

/* Serve `server` in a child; `client` is the other end, ours. */
static void serve(int server, int client)
{
    signal(SIGPIPE, SIG_IGN);
    fflush(NULL);
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    visit = (struct visit){.client = client, .server = fork(), .log = ends[0]};
    ck_assert_int_ge(visit.server, 0);
    if (visit.server == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        close(client);
        connection_serve(server, &limits, answer, "the word");
        bool closed = fcntl(server, F_GETFD) == -1;
        exit(closed ? 0 : 1);
    }
    close(server);
    close(ends[1]);
}

static void open_visit(void)
{
    int ends[2];
    make_pair(ends);
    serve(ends[0], ends[1]);
}

/* The same over TCP, where unread bytes and resets matter. */
static void open_tcp_visit(void)
{
    int listener = net_listen("127.0.0.1", "0");
    int client = connect_to(listener);
    int server = net_accept(listener);
    close(listener);
    serve(server, client);
}

/* --- The client --- */

static void say(const char *text)
{
    write_all(visit.client, text, strlen(text));
}

/* Read until `text` comes; everything up to its end has then been seen. */
static void hear(const char *text)
{
    char *found;
    while (!(found = strstr(visit.bytes + visit.seen, text))) {
        ck_assert_uint_lt(visit.len, sizeof visit.bytes - 1);
        wait_for_events(visit.client, POLLIN);
        ssize_t got = read(visit.client, visit.bytes + visit.len,
                           sizeof visit.bytes - 1 - visit.len);
        ck_assert_msg(got > 0, "no \"%s\" in: %s", text,
                      visit.bytes + visit.seen);
        visit.len += (size_t)got;
    }
    visit.seen = (size_t)(found - visit.bytes) + strlen(text);
}

static void hear_answer(const char *status, const char *body)
{
    hear(status);
    hear("\r\n\r\n");
    hear(body);
}

/* Nothing else comes, the connection ends in order, and the server is well. */
static void hear_the_end(void)
{
    char rest[TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.client, rest, sizeof rest, &len), 0);
    ck_assert_msg(len == 0 && visit.bytes[visit.seen] == '\0',
                  "what is this: %s%s", visit.bytes + visit.seen, rest);
    close(visit.client);
    ck_assert_int_eq(status_of(visit.server), 0);
}

/* Send `text` slowly, again and again from `again` on, until something comes
 * back. */
static void drip(const char *text, const char *again)
{
    int64_t deadline = milliseconds() + PATIENCE_MS;
    struct pollfd one = {.fd = visit.client, .events = POLLIN};
    do {
        ck_assert_msg(milliseconds() < deadline, "one can drip for ever");
        if (write(visit.client, text, 1) < 0)
            break; // it has closed; the end can still be read
        if (!*++text)
            text = again;
    } while (poll(&one, 1, DRIP_MS) == 0);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define LAST(path)                                                             \
    "GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

/* --- Requests in a row --- */

START_TEST(a_connection_is_kept)
{
    open_visit();
    say(GET("/1"));
    hear_answer("HTTP/1.1 200 OK\r\n", "</1>");
    say(GET("/2"));
    hear_answer("HTTP/1.1 200 OK\r\n", "</2>");
    ck_assert_ptr_null(strstr(visit.bytes, "Connection: close"));
    say(LAST("/3"));
    hear_answer("HTTP/1.1 200 OK\r\n", "</3>");
    ck_assert_ptr_nonnull(strstr(visit.bytes, "Connection: close\r\n"));
    hear_the_end();
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    open_visit();
    say(GET("/1") GET("/2") GET("/3") LAST("/4"));
    hear_answer("200 OK", "</1>");
    hear_answer("200 OK", "</2>");
    hear_answer("200 OK", "</3>");
    hear_answer("200 OK", "</4>");
    hear_the_end();
}
END_TEST

START_TEST(requests_may_come_byte_by_byte)
{
    open_visit();
    const char *text = GET("/1") "POST /echo HTTP/1.1\r\nHost: a\r\n"
                                 "Content-Length: 3\r\n\r\nabc" LAST("/3");
    for (; *text; text++)
        write_all(visit.client, text, 1);
    hear_answer("200 OK", "</1>");
    hear_answer("200 OK", "abc");
    hear_answer("200 OK", "</3>");
    hear_the_end();
}
END_TEST

START_TEST(more_than_one_read_can_be_pipelined)
{
    open_visit();
    enum { REQUESTS = 40 };
    char text[REQUESTS * 600], *end = text;
    for (int i = 0; i < REQUESTS; i++)
        end += sprintf(end, "GET /%d HTTP/1.1\r\nHost: a\r\nX: %0500d\r\n\r\n",
                       i, 0);
    say(text);
    for (int i = 0; i < REQUESTS; i++) {
        char body[16];
        snprintf(body, sizeof body, "</%d>", i);
        hear_answer("200 OK", body);
    }
    say(LAST("/"));
    hear_answer("200 OK", "</>");
    hear_the_end();
}
END_TEST

START_TEST(what_follows_the_last_request_is_not_answered)
{
    open_visit();
    say(LAST("/1") GET("/2"));
    shutdown(visit.client, SHUT_WR);
    hear_answer("200 OK", "</1>");
    hear_the_end();
}
END_TEST

START_TEST(http10_ends_after_one)
{
    open_visit();
    say("GET /1 HTTP/1.0\r\n\r\n");
    hear_answer("HTTP/1.1 200 OK", "</1>");
    hear_the_end();
}
END_TEST

START_TEST(http10_may_stay)
{
    open_visit();
    say("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    hear("Connection: keep-alive\r\n");
    hear("</1>");
    say("GET /2 HTTP/1.0\r\n\r\n");
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

START_TEST(head_has_no_body_and_the_next_answer_follows)
{
    open_visit();
    say("HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n" LAST("/2"));
    hear("Content-Length: 4\r\n\r\nHTTP/1.1 200 OK\r\n");
    hear("</2>");
    hear_the_end();
}
END_TEST

START_TEST(a_half_closed_client_gets_all_of_its_answers)
{
    open_visit();
    say(GET("/1") GET("/2"));
    shutdown(visit.client, SHUT_WR);
    hear_answer("200 OK", "</1>");
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

START_TEST(a_half_closed_client_gets_a_large_answer)
{
    open_visit();
    say(GET("/large"));
    shutdown(visit.client, SHUT_WR);
    static char text[LARGE + TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.client, text, sizeof text, &len), 0);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    ck_assert_uint_eq(len - (size_t)(body - text), LARGE);
    ck_assert_str_eq(body, "large");
    ck_assert_str_eq(text + len - 4096, "large");
    ck_assert_int_eq(status_of(visit.server), 0);
}
END_TEST

START_TEST(the_handler_knows_its_context_and_the_peer)
{
    open_visit();
    say(GET("/context") LAST("/peer"));
    hear_answer("200 OK", "the word");
    hear_answer("200 OK", "unix");
    hear_the_end();
}
END_TEST

/* --- Deadlines --- */

START_TEST(a_dripping_head_is_answered_408_at_one_deadline)
{
    limits.head_ms = SHORT_MS;
    open_visit();
    int64_t before = milliseconds();
    drip("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n");
    hear("HTTP/1.1 408 Request Timeout\r\n");
    ck_assert_int_ge(milliseconds() - before, SHORT_MS - DRIP_MS);
    hear("\r\n\r\n408");
    hear("\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

START_TEST(the_next_head_has_its_own_deadline)
{
    limits.head_ms = 5 * SHORT_MS; // the first must come in time
    open_visit();
    say(GET("/1"));
    hear_answer("200 OK", "</1>");
    drip("GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n");
    hear("HTTP/1.1 408 Request Timeout\r\n");
}
END_TEST

START_TEST(a_client_that_says_nothing_gets_no_answer)
{
    limits.head_ms = SHORT_MS;
    open_visit();
    int64_t before = milliseconds();
    hear_the_end();
    ck_assert_int_ge(milliseconds() - before, SHORT_MS - DRIP_MS);
}
END_TEST

START_TEST(an_idle_connection_ends_without_an_answer)
{
    limits.idle_ms = SHORT_MS;
    open_visit();
    say(GET("/1"));
    hear_answer("200 OK", "</1>");
    hear_the_end();
}
END_TEST

START_TEST(blank_lines_do_not_keep_a_connection)
{
    limits.idle_ms = SHORT_MS;
    open_visit();
    say(GET("/1"));
    hear_answer("200 OK", "</1>");
    drip("\r\n", "\r\n");
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_stops_is_answered_408)
{
    limits.progress_ms = SHORT_MS;
    open_visit();
    say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    hear("HTTP/1.1 408 Request Timeout\r\n");
    hear("\r\n\r\n408");
    hear("\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_moves_may_take_its_time)
{
    limits.head_ms = 400;
    limits.progress_ms = 400;
    open_visit();
    say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 25\r\n"
        "Connection: close\r\n\r\n");
    for (int i = 0; i < 25; i++) {
        poll(NULL, 0, 20);
        say("b");
    }
    hear_answer("200 OK", "bbbbbbbbbbbbbbbbbbbbbbbbb");
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_drips_is_answered_408)
{
    limits.progress_ms = 5 * SHORT_MS; // no gap is so long
    limits.min_rate = 10000;
    open_visit();
    say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    drip("b", "b");
    hear("HTTP/1.1 408 Request Timeout\r\n");
    hear("\r\n\r\n408");
    hear("\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

/* How long the handler takes is not the client's fault. */
START_TEST(a_slow_handler_slows_no_client_down)
{
    limits.progress_ms = SHORT_MS / 2;
    limits.min_rate = 1000000000;
    open_visit();
    say(LAST("/trickle"));
    hear_answer("200 OK", "10\r\n");
    hear("0\r\n\r\n");
    hear_the_end();
}
END_TEST

START_TEST(a_client_that_does_not_read_is_left)
{
    limits.progress_ms = limits.linger_ms = SHORT_MS;
    open_visit();
    say(GET("/large"));
    ck_assert_int_eq(status_of(visit.server), 0);
}
END_TEST

static bool server_has_ended(const void *context)
{
    (void)context;
    siginfo_t dead = {0};
    waitid(P_PID, (id_t)visit.server, &dead, WEXITED | WNOHANG | WNOWAIT);
    return dead.si_pid == visit.server;
}

START_TEST(a_client_that_does_not_close_is_left)
{
    limits.linger_ms = SHORT_MS;
    open_visit();
    say("G@T / HTTP/1.1\r\n\r\n");
    ck_assert_int_eq(status_of(visit.server), 0);
    hear("\r\n\r\n400");
}
END_TEST

/* See net_write_last(). */
START_TEST(the_last_answer_leaves_with_the_end_of_the_connection)
{
    open_visit();
    say(GET("/1"));
    hear_answer("200 OK", "</1>");
    ck_assert_int_eq(*sent_with, 0);
    say(LAST("/2"));
    hear_answer("200 OK", "</2>");
    hear_the_end();
    ck_assert_int_eq(*sent_with, MSG_MORE);
}
END_TEST

START_TEST(a_client_that_said_it_was_the_last_is_not_waited_for)
{
    static const char *const last[] = {LAST("/1"), "GET /1 HTTP/1.0\r\n\r\n"};
    limits.linger_ms = 100 * PATIENCE_MS;
    for (size_t i = 0; i < COUNT(last); i++) {
        open_visit();
        say(last[i]);
        wait_until(server_has_ended, NULL);
        hear_answer("200 OK", "</1>");
        hear_the_end();
    }
}
END_TEST

/* Unread bytes would destroy what it has not read yet of the answer. */
START_TEST(a_client_that_may_be_saying_more_is_waited_for)
{
    static const struct {
        const char *text, *answer;
    } rows[] = {
        {"G@T / HTTP/1.1\r\n\r\n", "400 Bad Request\n"},
        {"POST / HTTP/1.0\r\nContent-Length: 1001\r\n\r\n",
         "413 Content Too Large\n"},
        {"POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "abc"},
        {LAST("/1") "GET /2 HT", "</1>"},
        {"GET /unended HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         "unended\n"},
    };
    limits.linger_ms = 100 * PATIENCE_MS;
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_visit();
        say(rows[i].text);
        hear_answer("HTTP/1.1 ", rows[i].answer);
        wait_for_events(visit.client, POLLRDHUP);
        poll(NULL, 0, SHORT_MS); // time in which it could end
        ck_assert_msg(!server_has_ended(NULL), "left after %s", rows[i].text);
        hear_the_end();
    }
}
END_TEST

START_TEST(a_client_that_vanishes_harms_nobody)
{
    open_tcp_visit();
    say(GET("/large") GET("/large"));
    close(visit.client);
    ck_assert_int_eq(status_of(visit.server), 0);
}
END_TEST

/* --- Faults --- */

START_TEST(a_refused_request_is_answered_and_ends_the_connection)
{
    static const struct {
        const char *text, *status;
    } rows[] = {
        {"G@T / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
         "HTTP/1.1 501 Not Implemented\r\n"},
        {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
         "HTTP/1.1 501 Not Implemented\r\n"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
         "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n",
         "HTTP/1.1 413 Content Too Large\r\n"},
        {"G@T / HTTP/1.1\r\n\r\n" GET("/next"), "HTTP/1.1 400 Bad Request\r\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_visit();
        say(rows[i].text);
        hear(rows[i].status);
        hear("Connection: close\r\n\r\n");
        shutdown(visit.client, SHUT_WR);
        hear("\n");
        hear_the_end();
    }
}
END_TEST

/* RFC 9110 12.5.1: also where the fault is found behind its Accept. */
START_TEST(a_refusal_is_written_as_the_client_likes_it)
{
    static const struct {
        const char *accept, *type;
    } rows[] = {
        {"text/html,*/*;q=0.8", "text/html"},
        {"*/*", "text/plain"},
        {"text/plain, text/html;q=0.9", "text/plain"},
        {"image/png", "text/plain"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_visit();
        char text[256];
        snprintf(text, sizeof text,
                 "GET / HTTP/1.1\r\nHost: a\r\nAccept: %s\r\nA : b\r\n\r\n",
                 rows[i].accept);
        say(text);
        hear("HTTP/1.1 400 Bad Request\r\n");
        hear("\r\nContent-Type: ");
        hear(rows[i].type);
        hear("\r\n\r\n");
        shutdown(visit.client, SHUT_WR);
        hear(i == 0 ? "</h1>\n" : "400 Bad Request\n");
        hear_the_end();
    }
}
END_TEST

START_TEST(a_refusal_reaches_a_client_that_goes_on_sending)
{
    open_tcp_visit();
    say("G@T / HTTP/1.1\r\n\r\n");
    static char more[LARGE];
    for (int i = 0; i < 4; i++) // no buffer takes so much
        write_all(visit.client, more, sizeof more);
    shutdown(visit.client, SHUT_WR);
    hear("HTTP/1.1 400 Bad Request\r\n");
    hear("\r\n\r\n");
    hear("\n");
    hear_the_end();
}
END_TEST

START_TEST(each_answer_leaves_a_line_in_the_log)
{
    open_visit();
    say(GET("/1") "HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nBREW /3\"\r\n");
    shutdown(visit.client, SHUT_WR);
    hear_answer("200 OK", "</1>");
    hear_answer("200 OK", "");
    hear_answer("400 Bad", "\n");
    hear_the_end();
    char log[TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.log, log, sizeof log, &len), 0);
    ck_assert_uint_eq(count_lines(log), 3);
    ck_assert_ptr_nonnull(strstr(log, "] \"GET /1 HTTP/1.1\" 200 4 \"-\""));
    ck_assert_ptr_nonnull(strstr(log, "] \"HEAD /2 HTTP/1.1\" 200 0 \"-\""));
    ck_assert_ptr_nonnull(strstr(log, "] \"BREW /3\\\"\" 400 16 \"-\""));
}
END_TEST

START_TEST(nothing_asked_leaves_nothing_in_the_log)
{
    open_visit();
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
    char log[TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.log, log, sizeof log, &len), 0);
    ck_assert_str_eq(log, "");
}
END_TEST

START_TEST(answers_before_a_refused_request_arrive)
{
    open_visit();
    say(GET("/1") GET("/2") "G@T\r\n");
    hear_answer("200 OK", "</1>");
    hear_answer("200 OK", "</2>");
    hear_answer("400 Bad Request", "\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

START_TEST(half_a_request_is_answered_400)
{
    open_visit();
    say("GET / HTTP/1.1\r\nHost:");
    shutdown(visit.client, SHUT_WR);
    hear_answer("HTTP/1.1 400 Bad Request\r\n", "\n");
    hear_the_end();
}
END_TEST

START_TEST(half_a_body_is_answered_400)
{
    open_visit();
    say("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    shutdown(visit.client, SHUT_WR);
    hear_answer("HTTP/1.1 400 Bad Request\r\n", "\n");
    hear_the_end();
}
END_TEST

START_TEST(a_handler_that_starts_nothing_is_answered_for_by_500)
{
    open_visit();
    say(GET("/nothing") LAST("/2"));
    hear_answer("HTTP/1.1 500 Internal Server Error\r\n", "\n");
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

START_TEST(a_handler_that_forgets_the_end_is_helped)
{
    open_visit();
    say(GET("/unended") LAST("/2"));
    hear("unended\n\r\n0\r\n\r\n");
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

START_TEST(a_body_shorter_than_declared_ends_the_connection)
{
    open_visit();
    say(GET("/short") GET("/2"));
    hear_answer("200 OK", "short\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

START_TEST(a_broken_body_that_ends_by_closing_is_reset)
{
    open_tcp_visit();
    say("GET /shrunk HTTP/1.0\r\n\r\n");
    static char text[LARGE + TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.client, text, sizeof text, &len),
                     ECONNRESET);
    ck_assert_int_eq(status_of(visit.server), 0);
}
END_TEST

START_TEST(a_broken_body_with_a_length_ends_in_order)
{
    open_tcp_visit();
    say(GET("/shrunk"));
    shutdown(visit.client, SHUT_WR);
    static char text[LARGE + TEXT_BYTES];
    size_t len;
    ck_assert_int_eq(read_all(visit.client, text, sizeof text, &len), 0);
    const char *body = strstr(text, "\r\n\r\n") + 4;
    ck_assert_uint_eq(len - (size_t)(body - text), LARGE);
    ck_assert_int_eq(status_of(visit.server), 0);
}
END_TEST

/* --- Expect: 100-continue (RFC 9110 10.1.1) --- */

#define POSTING(path, lines)                                                   \
    "POST " path " HTTP/1.1\r\nHost: a\r\n" lines "\r\n"
#define EXPECTING(length)                                                      \
    POSTING("/echo", "Expect: 100-continue\r\nContent-Length: " length "\r\n")

START_TEST(a_body_that_waits_is_invited_once)
{
    open_visit();
    say(EXPECTING("2"));
    hear("HTTP/1.1 100 Continue\r\n\r\n");
    say("a");
    poll(NULL, 0, DRIP_MS);
    say("b" LAST("/2"));
    hear_answer("HTTP/1.1 200 OK", "ab");
    hear_answer("200 OK", "</2>");
    ck_assert_ptr_null(strstr(strstr(visit.bytes, "100") + 3, "100 Cont"));
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_is_there_need_not_be_invited)
{
    open_visit();
    say(EXPECTING("2") "ab" LAST("/2"));
    hear_answer("HTTP/1.1 200 OK", "ab");
    ck_assert_ptr_null(strstr(visit.bytes, "100 Continue"));
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_is_too_large_is_not_invited)
{
    open_visit();
    say(EXPECTING("1001"));
    hear_answer("HTTP/1.1 413 Content Too Large\r\n", "\n");
    ck_assert_ptr_null(strstr(visit.bytes, "100 Continue"));
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

START_TEST(what_can_be_answered_without_its_body_does_not_invite_it)
{
    static const struct {
        const char *text, *status;
    } rows[] = {
        {POSTING("/1", "Expect: 100-continue\r\nContent-Length: 9\r\n"),
         "200 OK"},
        {POSTING("/1", "Expect: 100-continue\r\n"
                       "Transfer-Encoding: chunked\r\n"),
         "200 OK"},
        {POSTING("/1", "Expect: 100-continue\r\nContent-Length: 1001\r\n"),
         "413 Content Too Large"},
        {POSTING("/1", "Expect: a miracle\r\nContent-Length: 9\r\n"),
         "417 Expectation Failed"},
        {POSTING("/echo", "Expect: 100-continue, b\r\nContent-Length: 9\r\n"),
         "417 Expectation Failed"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        open_visit();
        say(rows[i].text);
        hear(rows[i].status);
        hear("Connection: close\r\n\r\n");
        shutdown(visit.client, SHUT_WR);
        hear(*rows[i].status == '2' ? "</1>" : "\n");
        ck_assert_ptr_null(strstr(visit.bytes, "100 Continue"));
        hear_the_end();
    }
}
END_TEST

/* Whether it was sent in spite of the answer must not matter. */
START_TEST(a_body_that_comes_uninvited_is_not_read_as_a_request)
{
    open_visit();
    say(POSTING("/1", "Expect: 100-continue\r\nContent-Length: 40\r\n"));
    hear("200 OK");
    say(GET("/smuggled"));
    shutdown(visit.client, SHUT_WR);
    hear("</1>");
    hear_the_end();
}
END_TEST

START_TEST(a_body_that_has_begun_need_not_be_invited)
{
    open_visit();
    say(EXPECTING("2") "a");
    poll(NULL, 0, DRIP_MS);
    say("b" LAST("/2"));
    hear_answer("HTTP/1.1 200 OK", "ab");
    ck_assert_ptr_null(strstr(visit.bytes, "100 Continue"));
    hear_answer("200 OK", "</2>");
    hear_the_end();
}
END_TEST

/* A chunked body announces nothing: its size shows when it is there. */
START_TEST(a_chunked_body_is_invited_and_limited_as_it_comes)
{
    open_visit();
    say(POSTING("/echo", "Expect: 100-continue\r\n"
                         "Transfer-Encoding: chunked\r\n"));
    hear("HTTP/1.1 100 Continue\r\n\r\n");
    char text[1200];
    snprintf(text, sizeof text, "3e9\r\n%01001d", 0);
    say(text);
    hear_answer("HTTP/1.1 413 Content Too Large\r\n", "\n");
    shutdown(visit.client, SHUT_WR);
    hear_the_end();
}
END_TEST

int main(void)
{
    share_what_is_sent_with();
    Suite *suite = suite_create("connection");
    TCase *row = new_case(suite, "row");
    tcase_add_test(row, a_connection_is_kept);
    tcase_add_test(row, pipelined_requests_are_answered_in_order);
    tcase_add_test(row, requests_may_come_byte_by_byte);
    tcase_add_test(row, more_than_one_read_can_be_pipelined);
    tcase_add_test(row, what_follows_the_last_request_is_not_answered);
    tcase_add_test(row, http10_ends_after_one);
    tcase_add_test(row, http10_may_stay);
    tcase_add_test(row, head_has_no_body_and_the_next_answer_follows);
    tcase_add_test(row, a_half_closed_client_gets_all_of_its_answers);
    tcase_add_test(row, a_half_closed_client_gets_a_large_answer);
    tcase_add_test(row, the_handler_knows_its_context_and_the_peer);
    TCase *deadlines = new_case(suite, "deadlines");
    tcase_add_test(deadlines, a_dripping_head_is_answered_408_at_one_deadline);
    tcase_add_test(deadlines, the_next_head_has_its_own_deadline);
    tcase_add_test(deadlines, a_client_that_says_nothing_gets_no_answer);
    tcase_add_test(deadlines, an_idle_connection_ends_without_an_answer);
    tcase_add_test(deadlines, blank_lines_do_not_keep_a_connection);
    tcase_add_test(deadlines, a_body_that_stops_is_answered_408);
    tcase_add_test(deadlines, a_body_that_moves_may_take_its_time);
    tcase_add_test(deadlines, a_body_that_drips_is_answered_408);
    tcase_add_test(deadlines, a_slow_handler_slows_no_client_down);
    tcase_add_test(deadlines, a_client_that_does_not_read_is_left);
    tcase_add_test(deadlines, a_client_that_does_not_close_is_left);
    tcase_add_test(deadlines,
                   the_last_answer_leaves_with_the_end_of_the_connection);
    tcase_add_test(deadlines,
                   a_client_that_said_it_was_the_last_is_not_waited_for);
    tcase_add_test(deadlines, a_client_that_may_be_saying_more_is_waited_for);
    tcase_add_test(deadlines, a_client_that_vanishes_harms_nobody);
    TCase *faults = new_case(suite, "faults");
    tcase_add_test(faults,
                   a_refused_request_is_answered_and_ends_the_connection);
    tcase_add_test(faults, a_refusal_is_written_as_the_client_likes_it);
    tcase_add_test(faults, a_refusal_reaches_a_client_that_goes_on_sending);
    tcase_add_test(faults, each_answer_leaves_a_line_in_the_log);
    tcase_add_test(faults, nothing_asked_leaves_nothing_in_the_log);
    tcase_add_test(faults, answers_before_a_refused_request_arrive);
    tcase_add_test(faults, half_a_request_is_answered_400);
    tcase_add_test(faults, half_a_body_is_answered_400);
    tcase_add_test(faults,
                   a_handler_that_starts_nothing_is_answered_for_by_500);
    tcase_add_test(faults, a_handler_that_forgets_the_end_is_helped);
    tcase_add_test(faults, a_body_shorter_than_declared_ends_the_connection);
    tcase_add_test(faults, a_broken_body_that_ends_by_closing_is_reset);
    tcase_add_test(faults, a_broken_body_with_a_length_ends_in_order);
    TCase *invited = new_case(suite, "invited");
    tcase_add_test(invited, a_body_that_waits_is_invited_once);
    tcase_add_test(invited, a_body_that_is_there_need_not_be_invited);
    tcase_add_test(invited, a_body_that_is_too_large_is_not_invited);
    tcase_add_test(invited,
                   what_can_be_answered_without_its_body_does_not_invite_it);
    tcase_add_test(invited,
                   a_body_that_comes_uninvited_is_not_read_as_a_request);
    tcase_add_test(invited, a_body_that_has_begun_need_not_be_invited);
    tcase_add_test(invited, a_chunked_body_is_invited_and_limited_as_it_comes);
    return run_suite(suite);
}
