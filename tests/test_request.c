/* test_request.c - one request from bytes. Every input here is fed whole,
 * byte by byte, and cut at every place, and must come out the same. */
#include "common/request.h"
#include "tests/testing.h"

#include <malloc.h>

enum { UNFINISHED = 1 }; // a verdict: no fault, and not whole

/* Small, so that they can be reached. */
static const struct limits limits = {
    .target_bytes = 100, .head_bytes = 600, .body_bytes = 64};

/* --- Feeding --- */

/* How an input is cut: `first` bytes, then pieces of `others`. */
struct cut {
    size_t first, others;
};

struct outcome {
    int verdict; // 0: complete; UNFINISHED; or the status
    size_t used;
    char text[2 * TEXT_BYTES]; // of every field
};

/* The piece stands in memory that ends where it ends, and is gone afterwards:
 * whoever reads on or keeps a pointer is found out. */
static int feed_copy(struct request *request, const char *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, len);
    int status = request_feed(request, copy, len);
    ck_assert_uint_le(request->used, len);
    memset(copy, '#', len);
    free(copy);
    return status;
}

static void describe(const struct request *request, char *text, size_t size)
{
    int len = snprintf(text, size, "%s|%s|%s|%s|1.%d|%s%s|", request->method,
                       request->target, request->path,
                       request->query ? request->query : "-", request->minor,
                       request->keep_alive ? "stays" : "goes",
                       request->expects_continue ? ",expects" : "");
    for (size_t i = 0; i < request->header_count; i++)
        len += snprintf(text + len, size - (size_t)len, "%s=%s;",
                        request->headers[i].name, request->headers[i].value);
    char body[100];
    ssize_t body_len = body_read(&request->body, body, sizeof body, 0);
    snprintf(text + len, size - (size_t)len, "|%.*s", (int)body_len, body);
}

static void feed_by(struct request *request, const char *bytes, size_t len,
                    struct cut cut, struct outcome *outcome)
{
    size_t at = 0, piece = cut.first;
    int status = 0;
    while (at < len && !status && !request->complete) {
        if (piece > len - at)
            piece = len - at;
        status = feed_copy(request, bytes + at, piece);
        ck_assert_msg(status || request->complete || request->used == piece,
                      "%zu bytes of %zu not taken", piece - request->used,
                      piece);
        at += request->used;
        piece = cut.others;
    }
    ck_assert(!request->complete || request->head_complete);
    outcome->used = at;
    outcome->verdict = status ? status : request->complete ? 0 : UNFINISHED;
    if (request->head_complete)
        describe(request, outcome->text, sizeof outcome->text);
    else
        outcome->text[0] = '\0';
}

static void check_same(const char *rule, struct cut cut,
                       const struct outcome *one, const struct outcome *other)
{
    ck_assert_msg(one->verdict == other->verdict,
                  "%s: %d whole, but %d when cut at %zu and then by %zu", rule,
                  one->verdict, other->verdict, cut.first, cut.others);
    if (one->verdict > UNFINISHED)
        return; // a refused request is only logged
    ck_assert_msg(strcmp(one->text, other->text) == 0,
                  "%s: cut at %zu and then by %zu\n%s\n%s", rule, cut.first,
                  cut.others, one->text, other->text);
    ck_assert_msg(one->used == other->used,
                  "%s: uses %zu whole, but %zu cut at %zu and then by %zu",
                  rule, one->used, other->used, cut.first, cut.others);
}

/* Feed it in all ways; returns the outcome they share. */
static const struct outcome *feed_all_ways(const char *rule, const char *bytes,
                                           size_t len)
{
    static struct outcome whole, other;
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    feed_by(&request, bytes, len, (struct cut){len, len}, &whole);
    for (size_t first = 0; first < len; first++) {
        struct cut cut = {first, first ? len : 1}; // 0: byte by byte
        request_reset(&request);
        feed_by(&request, bytes, len, cut, &other);
        check_same(rule, cut, &whole, &other);
    }
    request_close(&request);
    return &whole;
}

struct row {
    const char *rule;
    const char *bytes;
    size_t len;
    int verdict;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &rows[i];
        const struct outcome *outcome =
            feed_all_ways(row->rule, row->bytes, row->len);
        ck_assert_msg(outcome->verdict == row->verdict, "%s: %d instead of %d",
                      row->rule, outcome->verdict, row->verdict);
        ck_assert_msg(row->verdict > UNFINISHED || outcome->used == row->len,
                      "%s: uses %zu of %zu", row->rule, outcome->used,
                      row->len);
    }
}

#define GET(lines) TEXT("GET / HTTP/1.1\r\n" lines "\r\n")
#define GET_H(lines) GET("Host: a\r\n" lines)
#define LINE(line) TEXT(line "\r\nHost: a\r\n\r\n")
#define POST(lines, body)                                                      \
    TEXT("POST / HTTP/1.1\r\nHost: a\r\n" lines "\r\n" body)
#define CHUNKED(body) POST("Transfer-Encoding: chunked\r\n", body)

/* --- What is kept of a request --- */

START_TEST(fields_are_found)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *fields;
    } rows[] = {
        {LINE("GET / HTTP/1.1"), "GET|/|/|-|1.1|stays|Host=a;|"},
        {LINE("HEAD /a%20b?c=%20d?e HTTP/1.1"),
         "HEAD|/a%20b?c=%20d?e|/a b|c=%20d?e|1.1|stays|Host=a;|"},
        {LINE("GET /? HTTP/1.1"), "GET|/?|/||1.1|stays|Host=a;|"},
        {LINE("GET //x HTTP/1.1"), "GET|//x|/x|-|1.1|stays|Host=a;|"},
        {LINE("GET /a?b://c HTTP/1.1"),
         "GET|/a?b://c|/a|b://c|1.1|stays|Host=a;|"},
        {LINE("M-SEARCH /x HTTP/1.1"), "M-SEARCH|/x|/x|-|1.1|stays|Host=a;|"},
        {LINE("GET http://b:80/c?d HTTP/1.1"),
         "GET|http://b:80/c?d|/c|d|1.1|stays|Host=a;|"},
        {LINE("GET http://b HTTP/1.1"), "GET|http://b|/|-|1.1|stays|Host=a;|"},
        {LINE("GET http://b?c/d HTTP/1.1"),
         "GET|http://b?c/d|/|c/d|1.1|stays|Host=a;|"},
        {LINE("OPTIONS * HTTP/1.1"), "OPTIONS|*||-|1.1|stays|Host=a;|"},
        {LINE("GET / HTTP/1.0"), "GET|/|/|-|1.0|goes|Host=a;|"},
        {TEXT("GET / HTTP/1.0\r\n\r\n"), "GET|/|/|-|1.0|goes||"},
        {TEXT("GET / HTTP/1.0\n\n"), "GET|/|/|-|1.0|goes||"},
        {GET("HOST:  a \t \r\nX:\r\nY: \t\r\nx:y:z\r\n"),
         "GET|/|/|-|1.1|stays|HOST=a;X=;Y=;x=y:z;|"},
        {GET_H("X: a, b\r\nX: \xe4 \"c\"\r\n"),
         "GET|/|/|-|1.1|stays|Host=a;X=a, b;X=\xe4 \"c\";|"},
        {POST("Content-Length: 5\r\n", "he\r\no"),
         "POST|/|/|-|1.1|stays|Host=a;Content-Length=5;|he\r\no"},
        {POST("Content-Length: 0\r\n", ""),
         "POST|/|/|-|1.1|stays|Host=a;Content-Length=0;|"},
        {POST("Content-Length: 005\r\n", "hello"),
         "POST|/|/|-|1.1|stays|Host=a;Content-Length=005;|hello"},
        {CHUNKED("2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nHost: b\r\nX: y\r\n\r\n"),
         "POST|/|/|-|1.1|stays|Host=a;Transfer-Encoding=chunked;|hello"},
        {CHUNKED("0\r\n\r\n"),
         "POST|/|/|-|1.1|stays|Host=a;Transfer-Encoding=chunked;|"},
        {CHUNKED("3\t; x\r\nllo\r\n0\r\nExpect: 100-continue\r\n"
                 "Content-Length: 9\r\nConnection: close\r\n\r\n"),
         "POST|/|/|-|1.1|stays|Host=a;Transfer-Encoding=chunked;|llo"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct outcome *outcome =
            feed_all_ways(rows[i].fields, rows[i].bytes, rows[i].len);
        ck_assert_str_eq(outcome->text, rows[i].fields);
        ck_assert_int_eq(outcome->verdict, 0);
        ck_assert_uint_eq(outcome->used, rows[i].len);
    }
}
END_TEST

START_TEST(headers_are_looked_up_without_case_and_the_first_counts)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX-One: "
                               "1\r\nx-one: 2\r\nX-One-: 3\r\n\r\n";
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, TEXT(text)), 0);
    ck_assert_str_eq(request_header(&request, "X-ONE"), "1");
    ck_assert_str_eq(request_header(&request, "host"), "a");
    ck_assert_ptr_null(request_header(&request, "X-On"));
    ck_assert_ptr_null(request_header(&request, ""));
    request_close(&request);
}
END_TEST

START_TEST(the_head_can_be_read_before_the_body_has_come)
{
    static const char head[] =
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, head, sizeof head - 2), 0);
    ck_assert(!request.head_complete);
    ck_assert_int_eq(request_feed(&request, head + sizeof head - 2, 1), 0);
    ck_assert(request.head_complete);
    ck_assert(!request.complete);
    ck_assert_str_eq(request.method, "POST");
    ck_assert_str_eq(request.path, "/p");
    ck_assert_int_eq(request_feed(&request, "o", 1), 0);
    ck_assert(!request.complete);
    ck_assert_int_eq(request_feed(&request, "k?", 2), 0);
    ck_assert(request.complete);
    ck_assert_uint_eq(request.used, 1);
    char body[3];
    ck_assert_int_eq(body_read(&request.body, body, sizeof body, 0), 2);
    ck_assert_mem_eq(body, "ok", 2);
    request_close(&request);
}
END_TEST

START_TEST(feeding_nothing_changes_nothing)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: a\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "1\r\na\r\n0\r\n\r\n";
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        ck_assert_int_eq(request_feed(&request, "", 0), 0);
        ck_assert_uint_eq(request.used, 0);
        ck_assert_int_eq(request_feed(&request, text + i, 1), 0);
        ck_assert_uint_eq(request.used, 1);
    }
    ck_assert(request.complete);
    request_close(&request);
}
END_TEST

START_TEST(a_verdict_stands_whatever_comes_after_it)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, TEXT("GET / HTTP/3.0\r\n")), 505);
    ck_assert_int_eq(request_feed(&request, TEXT("Host: a\r\n\r\n")), 505);
    ck_assert(!request.complete);
    request_close(&request);
}
END_TEST

START_TEST(a_complete_request_takes_no_more)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, GET_H("")), 0);
    ck_assert(request.complete);
    ck_assert_int_eq(request_feed(&request, TEXT("\0garbage\n")), 0);
    ck_assert_uint_eq(request.used, 0);
    request_close(&request);
}
END_TEST

START_TEST(a_request_has_begun_with_its_first_byte_that_is_not_blank)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert(!request_begun(&request));
    ck_assert_int_eq(request_feed(&request, TEXT("\r\n\n")), 0);
    ck_assert(!request_begun(&request));
    ck_assert_int_eq(request_feed(&request, TEXT("\r")), 0);
    ck_assert(!request_begun(&request));
    ck_assert_int_eq(request_feed(&request, TEXT("\n")), 0);
    ck_assert_int_eq(request_feed(&request, TEXT("G")), 0);
    ck_assert(request_begun(&request));
    request_reset(&request);
    ck_assert(!request_begun(&request));
    request_close(&request);
}
END_TEST

/* --- Head --- */

START_TEST(request_lines)
{
    static const struct row rows[] = {
        {"9112 2.2: blank lines first",
         TEXT("\r\n\n\r\nGET / HTTP/1.1\r\n"
              "Host: a\r\n\r\n"),
         0},
        {"9112 2.2: LF ends lines", TEXT("GET / HTTP/1.1\nHost: a\n\n"), 0},
        {"9112 2.2: white space first", LINE(" GET / HTTP/1.1"), 400},
        {"9112 2.2: bare CR", LINE("GET / HTTP/1.1\r"), 400},
        {"9112 2.2: bare CR first", LINE("\rGET / HTTP/1.1"), 400},
        {"9112 3: unfinished", TEXT("GET / HTTP/1.1\r\nHost: a\r\n"),
         UNFINISHED},
        {"9112 3: only blank lines", TEXT("\r\n\r\n"), UNFINISHED},
        {"9112 3: two spaces", LINE("GET  / HTTP/1.1"), 400},
        {"9112 3: a tab", LINE("GET\t/ HTTP/1.1"), 400},
        {"9112 3: HTTP/0.9", TEXT("GET /\r\n"), 400},
        {"9112 3: an answer", LINE("HTTP/1.1 200 OK"), 400},
        {"9112 3.1: a method that is no token", LINE("G@T / HTTP/1.1"), 400},
        {"9110 9.1: an unknown method", LINE("BREW / HTTP/1.1"), 501},
        {"9110 9.1: method in lower case", LINE("get / HTTP/1.1"), 501},
        {"9110 9.1: a known one's beginning", LINE("GE / HTTP/1.1"), 501},
        {"9110 9.1: a known one's end", LINE("XGET / HTTP/1.1"), 501},
        {"9110 9.1: a known one and more", LINE("GETS / HTTP/1.1"), 501},
        {"9110 9.1: a digit", LINE("1 / HTTP/1.1"), 501},
        {"9110 9.1: punctuation", LINE("!~ / HTTP/1.1"), 501},
        {"9110 9.3.6: CONNECT", LINE("CONNECT a:443 HTTP/1.1"), 501},
        {"9110 9.3.6: to an IPv6 address", LINE("CONNECT [::1]:443 HTTP/1.1"),
         501},
        {"9110 9.3.6: with a body",
         TEXT("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n"
              "Content-Length: 2\r\n\r\nab"),
         501},
        {"9110 9.3.8: TRACE", LINE("TRACE / HTTP/1.1"), 501},
        {"9110 9.3.8: TRACE in HTTP/1.0", TEXT("TRACE / HTTP/1.0\r\n\r\n"),
         501},
        {"9110 9.3.8: TRACE of an absolute-form",
         LINE("TRACE http://a/ HTTP/1.1"), 501},
        {"9112 2.3: HTTQ", LINE("GET / HTTQ/1.1"), 400},
        {"9112 2.3: lower case", LINE("GET / http/1.1"), 400},
        {"9112 2.3: no digit", LINE("GET / HTTP/1.x"), 400},
        {"9110 15.6.6: HTTP/0.9 with headers", LINE("GET / HTTP/0.9"), 505},
        {"9110 15.6.6: HTTP/2.0", LINE("GET / HTTP/2.0"), 505},
        {"9113 3.4: the preface of HTTP/2", TEXT("PRI * HTTP/2.0\r\n\r\n"),
         505},
        {"9110 2.5: HTTP/1.2 is read as 1.1", LINE("GET / HTTP/1.2"), 0},
        {"9112 3.2: no slash", LINE("GET a HTTP/1.1"), 400},
        {"9112 3.2: a query alone", LINE("GET ?a HTTP/1.1"), 400},
        {"9112 3.2: a fragment", LINE("GET /a#b HTTP/1.1"), 400},
        {"3986 2: 8-bit bytes", LINE("GET /\xe4 HTTP/1.1"), 400},
        {"3986 2: a tab in the target", LINE("GET /\ta HTTP/1.1"), 400},
        {"3986 2: form feed in the target", LINE("GET /\f HTTP/1.1"), 400},
        {"3986 2: NUL in the target", LINE("GET /\0 HTTP/1.1"), 400},
        {"3986 2: a backslash", LINE("GET /\\ HTTP/1.1"), 400},
        {"3986 2: braces", LINE("GET /{ HTTP/1.1"), 400},
        {"3986 2.1: a bad escape", LINE("GET /%zz HTTP/1.1"), 400},
        {"3986 2.1: an encoded NUL", LINE("GET /a%00b HTTP/1.1"), 400},
        {"3986 2.1: NUL in a query is the handler's",
         LINE("GET /?%00 HTTP/1.1"), 0},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(forms_of_the_target)
{
    static const struct row rows[] = {
        {"9112 3.2.2: absolute-form", LINE("GET http://a/b HTTP/1.1"), 0},
        {"9112 3.2.2: any case", LINE("GET HTTP://a/b HTTP/1.1"), 0},
        {"9112 3.2.2: with a port", LINE("GET http://a:80/ HTTP/1.1"), 0},
        {"9112 3.2.2: an IPv6 address", LINE("GET http://[::1]:8/ HTTP/1.1"),
         0},
        {"9112 3.2.2: another Host", LINE("GET http://b/ HTTP/1.1"), 0},
        {"9112 3.2.2: Host even so", TEXT("GET http://a/ HTTP/1.1\r\n\r\n"),
         400},
        {"9112 3.2.2: Host valid even so",
         TEXT("GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n"), 400},
        {"9112 3.2.2: no slashes", LINE("GET http:a HTTP/1.1"), 400},
        {"9112 3.2.2: one slash", LINE("GET http:/a HTTP/1.1"), 400},
        {"9110 4.2.1: an empty host", LINE("GET http:///a HTTP/1.1"), 400},
        {"9110 4.2.1: only a port", LINE("GET http://:80/ HTTP/1.1"), 400},
        {"9110 4.2.4: a user", LINE("GET http://u@a/ HTTP/1.1"), 400},
        {"9110 7.2: a bad port", LINE("GET http://a:b/ HTTP/1.1"), 400},
        {"9110 7.2: a bad address", LINE("GET http://[::1/ HTTP/1.1"), 400},
        {"9112 3.2.3: only for CONNECT", LINE("GET a:443 HTTP/1.1"), 400},
        {"9112 3.2.4: asterisk-form", LINE("OPTIONS * HTTP/1.1"), 0},
        {"9112 3.2.4: only for OPTIONS", LINE("GET * HTTP/1.1"), 400},
        {"9112 3.2.4: more than it", LINE("OPTIONS *a HTTP/1.1"), 400},
        {"9112 3.2.4: a path behind it", LINE("OPTIONS */a HTTP/1.1"), 400},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(header_lines)
{
    static const struct row rows[] = {
        {"9112 3.2: no Host", GET(""), 400},
        {"9112 3.2: no Host in 1.0", TEXT("GET / HTTP/1.0\r\n\r\n"), 0},
        {"9112 3.2: two Hosts", GET_H("Host: a\r\n"), 400},
        {"9112 3.2: two Hosts in 1.0",
         TEXT("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400},
        {"9112 3.2: an empty Host", GET("Host:\r\n"), 0},
        {"9112 3.2: an invalid Host", GET("Host: a/b\r\n"), 400},
        {"9112 3.2: an invalid Host in 1.0",
         TEXT("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"), 400},
        {"9112 3.2: two in one", GET("Host: a, b\r\n"), 400},
        {"9110 7.2: a port", GET("Host: a:80\r\n"), 0},
        {"9110 7.2: a user", GET("Host: u@a\r\n"), 400},
        {"9112 5.1: a space before the colon", GET_H("A : b\r\n"), 400},
        {"9112 5.1: CVE-2021-22959",
         POST("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
        {"9112 5.1: a tab before the colon", GET_H("A\t: b\r\n"), 400},
        {"9112 5: a space in the name", GET_H("A b: c\r\n"), 400},
        {"9112 5: a space before the name", GET_H(" A: b\r\n"), 400},
        {"9112 2.2: a space before the first", GET(" Host: a\r\n"), 400},
        {"9112 5: no colon", GET_H("A\r\n"), 400},
        {"9112 5: no name", GET_H(": b\r\n"), 400},
        {"9112 5: a strange name", GET_H("!#$%&'*+-.^_`|~9: b\r\n"), 0},
        {"9112 5.2: a folded line", GET_H("A: b\r\n c\r\n"), 400},
        {"9112 5.2: folded by a tab", GET_H("A: b\r\n\tc\r\n"), 400},
        {"9112 5.2: an empty fold", GET_H("A: b\r\n \r\n"), 400},
        {"9112 2.2: bare CR in a value", GET_H("A: b\rc\r\n"), 400},
        {"9112 2.2: bare CR before the end", GET_H("A: b\r\r\n"), 400},
        {"9112 2.2: bare CR as a line", GET_H("\r\r\n"), 400},
        {"9110 5.5: NUL in a value", GET_H("A: b\0\r\n"), 400},
        {"9110 5.5: DEL in a value", GET_H("A: \x7f\r\n"), 400},
        {"9110 5.5: obs-text", GET_H("A: \xe4\r\n"), 0},
        {"9112 2.2: CR X at the end of the head",
         TEXT("GET / HTTP/1.1\r\nHost: a\r\n\rX"), UNFINISHED},
        {"9112 2.2: CR X LF at the end of the head",
         TEXT("GET / HTTP/1.1\r\nHost: a\r\n\rX\n"), 400},
        {"9112 2.2: CR X after an empty value", GET_H("A:\rX\r\n"), 400},
        {"9112 2.2: CR X after a value", GET_H("A: b\rXB: c\r\n"), 400},
        {"9110 7.8: Upgrade changes nothing",
         GET_H("Connection: upgrade\r\nUpgrade: websocket\r\n"), 0},
        {"9110 7.8: nor for HTTP/1.0",
         TEXT("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
         0},
        {"9110 7.8: nor with a body",
         POST("Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n",
              "ab"),
         0},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(keep_alive)
{
    static const struct {
        const char *rule;
        const char *version, *lines;
        bool stays;
    } rows[] = {
        {"9112 9.3: 1.1 stays", "1.1", "", true},
        {"9112 9.3: 1.0 goes", "1.0", "", false},
        {"9112 9.3: close", "1.1", "Connection: close\r\n", false},
        {"9112 9.3: any case", "1.1", "connection: CLOSE\r\n", false},
        {"9112 9.3: 1.0 may ask", "1.0", "Connection: keep-alive\r\n", true},
        {"9112 9.3: in any case", "1.0", "Connection: Keep-Alive\r\n", true},
        {"9112 9.3: close wins", "1.1", "Connection: keep-alive, close\r\n",
         false},
        {"9112 9.3: on either line", "1.0",
         "Connection: close\r\nConnection: keep-alive\r\n", false},
        {"9112 9.3: the second line", "1.1",
         "Connection: x\r\nConnection: close\r\n", false},
        {"9110 5.6.1: among others", "1.1", "Connection: a,close ,b\r\n",
         false},
        {"9110 5.6.3: tabs are white space", "1.1",
         "Connection: a,\tclose\t\r\n", false},
        {"9110 5.6.1: a part of a word", "1.1", "Connection: closed\r\n", true},
        {"9112 9.3: empty", "1.1", "Connection:\r\n", true},
        {"9112 C.2.2: Proxy-Connection is nothing", "1.1",
         "Proxy-Connection: close\r\n", true},
        {"9112 C.2.2: in 1.0", "1.0", "Proxy-Connection: keep-alive\r\n",
         false},
        {"9110 7.8: upgrade is no close", "1.1", "Connection: upgrade\r\n",
         true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        int len =
            snprintf(text, sizeof text, "GET / HTTP/%s\r\nHost: a\r\n%s\r\n",
                     rows[i].version, rows[i].lines);
        const struct outcome *outcome =
            feed_all_ways(rows[i].rule, text, (size_t)len);
        ck_assert_int_eq(outcome->verdict, 0);
        ck_assert_msg((strstr(outcome->text, "|stays|") != NULL) ==
                          rows[i].stays,
                      "%s: %s", rows[i].rule, outcome->text);
    }
}
END_TEST

START_TEST(a_trailer_does_not_end_the_connection)
{
    const struct outcome *outcome =
        feed_all_ways("9110 6.5.1", CHUNKED("0\r\nConnection: close\r\n\r\n"));
    ck_assert_int_eq(outcome->verdict, 0);
    ck_assert_ptr_nonnull(strstr(outcome->text, "|stays|"));
}
END_TEST

START_TEST(expectations)
{
    static const struct {
        const char *rule;
        const char *bytes;
        size_t len;
        bool expects;
        int verdict;
    } rows[] = {
        {"9110 10.1.1: plain",
         POST("Expect: 100-continue\r\nContent-Length: 1\r\n", "a"), true, 0},
        {"9110 10.1.1: any case",
         POST("EXPECT: 100-Continue\r\nContent-Length: 1\r\n", "a"), true, 0},
        {"9110 10.1.1: twice in a list",
         POST("Expect: 100-continue ,100-continue\r\n", ""), true, 0},
        {"9110 10.1.1: none", POST("Content-Length: 1\r\n", "a"), false, 0},
        {"9110 10.1.1: empty", POST("Expect:\r\n", ""), false, 0},
        {"9110 10.1.1: not in 1.0",
         TEXT("POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
              "Content-Length: 1\r\n\r\na"),
         false, 0},
        {"9110 10.1.1: nor any other",
         TEXT("POST / HTTP/1.0\r\nExpect: x\r\n\r\n"), false, 0},
        {"9110 15.5.18: something else", POST("Expect: 200-ok\r\n", ""), false,
         417},
        {"9110 15.5.18: something else too",
         POST("Expect: 100-continue, 200-ok\r\n", ""), false, 417},
        {"9110 15.5.18: on another line",
         POST("Expect: 100-continue\r\nExpect: x=y\r\n", ""), false, 417},
        {"9110 15.5.18: with a parameter",
         POST("Expect: 100-continue;a=b\r\n", ""), false, 417},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct outcome *outcome =
            feed_all_ways(rows[i].rule, rows[i].bytes, rows[i].len);
        ck_assert_msg(outcome->verdict == rows[i].verdict, "%s: %d",
                      rows[i].rule, outcome->verdict);
        ck_assert_msg(outcome->verdict || (strstr(outcome->text, ",expects|") !=
                                           NULL) == rows[i].expects,
                      "%s", rows[i].rule);
    }
}
END_TEST

/* --- Body --- */

START_TEST(framing)
{
    static const struct row rows[] = {
        {"9112 6.3: no body", POST("", ""), 0},
        {"9112 6.3: a length", POST("Content-Length: 3\r\n", "abc"), 0},
        {"9112 6.3: unfinished", POST("Content-Length: 3\r\n", "ab"),
         UNFINISHED},
        {"9112 6.3: GET may have one",
         TEXT("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"), 0},
        {"9112 6.3: the same length twice",
         POST("Content-Length: 1\r\nContent-Length: 1\r\n", "a"), 400},
        {"9112 6.3: two lengths",
         POST("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400},
        {"9112 6.3: a list of lengths", POST("Content-Length: 1, 1\r\n", "a"),
         400},
        {"9112 6.3: an empty length", POST("Content-Length:\r\n", ""), 400},
        {"9112 6.3: only a space", POST("Content-Length: \r\n", ""), 400},
        {"9110 8.6: a plus sign", POST("Content-Length: +1\r\n", "a"), 400},
        {"9110 8.6: a minus sign", POST("Content-Length: -1\r\n", ""), 400},
        {"9110 8.6: hex", POST("Content-Length: 0x1\r\n", "a"), 400},
        {"9110 8.6: a space inside", POST("Content-Length: 1 1\r\n", "a"), 400},
        {"9110 8.6: a letter", POST("Content-Length: 1a\r\n", "a"), 400},
        {"9110 8.6: a space around it", POST("Content-Length:  1 \r\n", "a"),
         0},
        {"9110 5.6.3: a tab around it", POST("Content-Length:\t1\t\r\n", "a"),
         0},
        {"9110 8.6: no overflow",
         POST("Content-Length: 18446744073709551617\r\n", "a"), 400},
        {"9112 6.1: chunked", CHUNKED("1\r\na\r\n0\r\n\r\n"), 0},
        {"9112 7: any case",
         POST("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"), 0},
        {"9110 5.6.3: a space after it",
         POST("Transfer-Encoding: chunked \r\n", "0\r\n\r\n"), 0},
        {"9110 5.6.3: tabs around it",
         POST("Transfer-Encoding:\tchunked\t\r\n", "0\r\n\r\n"), 0},
        {"9112 6.1: length and coding",
         POST("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
              "0\r\n\r\n"),
         400},
        {"9112 6.1: coding and length",
         POST("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
              "0\r\n\r\n"),
         400},
        {"9112 6.1: coding in HTTP/1.0",
         TEXT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
         400},
        {"9112 6.1: unknown", POST("Transfer-Encoding: foo\r\n", ""), 501},
        {"9112 6.1: gzip alone", POST("Transfer-Encoding: gzip\r\n", ""), 501},
        {"9112 6.1: identity is gone",
         POST("Transfer-Encoding: identity\r\n", ""), 501},
        {"9112 6.1: empty", POST("Transfer-Encoding:\r\n", ""), 501},
        {"9112 6.1: like chunked", POST("Transfer-Encoding: xchunked\r\n", ""),
         501},
        {"9112 7: a parameter", POST("Transfer-Encoding: chunked;a\r\n", ""),
         501},
        {"9112 6.1: gzip, chunked",
         POST("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
        {"9112 6.3: chunked not last",
         POST("Transfer-Encoding: chunked, gzip\r\n", ""), 400},
        {"9112 7.1: chunked twice",
         POST("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
        {"9112 7.1: chunked on two lines",
         POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
              "0\r\n\r\n"),
         400},
        {"9112 7.1: CR X after data", CHUNKED("1\r\na\rX"), 400},
        {"9112 7.1: XY after data", CHUNKED("1\r\naXY0\r\n\r\n"), 400},
        {"9112 7.1: LF for CR LF", CHUNKED("1\na\n0\n\n"), 400},
        {"9112 7.1: size too large", CHUNKED("FFFFFFFFFFFFFFFFF\r\n"), 400},
        {"9112 7.1: CVE-2021-22960", CHUNKED("2;\nxx\r\n49\r\n0\r\n\r\n"), 400},
        {"9112 7.1: unfinished", CHUNKED("1\r\na\r\n0\r\n"), UNFINISHED},
        {"9112 7.1.1: an extension", CHUNKED("1;a=\"b\"\r\na\r\n0;c\r\n\r\n"),
         0},
        {"9112 7.1.1: junk after a space", CHUNKED("1 a\r\na\r\n"), 400},
        {"9112 7.1.1: spaces around ; and =",
         CHUNKED("1 ; b = \"c\" ;d\r\na\r\n0 ;e\r\n\r\n"), 0},
        {"9112 7.1.1: tabs around ; and =",
         CHUNKED("1\t;\tb\t=\tc\r\n\t\r\n0\t;e\r\n\r\n"), 0},
        {"9112 7.1.1: white space behind the size", CHUNKED("0\t\r\n\r\n"),
         400},
        {"9112 7.1.1: white space at the end", CHUNKED("0;a \r\n\r\n"), 400},
        {"9112 7.1.1: obs-text in quotes", CHUNKED("0;a=\"\xe4\"\r\n\r\n"), 0},
        {"9112 7.1.1: obs-text as it is", CHUNKED("0;\xe4\r\n\r\n"), 400},
        {"9112 7.1.2: a trailer", CHUNKED("0\r\nA: b\r\nC:\r\n\r\n"), 0},
        {"9112 7.1.2: NUL in a trailer", CHUNKED("0\r\nA: \0\r\n\r\n"), 400},
        {"9112 7.1.2: LF in a trailer", CHUNKED("0\r\nA: b\n\r\n"), 400},
        {"9112 7.1.2: space before the colon", CHUNKED("0\r\nA : b\r\n\r\n"),
         400},
        {"9112 7.1.2: CR X at the end", CHUNKED("0\r\nA: b\r\n\rX"), 400},
        {"9110 6.5.1: Host in a trailer", CHUNKED("0\r\nHost: b c\r\n\r\n"), 0},
        {"9110 6.5.1: a coding in a trailer",
         CHUNKED("0\r\nTransfer-Encoding: gzip\r\n\r\n"), 0},
        {"9110 6.5.1: CR X after a coding in a trailer",
         CHUNKED("0\r\nTransfer-Encoding: chunked\r\n\rX"), 400},
        {"9110 6.5.1: LF after a coding in a trailer",
         CHUNKED("0\r\nTransfer-Encoding: x\r\nA: b\n\r\n"), 400},
        {"9110 6.5.1: a length in a trailer",
         CHUNKED("0\r\nContent-Length: 9\r\n\r\n"), 0},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

START_TEST(the_first_of_two_faults_is_named_however_it_is_cut)
{
    static const struct row rows[] = {
        {"too large, then a bad end of data",
         CHUNKED("41\r\n"
                 "0123456789012345678901234567890123456789"
                 "0123456789012345678901234XX"),
         413},
        {"a bad end of data, then too large",
         CHUNKED("1\r\naXX41\r\n"
                 "0123456789012345678901234567890123456789"
                 "0123456789012345678901234\r\n"),
         400},
        {"a bad method, then a bad header", LINE("BREW / HTTP/1.1\r\n A"), 501},
        {"a bad header, then none of Host", GET("A : b\r\n"), 400},
    };
    check_rows(rows, COUNT(rows));
}
END_TEST

/* --- Several in a row --- */

/* What stands in `text` of each request, with all cuts of the whole row. */
static void check_row_of_requests(const char *bytes, size_t len,
                                  const char *const *fields, size_t count,
                                  size_t piece)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    size_t found = 0, at = 0;
    while (at < len) {
        size_t step = len - at < piece ? len - at : piece;
        ck_assert_int_eq(feed_copy(&request, bytes + at, step), 0);
        at += request.used;
        if (!request.complete) {
            ck_assert_uint_eq(request.used, step);
            continue;
        }
        static char text[2 * TEXT_BYTES];
        describe(&request, text, sizeof text);
        ck_assert_uint_lt(found, count);
        ck_assert_str_eq(text, fields[found++]);
        request_reset(&request);
    }
    ck_assert_uint_eq(found, count);
    ck_assert(!request_begun(&request));
    request_close(&request);
}

START_TEST(pipelined_requests_come_out_one_by_one)
{
    static const char row[] =
        "GET /1?q HTTP/1.1\r\nHost: a\r\nConnection: x\r\n\r\n"
        "POST /2 HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
        "\r\n" // a blank line between requests
        "POST /3 HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\nA: b\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n"
        "GET /5 HTTP/1.0\r\n\r\n";
    static const char *const fields[] = {
        "GET|/1?q|/1|q|1.1|stays|Host=a;Connection=x;|",
        "POST|/2|/2|-|1.1|stays|Host=b;Content-Length=4;|\r\n\r\n",
        "POST|/3|/3|-|1.1|stays|Host=c;Transfer-Encoding=chunked;|x",
        "GET|/4|/4|-|1.1|goes|Host=d;Connection=close;|",
        "GET|/5|/5|-|1.0|goes||",
    };
    for (size_t piece = 1; piece < sizeof row; piece++)
        check_row_of_requests(TEXT(row), fields, COUNT(fields), piece);
}
END_TEST

START_TEST(a_reset_request_has_forgotten_a_fault)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(request_feed(&request, TEXT("G@T / HTTP/1.1\r\n")), 400);
    request_reset(&request);
    ck_assert_int_eq(request_feed(&request, GET_H("")), 0);
    ck_assert(request.complete);
    request_close(&request);
}
END_TEST

/* --- Limits --- */

static char *append(char *end, const char *text)
{
    return stpcpy(end, text);
}

static char *repeat(char *end, char c, size_t count)
{
    memset(end, c, count);
    end[count] = '\0';
    return end + count;
}

static int verdict_of(const char *text, const char *end)
{
    return feed_all_ways("limit", text, (size_t)(end - text))->verdict;
}

static int verdict_of_target(const char *method, size_t target_len)
{
    static char text[TEXT_BYTES];
    char *end = append(append(text, method), " /");
    end = repeat(end, 'a', target_len - 1);
    return verdict_of(text, append(end, " HTTP/1.1\r\nHost: a\r\n\r\n"));
}

START_TEST(a_target_beyond_its_limit_is_414)
{
    ck_assert_int_eq(verdict_of_target("GET", limits.target_bytes), 0);
    ck_assert_int_eq(verdict_of_target("GET", limits.target_bytes + 1), 414);
    ck_assert_int_eq(verdict_of_target("GET", limits.target_bytes * 2), 414);
    ck_assert_int_eq(verdict_of_target("M-SEARCH", limits.target_bytes), 0);
    ck_assert_int_eq(verdict_of_target("M-SEARCH", limits.target_bytes + 1),
                     414);
}
END_TEST

START_TEST(a_target_without_end_is_414)
{
    static char text[TEXT_BYTES];
    char *end = repeat(append(text, "GET /"), 'a', 200);
    ck_assert_int_eq(verdict_of(text, end), 414);
}
END_TEST

/* RFC 9112 3: longer than any that is implemented. */
START_TEST(a_long_method_is_501)
{
    static char text[TEXT_BYTES];
    char *end = repeat(text, 'A', 60);
    end = append(end, " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_int_eq(verdict_of(text, end), 501);
    end = repeat(text, 'A', 200);
    ck_assert_int_eq(verdict_of(text, end), 501);
    end = append(end, " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_int_eq(verdict_of(text, end), 501);
}
END_TEST

/* The lines from Host to the blank one are `bytes` in all. */
static int verdict_of_head(size_t bytes)
{
    static char text[TEXT_BYTES];
    char *lines = append(text, "GET / HTTP/1.1\r\n");
    char *end = append(lines, "Host: a\r\nA: ");
    end = repeat(end, 'b', bytes - (size_t)(end - lines) - 4);
    end = append(end, "\r\n\r\n");
    ck_assert_uint_eq((size_t)(end - lines), bytes);
    return verdict_of(text, end);
}

START_TEST(header_lines_beyond_their_limit_are_431)
{
    ck_assert_int_eq(verdict_of_head(limits.head_bytes), 0);
    ck_assert_int_eq(verdict_of_head(limits.head_bytes + 1), 431);
    ck_assert_int_eq(verdict_of_head(limits.head_bytes + 2), 431);
    ck_assert_int_eq(verdict_of_head(limits.head_bytes + 200), 431);
}
END_TEST

START_TEST(a_header_line_without_end_is_431)
{
    static char text[TEXT_BYTES];
    char *end = append(text, "GET / HTTP/1.1\r\nHost: a\r\n");
    ck_assert_int_eq(verdict_of(text, repeat(end, 'b', 700)), 431);
}
END_TEST

static int verdict_of_header_count(size_t count)
{
    static char text[TEXT_BYTES];
    char *end = append(text, "GET / HTTP/1.1\r\nHost:\r\n");
    for (size_t i = 1; i < count; i++)
        end = append(end, "A:\r\n");
    return verdict_of(text, append(end, "\r\n"));
}

START_TEST(too_many_header_lines_are_431)
{
    ck_assert_int_eq(verdict_of_header_count(REQUEST_HEADERS_MAX), 0);
    ck_assert_int_eq(verdict_of_header_count(REQUEST_HEADERS_MAX + 1), 431);
}
END_TEST

static int verdict_of_length(size_t len)
{
    static char text[TEXT_BYTES];
    int head = snprintf(text, sizeof text,
                        "POST / HTTP/1.1\r\nHost: a\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        len);
    return verdict_of(text, repeat(text + head, 'b', len));
}

START_TEST(bodies_with_a_length_beyond_the_limit_are_413)
{
    ck_assert_int_eq(verdict_of_length(0), 0);
    ck_assert_int_eq(verdict_of_length(1), 0);
    ck_assert_int_eq(verdict_of_length(limits.body_bytes), 0);
    ck_assert_int_eq(verdict_of_length(limits.body_bytes + 1), 413);
}
END_TEST

START_TEST(a_body_that_is_too_large_is_refused_before_it_is_sent)
{
    struct request request;
    ck_assert_int_eq(request_open(&request, &limits), 0);
    ck_assert_int_eq(
        request_feed(
            &request,
            POST("Content-Length: 65\r\nExpect: 100-continue\r\n", "")),
        413);
    ck_assert_str_eq(request.method, "POST");
    request_close(&request);
}
END_TEST

static int verdict_of_chunks(size_t first, size_t second)
{
    static char text[TEXT_BYTES];
    char *end = append(text, "POST / HTTP/1.1\r\nHost: a\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n");
    size_t sizes[] = {first, second};
    for (size_t i = 0; i < COUNT(sizes) && sizes[i] > 0; i++) {
        end += sprintf(end, "%zx\r\n", sizes[i]);
        end = append(repeat(end, 'b', sizes[i]), "\r\n");
    }
    return verdict_of(text, append(end, "0\r\n\r\n"));
}

START_TEST(chunked_bodies_beyond_the_limit_are_413)
{
    ck_assert_int_eq(verdict_of_chunks(0, 0), 0);
    ck_assert_int_eq(verdict_of_chunks(1, 0), 0);
    ck_assert_int_eq(verdict_of_chunks(limits.body_bytes, 0), 0);
    ck_assert_int_eq(verdict_of_chunks(limits.body_bytes + 1, 0), 413);
    ck_assert_int_eq(verdict_of_chunks(limits.body_bytes - 1, 1), 0);
    ck_assert_int_eq(verdict_of_chunks(limits.body_bytes, 1), 413);
    ck_assert_int_eq(verdict_of_chunks(1, limits.body_bytes), 413);
}
END_TEST

START_TEST(a_limit_of_no_body_still_takes_requests_without_one)
{
    static const struct limits none = {
        .target_bytes = 100, .head_bytes = 1000, .body_bytes = 0};
    struct request request;
    ck_assert_int_eq(request_open(&request, &none), 0);
    ck_assert_int_eq(request_feed(&request, GET_H("")), 0);
    ck_assert(request.complete);
    request_reset(&request);
    ck_assert_int_eq(request_feed(&request, POST("Content-Length: 1\r\n", "a")),
                     413);
    request_close(&request);
}
END_TEST

/* Larger than any room made at first. */
START_TEST(a_large_body_comes_out_as_it_went_in)
{
    enum { BODY = 300000 };
    static const struct limits wide = {
        .target_bytes = 100, .head_bytes = 1000, .body_bytes = BODY};
    static char body[BODY];
    for (size_t i = 0; i < BODY; i++)
        body[i] = (char)(i * 31 >> 3);
    struct request request;
    ck_assert_int_eq(request_open(&request, &wide), 0);
    ck_assert_int_eq(
        request_feed(&request, POST("Content-Length: 300000\r\n", "")), 0);
    for (size_t at = 0; at < BODY; at += request.used) {
        size_t piece = BODY - at < 7001 ? BODY - at : 7001;
        ck_assert_int_eq(feed_copy(&request, body + at, piece), 0);
        ck_assert_uint_eq(request.used, piece);
    }
    ck_assert(request.complete);
    ck_assert_uint_eq(request.body.len, BODY);
    static char read[BODY];
    ck_assert_int_eq(body_read(&request.body, read, BODY, 0), BODY);
    ck_assert_mem_eq(read, body, BODY);
    request_reset(&request);
    ck_assert_uint_eq(request.body.len, 0);
    request_close(&request);
}
END_TEST

/* A promise costs nothing: neither a length nor a chunk's size. */
START_TEST(nothing_is_allocated_for_what_is_only_announced)
{
    static const struct {
        const char *head, *begin;
    } rows[] = {{"Content-Length: 1000000000\r\n\r\n", "a"},
                {"Transfer-Encoding: chunked\r\n\r\n", "3b9aca00\r\na"}};
    static const struct limits wide = {
        .target_bytes = 100, .head_bytes = 1000, .body_bytes = 1000000000};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        int len =
            snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s%s",
                     rows[i].head, rows[i].begin);
        struct request request;
        ck_assert_int_eq(request_open(&request, &wide), 0);
        size_t before = mallinfo2().uordblks;
        ck_assert_int_eq(request_feed(&request, text, (size_t)len), 0);
        ck_assert_uint_eq(request.body.len, 1);
        ck_assert_uint_lt(mallinfo2().uordblks, before + BODY_MEMORY_BYTES);
        request_close(&request);
    }
}
END_TEST

/* --- Another target --- */

/* A whole request, ready to be redirected. */
static void feed_request(struct request *request, const char *text)
{
    ck_assert_int_eq(request_open(request, &limits), 0);
    ck_assert_int_eq(request_feed(request, text, strlen(text)), 0);
    ck_assert(request->complete);
}

START_TEST(a_redirected_request_is_a_get_for_the_path_without_its_body)
{
    static const char post[] = "POST /old/a?b HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 5\r\n"
                               "content-type: a/b\r\nContent-Encoding: c\r\n"
                               "Expect: 100-continue\r\nX: y\r\n\r\nhello";
    struct request request;
    feed_request(&request, post);
    char location[] = "/new//%20dir?c=%20d";
    ck_assert_int_eq(request_redirect(&request, location), 0);
    memset(location, '#', sizeof location - 1);
    ck_assert_str_eq(request.method, "GET");
    ck_assert_str_eq(request.local, "/new//%20dir?c=%20d");
    ck_assert_str_eq(request.path, "/new/ dir");
    ck_assert_str_eq(request.query, "c=%20d");
    ck_assert_str_eq(request.target, "/old/a?b");
    ck_assert_uint_eq(request.body.len, 0);
    ck_assert_uint_eq(request.header_count, 2);
    ck_assert_str_eq(request_header(&request, "Host"), "a");
    ck_assert_str_eq(request_header(&request, "X"), "y");
    char line[100];
    size_t len = request_line(&request, line, sizeof line);
    ck_assert_int_eq(strncmp(line, "POST /old/a?b HTTP/1.1", len), 0);
    request_close(&request);
}
END_TEST

START_TEST(a_redirected_chunked_body_and_its_coding_are_gone)
{
    struct request request;
    feed_request(&request, "PUT / HTTP/1.1\r\nHost: a\r\nTrailer: x\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n"
                           "1\r\na\r\n0\r\n\r\n");
    ck_assert_int_eq(request_redirect(&request, "/"), 0);
    ck_assert_uint_eq(request.header_count, 1);
    ck_assert_uint_eq(request.body.len, 0);
    request_close(&request);
}
END_TEST

START_TEST(a_redirected_head_stays_a_head_and_can_be_redirected_again)
{
    struct request request;
    feed_request(&request, "HEAD http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n");
    ck_assert_str_eq(request.local, "/b?c");
    ck_assert_int_eq(request_redirect(&request, "/1?2"), 0);
    ck_assert_int_eq(request_redirect(&request, "/3"), 0);
    ck_assert_str_eq(request.method, "HEAD");
    ck_assert_str_eq(request.path, "/3");
    ck_assert_ptr_null(request.query);
    ck_assert_str_eq(request.target, "http://a/b?c");
    request_reset(&request); // frees it: asked of the sanitizer
    ck_assert_ptr_null(request.local);
    request_close(&request);
}
END_TEST

START_TEST(a_redirect_is_held_to_the_rules_of_a_target)
{
    char longest[103], longer[103];
    snprintf(longest, sizeof longest, "/%099d", 0);
    snprintf(longer, sizeof longer, "/%0100d", 0);
    const struct {
        const char *location;
        int status;
    } rows[] = {
        {longest, 0},   {longer, 414},       {"", 400},     {"a", 400},
        {"*", 400},     {"http://a/", 400},  {"/a b", 400}, {"/a#b", 400},
        {"/%", 400},    {"/%zz", 400},       {"/%00", 400}, {"/a?%0", 400},
        {"/\x7f", 400}, {"/a\r\nX: y", 400}, {"/?", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request request;
        feed_request(&request, "POST /a?b HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 1\r\n\r\nx");
        int status = request_redirect(&request, rows[i].location);
        ck_assert_msg(status == rows[i].status, "%s: %d", rows[i].location,
                      status);
        if (status) { // nothing has changed
            ck_assert_str_eq(request.method, "POST");
            ck_assert_str_eq(request.path, "/a");
            ck_assert_str_eq(request.local, "/a?b");
            ck_assert_uint_eq(request.body.len, 1);
            ck_assert_uint_eq(request.header_count, 2);
        }
        request_close(&request);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *fields = new_case(suite, "fields");
    tcase_add_test(fields, fields_are_found);
    tcase_add_test(fields,
                   headers_are_looked_up_without_case_and_the_first_counts);
    tcase_add_test(fields, the_head_can_be_read_before_the_body_has_come);
    tcase_add_test(fields, feeding_nothing_changes_nothing);
    tcase_add_test(fields, a_verdict_stands_whatever_comes_after_it);
    tcase_add_test(fields, a_complete_request_takes_no_more);
    tcase_add_test(fields,
                   a_request_has_begun_with_its_first_byte_that_is_not_blank);
    TCase *head = new_case(suite, "head");
    tcase_add_test(head, request_lines);
    tcase_add_test(head, forms_of_the_target);
    tcase_add_test(head, header_lines);
    tcase_add_test(head, keep_alive);
    tcase_add_test(head, a_trailer_does_not_end_the_connection);
    tcase_add_test(head, expectations);
    TCase *body = new_case(suite, "body");
    tcase_add_test(body, framing);
    tcase_add_test(body, the_first_of_two_faults_is_named_however_it_is_cut);
    tcase_add_test(body, a_large_body_comes_out_as_it_went_in);
    tcase_add_test(body, nothing_is_allocated_for_what_is_only_announced);
    TCase *several = new_case(suite, "several");
    tcase_add_test(several, pipelined_requests_come_out_one_by_one);
    tcase_add_test(several, a_reset_request_has_forgotten_a_fault);
    TCase *redirect = new_case(suite, "redirect");
    tcase_add_test(redirect,
                   a_redirected_request_is_a_get_for_the_path_without_its_body);
    tcase_add_test(redirect, a_redirected_chunked_body_and_its_coding_are_gone);
    tcase_add_test(redirect,
                   a_redirected_head_stays_a_head_and_can_be_redirected_again);
    tcase_add_test(redirect, a_redirect_is_held_to_the_rules_of_a_target);
    TCase *limit = new_case(suite, "limits");
    tcase_add_test(limit, a_target_beyond_its_limit_is_414);
    tcase_add_test(limit, a_target_without_end_is_414);
    tcase_add_test(limit, a_long_method_is_501);
    tcase_add_test(limit, header_lines_beyond_their_limit_are_431);
    tcase_add_test(limit, a_header_line_without_end_is_431);
    tcase_add_test(limit, too_many_header_lines_are_431);
    tcase_add_test(limit, bodies_with_a_length_beyond_the_limit_are_413);
    tcase_add_test(limit,
                   a_body_that_is_too_large_is_refused_before_it_is_sent);
    tcase_add_test(limit, chunked_bodies_beyond_the_limit_are_413);
    tcase_add_test(limit, a_limit_of_no_body_still_takes_requests_without_one);
    return run_suite(suite);
}
