/* test_response.c - what leaves for the client, byte by byte. */
#include "common/request.h"
#include "common/response.h"
#include "tests/sink.h"

/* --- A sink in memory --- */

static struct sink sink;
static int fails_at; // the call of the sink that fails; 0: none

static int take_or_fail(void *to, const struct piece *piece)
{
    if (sink.calls + 1 != fails_at)
        return take_piece(to, piece);
    sink.calls++;
    errno = ECONNRESET;
    return -1;
}

static struct response response;

/* Ready for a GET in HTTP/1.1, before each test. */
static void open_get(void)
{
    memset(&sink, 0, sizeof sink);
    fails_at = 0;
    response_open(&response, take_or_fail, &sink, 1, false, true);
}

static void open_head(void)
{
    response_open(&response, take_or_fail, &sink, 1, true, true);
}

static void open_http10(bool keep_alive)
{
    response_open(&response, take_or_fail, &sink, 0, false, keep_alive);
}

/* Cut the Date line out, which must be there once and well formed. */
static void take_date_out(void)
{
    char *date = strstr(sink.bytes, "\r\nDate: ");
    ck_assert_ptr_nonnull(date);
    date += 2;
    char *end = strstr(date, "\r\n") + 2;
    struct tm when;
    const char *rest = strptime(date, "Date: %a, %d %b %Y %H:%M:%S GMT", &when);
    ck_assert_ptr_eq(rest, end - 2);
    ck_assert_int_lt(labs((long)(timegm(&when) - time(NULL))), 10);
    sink.len -= (size_t)(end - date);
    memmove(date, end, sink.len - (size_t)(date - sink.bytes) + 1);
    ck_assert_ptr_null(strstr(sink.bytes, "\r\nDate: "));
}

/* All that was sent, but for the Date, is `text`. */
static void expect(const char *text)
{
    take_date_out();
    ck_assert_uint_eq(sink.len, strlen(sink.bytes));
    ck_assert_str_eq(sink.bytes, text);
}

static char *body_sent(void)
{
    char *end = strstr(sink.bytes, "\r\n\r\n");
    ck_assert_ptr_nonnull(end);
    return end + 4;
}

/* Take the chunks at `from` apart; returns the length of the body. */
static size_t join_chunks(const char *from, char *body)
{
    size_t len = 0;
    for (;;) {
        char *data;
        size_t size = strtoul(from, &data, 16);
        ck_assert(data > from && data[0] == '\r' && data[1] == '\n');
        data += 2;
        if (size > 0)
            memcpy(body + len, data, size);
        len += size;
        ck_assert(data[size] == '\r' && data[size + 1] == '\n');
        from = data + size + 2;
        if (size == 0) {
            ck_assert_ptr_eq(from, sink.bytes + sink.len);
            return len;
        }
    }
}

static void write_text(const char *text)
{
    ck_assert_int_eq(response_write(&response, text, strlen(text)), 0);
}

static void add_header(const char *name, const char *value)
{
    ck_assert_int_eq(response_header(&response, name, value), 0);
}

/* --- Framing --- */

START_TEST(a_small_answer_is_one_write)
{
    ck_assert_int_eq(response_send(&response, 200, "text/plain", "hello\n", 6),
                     0);
    ck_assert_int_eq(sink.calls, 1);
    expect("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
           "Content-Length: 6\r\n\r\nhello\n");
    ck_assert(response.keep_alive && !response.broken);
    ck_assert_int_eq(response.status, 200);
    ck_assert_int_eq(response.sent, 6);
}
END_TEST

START_TEST(a_small_answer_in_parts_is_one_write)
{
    response_start(&response, 200);
    add_header("Content-Length", "4");
    write_text("a");
    write_text("bc");
    write_text("d");
    ck_assert_int_eq(sink.calls, 0);
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_int_eq(sink.calls, 1);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
}
END_TEST

START_TEST(a_flush_of_all_that_was_declared_is_the_end)
{
    response_start(&response, 200);
    add_header("Content-Length", "2");
    write_text("a");
    response_flush(&response);
    ck_assert(!sink.saw_last);
    write_text("b");
    response_flush(&response);
    ck_assert(sink.saw_last);
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_int_eq(sink.calls, 2);
    ck_assert_int_eq(response_write(&response, "c", 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_int_eq(sink.calls, 2);
}
END_TEST

START_TEST(the_sink_is_told_what_is_the_last)
{
    response_start(&response, 200);
    write_text("a");
    response_flush(&response);
    ck_assert(!sink.saw_last);
    response_end(&response);
    ck_assert_int_eq(sink.calls, 2);
    ck_assert(sink.saw_last);
}
END_TEST

START_TEST(a_body_of_unknown_length_is_chunked)
{
    response_start(&response, 200);
    add_header("X-A", "b");
    write_text("hello, ");
    write_text("");
    write_text("sixteen bytes...");
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_int_eq(sink.calls, 1);
    expect("HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
           "7\r\nhello, \r\n10\r\nsixteen bytes...\r\n0\r\n\r\n");
    ck_assert_int_eq(response.sent, 23);
}
END_TEST

START_TEST(no_body_is_a_body_of_length_0)
{
    response_start(&response, 404);
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_connection_that_ends_says_so)
{
    response.keep_alive = false;
    response_start(&response, 200);
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
END_TEST

START_TEST(a_handler_may_end_the_connection_until_the_head_has_left)
{
    response_start(&response, 200);
    add_header("Content-Length", "1");
    response.keep_alive = false;
    write_text("a");
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "Connection: close\r\n"));
}
END_TEST

START_TEST(http10_with_a_length_may_stay)
{
    open_http10(true);
    ck_assert_int_eq(response_send(&response, 200, "a/b", "c", 1), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 1\r\n"
           "Connection: keep-alive\r\n\r\nc");
    ck_assert(response.keep_alive);
}
END_TEST

START_TEST(http10_without_a_length_ends_by_closing)
{
    open_http10(true);
    response_start(&response, 200);
    write_text("hello");
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    ck_assert(!response.keep_alive);
    ck_assert(response_looks_whole(&response));
}
END_TEST

START_TEST(a_response_to_head_has_the_same_head_and_no_body)
{
    open_head();
    ck_assert_int_eq(response_send(&response, 200, "a/b", "hello", 5), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\n");
    ck_assert_int_eq(response.sent, 5);
    ck_assert(response.keep_alive && !response.broken);
}
END_TEST

START_TEST(a_chunked_response_to_head_has_no_chunks)
{
    open_head();
    response_start(&response, 200);
    write_text("hello");
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    ck_assert(response.keep_alive);
}
END_TEST

START_TEST(a_large_body_for_head_is_not_sent)
{
    open_head();
    static char large[3 * RESPONSE_BUFFER_BYTES];
    ck_assert_int_eq(response_send(&response, 200, "a/b", large, sizeof large),
                     0);
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_ptr_eq(body_sent(), sink.bytes + sink.len);
}
END_TEST

/* RFC 9110 8.6, 15.3.5 and 15.4.5. */
START_TEST(statuses_without_a_body)
{
    static const struct {
        int status;
        const char *length, *text;
    } rows[] = {
        {204, NULL, "HTTP/1.1 204 No Content\r\n\r\n"},
        {204, "5", "HTTP/1.1 204 No Content\r\n\r\n"},
        {304, NULL, "HTTP/1.1 304 Not Modified\r\n\r\n"},
        {304, "5", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int writes = 0; writes < 2; writes++) {
            open_get();
            response_start(&response, rows[i].status);
            if (rows[i].length)
                add_header("Content-Length", rows[i].length);
            if (writes)
                write_text("hello");
            ck_assert_int_eq(response_end(&response), 0);
            expect(rows[i].text);
            ck_assert(response.keep_alive && !response.broken);
        }
    }
}
END_TEST

START_TEST(a_204_in_http10_need_not_end_the_connection)
{
    open_http10(true);
    response_start(&response, 204);
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
}
END_TEST

/* --- What a handler may not do --- */

static void refuse_header(const char *name, const char *value)
{
    errno = 0;
    ck_assert_msg(response_header(&response, name, value) == -1,
                  "%s: %s was taken", name, value);
    ck_assert_int_eq(errno, EINVAL);
}

START_TEST(invalid_headers_are_refused_and_add_nothing)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"X", "a\r\nSet-Cookie: b"},
        {"X", "a\nSet-Cookie: b"},
        {"X", "a\rb"},
        {"X", "\r\n"},
        {"X", "a\x7f"},
        {"X", "\x1b"},
        {"X\r\nY", "a"},
        {"X Y", "a"},
        {"X:", "a"},
        {"", "a"},
        {"X\xe4", "a"},
        {"Connection", "close"},
        {"connection", "close"},
        {"Keep-Alive", "timeout=5"},
        {"Transfer-Encoding", "chunked"},
        {"TRANSFER-ENCODING", "gzip"},
        {"Date", "today"},
        {"Content-Length", ""},
        {"Content-Length", "-1"},
        {"Content-Length", "+1"},
        {"Content-Length", " 1"},
        {"Content-Length", "1 "},
        {"Content-Length", "1,1"},
        {"Content-Length", "0x1"},
        {"Content-Length", "99999999999999999999"},
    };
    response_start(&response, 200);
    for (size_t i = 0; i < COUNT(rows); i++)
        refuse_header(rows[i].name, rows[i].value);
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_tab_and_8_bit_bytes_may_stand_in_a_value)
{
    response_start(&response, 200);
    add_header("X", "a\tb\xe4");
    add_header("Y", "");
    ck_assert_int_eq(response_end(&response), 0);
    expect(
        "HTTP/1.1 200 OK\r\nX: a\tb\xe4\r\nY: \r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(one_length_may_be_declared_twice_but_not_two)
{
    response_start(&response, 200);
    add_header("Content-Length", "1");
    add_header("content-length", "1");
    refuse_header("Content-Length", "2");
    write_text("a");
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
}
END_TEST

START_TEST(headers_fill_the_buffer_and_no_more)
{
    static char value[RESPONSE_BUFFER_BYTES];
    memset(value, 'v', sizeof value);
    /* Whatever the length of one header, others go on fitting or not. */
    for (size_t len = RESPONSE_BUFFER_BYTES - 400; len < sizeof value; len++) {
        open_get();
        response_start(&response, 200);
        value[len] = '\0';
        bool fits = response_header(&response, "X", value) == 0;
        value[len] = 'v';
        ck_assert(fits || errno == EMSGSIZE);
        ck_assert(fits || len > RESPONSE_BUFFER_BYTES - 300);
        while (response_header(&response, "Y", "") == 0)
            continue;
        ck_assert_int_eq(errno, EMSGSIZE);
        add_header("Content-Length", "9000000000000000000");
        response.keep_alive = false;
        ck_assert_int_eq(response_flush(&response), 0);
        ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nContent-Length: 9"));
        ck_assert_ptr_eq(body_sent(), sink.bytes + sink.len);
        ck_assert(!response.broken);
    }
}
END_TEST

START_TEST(too_much_body_is_cut_and_breaks_the_response)
{
    response_start(&response, 200);
    add_header("Content-Length", "3");
    write_text("ab");
    errno = 0;
    ck_assert_int_eq(response_write(&response, "cde", 3), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert(response.broken);
    ck_assert_int_eq(response.sent, 3);
    ck_assert_int_eq(response_write(&response, "f", 1), -1);
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert(sink.len == 0 || strstr(sink.bytes, "cd") == NULL);
}
END_TEST

START_TEST(too_much_at_once_is_cut_as_well)
{
    static char large[2 * RESPONSE_BUFFER_BYTES];
    memset(large, 'x', sizeof large);
    response_start(&response, 200);
    char length[32];
    snprintf(length, sizeof length, "%d", RESPONSE_BUFFER_BYTES + 7);
    add_header("Content-Length", length);
    ck_assert_int_eq(response_write(&response, large, sizeof large), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_uint_eq((size_t)(sink.bytes + sink.len - body_sent()),
                      RESPONSE_BUFFER_BYTES + 7);
}
END_TEST

START_TEST(any_body_is_too_much_for_length_0)
{
    response_start(&response, 200);
    add_header("Content-Length", "0");
    ck_assert_int_eq(response_write(&response, "a", 1), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
}
END_TEST

START_TEST(too_little_body_is_sent_and_breaks_the_response)
{
    response_start(&response, 200);
    add_header("Content-Length", "5");
    write_text("abc");
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert(response.broken);
    ck_assert(!response_looks_whole(&response));
    expect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
}
END_TEST

START_TEST(an_end_without_a_start_is_broken)
{
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert(response.broken);
    ck_assert_int_eq(sink.calls, 0);
}
END_TEST

START_TEST(ending_again_does_nothing)
{
    response_start(&response, 200);
    write_text("a");
    ck_assert_int_eq(response_end(&response), 0);
    size_t len = sink.len;
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_uint_eq(sink.len, len);
    ck_assert_int_eq(sink.calls, 1);
}
END_TEST

START_TEST(ending_again_remembers_that_it_is_broken)
{
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert_int_eq(response_end(&response), -1);
}
END_TEST

/* --- Buffer and sink --- */

START_TEST(flush_sends_what_there_is)
{
    response_start(&response, 200);
    ck_assert_int_eq(response_flush(&response), 0);
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_ptr_nonnull(strstr(sink.bytes, "chunked\r\n\r\n"));
    write_text("tick");
    ck_assert_int_eq(sink.calls, 1);
    ck_assert_int_eq(response_flush(&response), 0);
    ck_assert_int_eq(sink.calls, 2);
    ck_assert_str_eq(body_sent(), "4\r\ntick\r\n");
    ck_assert_int_eq(response_flush(&response), 0);
    ck_assert_int_eq(sink.calls, 2);
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_str_eq(body_sent(), "4\r\ntick\r\n0\r\n\r\n");
}
END_TEST

START_TEST(flush_before_the_start_sends_nothing)
{
    ck_assert_int_eq(response_flush(&response), 0);
    ck_assert_int_eq(sink.calls, 0);
}
END_TEST

START_TEST(bodies_around_the_size_of_the_buffer_arrive)
{
    static char body[RESPONSE_BUFFER_BYTES + 64];
    static char joined[sizeof body];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i % 23);
    for (size_t len = RESPONSE_BUFFER_BYTES - 400; len < sizeof body; len++) {
        open_get();
        response_start(&response, 200);
        ck_assert_int_eq(response_write(&response, body, len), 0);
        ck_assert_int_eq(response_end(&response), 0);
        ck_assert_uint_eq(join_chunks(body_sent(), joined), len);
        ck_assert_mem_eq(joined, body, len);

        open_get();
        ck_assert_int_eq(response_send(&response, 200, "a/b", body, len), 0);
        ck_assert_uint_eq((size_t)(sink.bytes + sink.len - body_sent()), len);
        ck_assert_mem_eq(body_sent(), body, len);
    }
}
END_TEST

START_TEST(many_small_pieces_leave_in_few_writes)
{
    static char joined[sizeof sink.bytes];
    response_start(&response, 200);
    for (int i = 0; i < 10000; i++)
        write_text("abc");
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_uint_eq(join_chunks(body_sent(), joined), 30000);
    ck_assert_int_eq(response.sent, 30000);
    ck_assert_int_le(sink.calls, 10);
}
END_TEST

START_TEST(nothing_leaves_before_the_buffer_is_full)
{
    static char body[RESPONSE_BUFFER_BYTES - 512];
    response_start(&response, 200);
    ck_assert_int_eq(response_write(&response, body, sizeof body), 0);
    ck_assert_int_eq(sink.calls, 0);
    ck_assert_int_eq(response_write(&response, body, sizeof body), 0);
    ck_assert_int_gt(sink.calls, 0);
}
END_TEST

START_TEST(a_sink_that_fails_breaks_the_response_with_its_errno)
{
    fails_at = 1;
    response_start(&response, 200);
    write_text("a");
    errno = 0;
    ck_assert_int_eq(response_flush(&response), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert(response.broken);
    ck_assert_int_eq(response_write(&response, "b", 1), -1);
    ck_assert_int_eq(response_flush(&response), -1);
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert_int_eq(sink.calls, 1);
}
END_TEST

START_TEST(a_sink_that_fails_at_the_end_is_reported)
{
    fails_at = 1;
    ck_assert_int_eq(response_send(&response, 200, "a/b", "c", 1), -1);
    ck_assert(response.broken);
}
END_TEST

/* --- Files --- */

static int temporary_file(const char *text)
{
    int file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (int)strlen(text));
    return file;
}

START_TEST(a_part_of_a_file_is_sent)
{
    int file = temporary_file("0123456789");
    response_start(&response, 200);
    add_header("Content-Length", "4");
    ck_assert_int_eq(response_write_file(&response, file, 3, 4), 0);
    ck_assert_int_eq(response_end(&response), 0);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n3456");
    ck_assert_int_eq(response.sent, 4);
}
END_TEST

START_TEST(files_and_bytes_keep_their_order_in_chunks)
{
    int file = temporary_file("0123456789");
    response_start(&response, 200);
    write_text("a");
    ck_assert_int_eq(response_write_file(&response, file, 0, 10), 0);
    ck_assert_int_eq(response_write_file(&response, file, 0, 0), 0);
    write_text("b");
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_str_eq(body_sent(),
                     "1\r\na\r\na\r\n0123456789\r\n1\r\nb\r\n0\r\n\r\n");
}
END_TEST

START_TEST(more_of_a_file_than_was_declared_is_cut)
{
    int file = temporary_file("0123456789");
    response_start(&response, 200);
    add_header("Content-Length", "4");
    ck_assert_int_eq(response_write_file(&response, file, 0, 10), -1);
    ck_assert_int_eq(errno, EMSGSIZE);
    ck_assert_str_eq(body_sent(), "0123");
}
END_TEST

START_TEST(a_file_for_head_is_counted_and_not_sent)
{
    int file = temporary_file("0123456789");
    open_head();
    response_start(&response, 200);
    add_header("Content-Length", "10");
    ck_assert_int_eq(response_write_file(&response, file, 0, 10), 0);
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_int_eq(response.sent, 10);
    expect("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
}
END_TEST

START_TEST(a_file_that_fails_breaks_the_response)
{
    int file = temporary_file("0123");
    response_start(&response, 200);
    add_header("Content-Length", "10");
    ck_assert_int_eq(response_write_file(&response, file, 0, 10), -1);
    ck_assert_int_eq(errno, EIO);
    ck_assert(response.broken);
    ck_assert(!response_looks_whole(&response));
}
END_TEST

START_TEST(a_broken_response_that_ends_by_closing_looks_whole)
{
    open_http10(false);
    response_start(&response, 200);
    write_text("hello");
    ck_assert_int_eq(response_flush(&response), 0);
    fails_at = 2;
    ck_assert_int_eq(response_flush(&response), 0); // nothing to send
    write_text("more");
    ck_assert_int_eq(response_end(&response), -1);
    ck_assert(response_looks_whole(&response));
}
END_TEST

/* --- Ready-made answers --- */

START_TEST(errors_are_small_pages_that_name_the_status)
{
    ck_assert_int_eq(response_error(&response, 404, NULL), 0);
    ck_assert_int_eq(sink.calls, 1);
    expect("HTTP/1.1 404 Not Found\r\n"
           "Vary: Accept\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n"
           "Content-Length: 14\r\n\r\n404 Not Found\n");
}
END_TEST

START_TEST(errors_may_say_why)
{
    ck_assert_int_eq(response_error(&response, 502, "it died"), 0);
    ck_assert_str_eq(body_sent(), "502 Bad Gateway: it died\n");
}
END_TEST

static const struct request from_a_browser = {
    .header_count = 1, .headers = {{"Accept", "text/html,*/*;q=0.8"}}};

START_TEST(browsers_get_a_page_of_html)
{
    response.request = &from_a_browser;
    ck_assert_int_eq(response_error(&response, 404, NULL), 0);
    ck_assert_ptr_nonnull(
        strstr(sink.bytes, "\r\nContent-Type: text/html; charset=utf-8\r\n"));
    ck_assert_str_eq(body_sent(), "<!doctype html>\n<html lang=\"en\">\n"
                                  "<meta charset=\"utf-8\">\n"
                                  "<title>404 Not Found</title>\n"
                                  "<h1>404 Not Found</h1>\n");
}
END_TEST

START_TEST(what_is_shown_is_text_and_no_markup)
{
    static const char why[] = "<script>'x' & \"y\"</script> \xc3\xa4";
    response.request = &from_a_browser;
    ck_assert_int_eq(response_error(&response, 400, why), 0);
    ck_assert_ptr_nonnull(
        strstr(body_sent(), "</h1>\n<p>&lt;script&gt;&#39;x&#39; &amp; "
                            "&quot;y&quot;&lt;/script&gt; \xc3\xa4</p>\n"));
    open_get();
    ck_assert_int_eq(response_error(&response, 400, why), 0);
    ck_assert_str_eq(body_sent() + strlen("400 Bad Request: "),
                     "<script>'x' & \"y\"</script> \xc3\xa4\n");
}
END_TEST

/* Of whatever length and markup: the page is whole, no character halved. */
START_TEST(a_long_why_is_cut)
{
    static const char *const characters[] = {"w", "\"", "\xc3\xa4",
                                             "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < COUNT(characters); i++) {
        for (int shift = 0; shift < 4; shift++) {
            char why[5000];
            char *end = why + sprintf(why, "%.*s", shift, "...");
            while (end < why + sizeof why - 10)
                end = stpcpy(end, characters[i]);
            memset(&sink, 0, sizeof sink);
            open_get();
            response.request = shift % 2 ? &from_a_browser : NULL;
            ck_assert_int_eq(response_error(&response, 500, why), 0);
            ck_assert(!response.broken);
            const char *close = shift % 2 ? "</p>\n" : "\n";
            const char *body = body_sent();
            const char *last = body + strlen(body) - strlen(close);
            ck_assert_str_eq(last, close);
            const char *whole = shift % 2 && i == 1 ? "&quot;" : characters[i];
            ck_assert_mem_eq(last - strlen(whole), whole, strlen(whole));
            ck_assert_uint_lt(sink.len, 2000);
        }
    }
}
END_TEST

/* RFC 9110 15.5.6. */
START_TEST(a_405_says_what_is_allowed)
{
    ck_assert_int_eq(response_refuse_method(&response, "GET, HEAD"), 0);
    ck_assert_ptr_nonnull(
        strstr(sink.bytes, "HTTP/1.1 405 Method Not Allowed"));
    ck_assert_ptr_nonnull(strstr(sink.bytes, "\r\nAllow: GET, HEAD\r\n"));
}
END_TEST

START_TEST(each_status_the_server_uses_has_a_reason)
{
    static const int used[] = {200, 206, 301, 304, 400, 403, 404, 405, 408, 413,
                               414, 416, 431, 500, 501, 502, 503, 504, 505};
    for (size_t i = 0; i < COUNT(used); i++)
        ck_assert_str_ne(response_reason(used[i]), response_reason(299));
    ck_assert_str_eq(response_reason(200), "OK");
    ck_assert_str_eq(response_reason(431), "Request Header Fields Too Large");
    ck_assert_ptr_nonnull(response_reason(599));
}
END_TEST

START_TEST(what_has_not_left_can_be_taken_back)
{
    response_start(&response, 200);
    response_header(&response, "Content-Length", "100");
    response_write(&response, "half", 4);
    ck_assert(response_restart(&response));
    response_send(&response, 500, "text/plain", "sorry", 5);
    expect("HTTP/1.1 500 Internal Server Error\r\n"
           "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nsorry");
}
END_TEST

START_TEST(what_has_left_cannot_be_taken_back)
{
    response_start(&response, 200);
    response_flush(&response);
    ck_assert(!response_restart(&response));
    ck_assert_int_eq(response.status, 200);
}
END_TEST

/* --- Probes --- */

static void probe(void)
{
    ck_assert_int_eq(response_probe(&response), 0);
}

START_TEST(a_probe_before_the_response_is_an_interim_one)
{
    probe();
    ck_assert_str_eq(sink.bytes, "HTTP/1.1 100 Continue\r\n\r\n");
    response_start(&response, 200); // buffered: it has not left
    probe();
    ck_assert(response_restart(&response));
    ck_assert_int_eq(response.status, 0);
}
END_TEST

START_TEST(a_probe_between_chunks_is_a_zero_in_front_of_the_next_size)
{
    response_start(&response, 200);
    write_text("one");
    ck_assert_int_eq(response_flush(&response), 0);
    probe();
    probe();
    ck_assert_int_eq(strcmp(body_sent(), "3\r\none\r\n00"), 0);
    write_text("two");
    ck_assert_int_eq(response_flush(&response), 0);
    probe();
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_str_eq(body_sent(), "3\r\none\r\n003\r\ntwo\r\n00\r\n\r\n");
    char body[16];
    ck_assert_uint_eq(join_chunks(body_sent(), body), 6);
    ck_assert_int_eq(memcmp(body, "onetwo", 6), 0);
}
END_TEST

START_TEST(probes_never_make_a_size_too_long_to_read)
{
    response_start(&response, 200);
    for (int chunk = 0; chunk < 2; chunk++) {
        write_text("x");
        ck_assert_int_eq(response_flush(&response), 0);
        for (int i = 0; i < 20; i++)
            probe();
    }
    ck_assert_int_eq(response_end(&response), 0);
    ck_assert_str_eq(body_sent(), "1\r\nx\r\n000000001\r\nx\r\n"
                                  "000000000\r\n\r\n");
}
END_TEST

/* Where a probe would be taken for a part of the answer. */
START_TEST(nothing_is_probed_where_anything_would_mean_something)
{
    bool for_head = _i == 1, declared = _i == 2;
    response_open(&response, take_piece, &sink, _i == 0 ? 0 : 1, for_head,
                  true);
    if (_i == 0)
        probe();
    response_start(&response, _i == 3 ? 204 : 200);
    if (declared)
        add_header("Content-Length", "2");
    ck_assert_int_eq(response_flush(&response), 0);
    size_t len = sink.len;
    probe();
    if (_i == 4) {
        ck_assert_int_eq(response_end(&response), 0);
        len = sink.len;
        probe();
    }
    ck_assert_uint_eq(sink.len, len);
}
END_TEST

START_TEST(a_probe_that_fails_breaks_the_response)
{
    fails_at = 1;
    ck_assert_int_eq(response_probe(&response), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert(response.broken);
    ck_assert_int_eq(response_probe(&response), -1);
    ck_assert_int_eq(sink.calls, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("response");
    TCase *framing = new_case(suite, "framing");
    tcase_add_checked_fixture(framing, open_get, NULL);
    tcase_add_test(framing, a_small_answer_is_one_write);
    tcase_add_test(framing, a_small_answer_in_parts_is_one_write);
    tcase_add_test(framing, the_sink_is_told_what_is_the_last);
    tcase_add_test(framing, a_flush_of_all_that_was_declared_is_the_end);
    tcase_add_test(framing, a_body_of_unknown_length_is_chunked);
    tcase_add_test(framing, no_body_is_a_body_of_length_0);
    tcase_add_test(framing, a_connection_that_ends_says_so);
    tcase_add_test(framing,
                   a_handler_may_end_the_connection_until_the_head_has_left);
    tcase_add_test(framing, http10_with_a_length_may_stay);
    tcase_add_test(framing, http10_without_a_length_ends_by_closing);
    tcase_add_test(framing, a_response_to_head_has_the_same_head_and_no_body);
    tcase_add_test(framing, a_chunked_response_to_head_has_no_chunks);
    tcase_add_test(framing, a_large_body_for_head_is_not_sent);
    tcase_add_test(framing, statuses_without_a_body);
    tcase_add_test(framing, a_204_in_http10_need_not_end_the_connection);
    tcase_add_test(framing, what_has_not_left_can_be_taken_back);
    tcase_add_test(framing, what_has_left_cannot_be_taken_back);
    TCase *faults = new_case(suite, "faults");
    tcase_add_checked_fixture(faults, open_get, NULL);
    tcase_add_test(faults, invalid_headers_are_refused_and_add_nothing);
    tcase_add_test(faults, a_tab_and_8_bit_bytes_may_stand_in_a_value);
    tcase_add_test(faults, one_length_may_be_declared_twice_but_not_two);
    tcase_add_test(faults, headers_fill_the_buffer_and_no_more);
    tcase_add_test(faults, too_much_body_is_cut_and_breaks_the_response);
    tcase_add_test(faults, too_much_at_once_is_cut_as_well);
    tcase_add_test(faults, any_body_is_too_much_for_length_0);
    tcase_add_test(faults, too_little_body_is_sent_and_breaks_the_response);
    tcase_add_test(faults, an_end_without_a_start_is_broken);
    tcase_add_test(faults, ending_again_does_nothing);
    tcase_add_test(faults, ending_again_remembers_that_it_is_broken);
    TCase *buffer = new_case(suite, "buffer");
    tcase_add_checked_fixture(buffer, open_get, NULL);
    tcase_add_test(buffer, flush_sends_what_there_is);
    tcase_add_test(buffer, flush_before_the_start_sends_nothing);
    tcase_add_test(buffer, bodies_around_the_size_of_the_buffer_arrive);
    tcase_add_test(buffer, many_small_pieces_leave_in_few_writes);
    tcase_add_test(buffer, nothing_leaves_before_the_buffer_is_full);
    tcase_add_test(buffer,
                   a_sink_that_fails_breaks_the_response_with_its_errno);
    tcase_add_test(buffer, a_sink_that_fails_at_the_end_is_reported);
    TCase *probes = new_case(suite, "probes");
    tcase_add_checked_fixture(probes, open_get, NULL);
    tcase_add_test(probes, a_probe_before_the_response_is_an_interim_one);
    tcase_add_test(probes,
                   a_probe_between_chunks_is_a_zero_in_front_of_the_next_size);
    tcase_add_test(probes, probes_never_make_a_size_too_long_to_read);
    tcase_add_loop_test(
        probes, nothing_is_probed_where_anything_would_mean_something, 0, 5);
    tcase_add_test(probes, a_probe_that_fails_breaks_the_response);
    TCase *files = new_case(suite, "files");
    tcase_add_checked_fixture(files, open_get, NULL);
    tcase_add_test(files, a_part_of_a_file_is_sent);
    tcase_add_test(files, files_and_bytes_keep_their_order_in_chunks);
    tcase_add_test(files, more_of_a_file_than_was_declared_is_cut);
    tcase_add_test(files, a_file_for_head_is_counted_and_not_sent);
    tcase_add_test(files, a_file_that_fails_breaks_the_response);
    tcase_add_test(files, a_broken_response_that_ends_by_closing_looks_whole);
    TCase *ready = new_case(suite, "ready");
    tcase_add_checked_fixture(ready, open_get, NULL);
    tcase_add_test(ready, errors_are_small_pages_that_name_the_status);
    tcase_add_test(ready, errors_may_say_why);
    tcase_add_test(ready, browsers_get_a_page_of_html);
    tcase_add_test(ready, what_is_shown_is_text_and_no_markup);
    tcase_add_test(ready, a_long_why_is_cut);
    tcase_add_test(ready, a_405_says_what_is_allowed);
    tcase_add_test(ready, each_status_the_server_uses_has_a_reason);
    return run_suite(suite);
}
