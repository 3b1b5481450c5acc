/* test_rules.c - the rules of RFC 9110 and 9112, one row each. */
#include "common/rules.h"
#include "tests/testing.h"

struct row {
    const char *rule;
    const char *text;
    size_t len;
    int status;
};

typedef int rule_fn(const char *text, size_t len);

/* Each text is given in memory that ends where it ends. */
static int status_by(rule_fn *rule, const struct row *row)
{
    char *copy = malloc(row->len ? row->len : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, row->text, row->len);
    int status = rule(copy, row->len);
    free(copy);
    return status;
}

static void check_rows(rule_fn *rule, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = status_by(rule, &rows[i]);
        ck_assert_msg(status == rows[i].status, "%s: %d instead of %d",
                      rows[i].rule, status, rows[i].status);
    }
}

/* --- Tokens and values --- */

START_TEST(tokens_are_made_of_tchars_only)
{
    static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int c = 0; c < 256; c++) {
        const char text[] = {'a', (char)c, 'b'};
        bool is_tchar = c != 0 && strchr(allowed, c) != NULL;
        ck_assert_msg(rules_is_token(text, sizeof text) == is_tchar,
                      "byte 0x%02x", (unsigned)c);
    }
}
END_TEST

START_TEST(an_empty_text_is_no_token)
{
    ck_assert(!rules_is_token("x", 0));
}
END_TEST

START_TEST(field_values_have_no_controls_but_tab)
{
    for (int c = 0; c < 256; c++) {
        const char text[] = {'a', (char)c, 'b'};
        bool allowed = c == '\t' || (c >= ' ' && c != 0x7f);
        ck_assert_msg(rules_is_field_value(text, sizeof text) == allowed,
                      "byte 0x%02x", (unsigned)c);
    }
    ck_assert(rules_is_field_value("", 0));
}
END_TEST

/* Values are looked at eight characters at a time. */
START_TEST(field_values_have_no_controls_anywhere)
{
    for (size_t at = 0; at < 20; at++)
        for (int c = 0; c < 256; c++) {
            char text[] = "\x80\xffVCHAR and obs-text";
            text[at] = (char)c;
            bool allowed = c == '\t' || (c >= ' ' && c != 0x7f);
            for (size_t len = at + 1; len < sizeof text; len++)
                ck_assert_msg(rules_is_field_value(text, len) == allowed,
                              "byte 0x%02x at %zu of %zu", (unsigned)c, at,
                              len);
        }
}
END_TEST

START_TEST(lists_are_searched_by_item)
{
    static const struct {
        const char *list;
        bool has_close;
    } rows[] = {
        {"close", true},      {"CLOSE", true},    {"keep-alive, Close", true},
        {"a,\tclose", true},  {"close\t", true},  {"close ,b", true},
        {", ,close", true},   {" close", true},   {"", false},
        {",", false},         {"closed", false},  {"clos", false},
        {"not close", false}, {"close b", false}, {"a;close", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(rules_list_has(rows[i].list, "close") ==
                          rows[i].has_close,
                      "\"%s\"", rows[i].list);
}
END_TEST

START_TEST(a_list_can_be_of_one_item_alone)
{
    static const struct {
        const char *list;
        bool is_close;
    } rows[] = {
        {"close", true},    {" , CLOSE\t,close ", true}, {"", true},
        {",", true},        {"close, x", false},         {"x,close", false},
        {"close x", false}, {"closed", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(rules_list_is(rows[i].list, "close") == rows[i].is_close,
                      "\"%s\"", rows[i].list);
}
END_TEST

/* --- Request line --- */

START_TEST(request_lines)
{
    static const struct row rows[] = {
        {"9112 3: plain", TEXT("GET / HTTP/1.1"), 0},
        {"9112 3: HTTP/1.0", TEXT("GET / HTTP/1.0"), 0},
        {"9110 2.5: a higher minor version", TEXT("GET / HTTP/1.9"), 0},
        {"9110 9.1: any token is a method", TEXT("M-S!x / HTTP/1.1"), 0},
        {"9112 3.2.2: absolute-form", TEXT("GET http://a/b HTTP/1.1"), 0},
        {"9112 3.2.3: authority-form", TEXT("CONNECT a:1 HTTP/1.1"), 0},
        {"9112 3.2.4: asterisk-form", TEXT("OPTIONS * HTTP/1.1"), 0},
        {"3986 2.1: an escape", TEXT("GET /%aF HTTP/1.1"), 0},
        {"9112 3: two spaces", TEXT("GET  / HTTP/1.1"), 400},
        {"9112 3: two spaces later", TEXT("GET /  HTTP/1.1"), 400},
        {"9112 3: a tab", TEXT("GET\t/ HTTP/1.1"), 400},
        {"9112 3: a tab in the target", TEXT("GET /\tb HTTP/1.1"), 400},
        {"9112 3: a space before", TEXT(" GET / HTTP/1.1"), 400},
        {"9112 3: a space after", TEXT("GET / HTTP/1.1 "), 400},
        {"9112 3: a space in the target", TEXT("GET /a b HTTP/1.1"), 400},
        {"9112 3: no method", TEXT("/ HTTP/1.1"), 400},
        {"9112 3: no target", TEXT("GET HTTP/1.1"), 400},
        {"9112 3: an empty target", TEXT("GET  HTTP/1.1"), 400},
        {"9112 3: HTTP/0.9 has no version", TEXT("GET /"), 400},
        {"9112 3: nothing", TEXT(""), 400},
        {"9110 9.1: a method that is no token", TEXT("G(T / HTTP/1.1"), 400},
        {"9110 5.6.2: NUL in the method", TEXT("G\0T / HTTP/1.1"), 400},
        {"3986 2: NUL in the target", TEXT("GET /\0 HTTP/1.1"), 400},
        {"3986 2: form feed in the target", TEXT("GET /\f HTTP/1.1"), 400},
        {"3986 2: DEL in the target", TEXT("GET /\x7f HTTP/1.1"), 400},
        {"3986 2: 8-bit bytes", TEXT("GET /\xc3\xa4 HTTP/1.1"), 400},
        {"3986 2: a quote", TEXT("GET /\" HTTP/1.1"), 400},
        {"3986 2: angle brackets", TEXT("GET /<a> HTTP/1.1"), 400},
        {"3986 2: a backslash", TEXT("GET /\\ HTTP/1.1"), 400},
        {"3986 2: a caret", TEXT("GET /^ HTTP/1.1"), 400},
        {"3986 2: a back quote", TEXT("GET /` HTTP/1.1"), 400},
        {"3986 2: braces", TEXT("GET /{a|b} HTTP/1.1"), 400},
        {"9112 3.2: a fragment", TEXT("GET /a#b HTTP/1.1"), 400},
        {"3986 2.1: a bad escape", TEXT("GET /%zz HTTP/1.1"), 400},
        {"3986 2.1: half an escape", TEXT("GET /%a HTTP/1.1"), 400},
        {"3986 2.1: a bare percent", TEXT("GET /% HTTP/1.1"), 400},
        {"3986 2.1: in the query too", TEXT("GET /?%g1 HTTP/1.1"), 400},
        {"9112 2.3: lower case", TEXT("GET / http/1.1"), 400},
        {"9112 2.3: HTTQ", TEXT("GET / HTTQ/1.1"), 400},
        {"9112 2.3: HXXX", TEXT("GET / HXXX/1.1"), 400},
        {"9112 2.3: no minor", TEXT("GET / HTTP/1."), 400},
        {"9112 2.3: no dot", TEXT("GET / HTTP/111"), 400},
        {"9112 2.3: two digits", TEXT("GET / HTTP/1.10"), 400},
        {"9112 2.3: two digits first", TEXT("GET / HTTP/01.1"), 400},
        {"9112 2.3: letters", TEXT("GET / HTTP/1.x"), 400},
        {"9112 2.3: bare CR", TEXT("GET / HTTP/1.1\r"), 400},
        {"9110 15.6.6: HTTP/2.0", TEXT("GET / HTTP/2.0"), 505},
        {"9110 15.6.6: HTTP/0.9", TEXT("GET / HTTP/0.9"), 505},
        {"9110 15.6.6: HTTP/9.9", TEXT("GET / HTTP/9.9"), 505},
    };
    check_rows(rules_request_line, rows, COUNT(rows));
}
END_TEST

/* --- Header lines --- */

START_TEST(header_lines)
{
    static const struct row rows[] = {
        {"9112 5: plain", TEXT("Host: a"), 0},
        {"9112 5.1: no white space", TEXT("Host:a"), 0},
        {"9112 5.1: tabs around", TEXT("A:\tb\t"), 0},
        {"9112 5: an empty value", TEXT("A:"), 0},
        {"9110 5.5: obs-text", TEXT("A: \xe4\xff"), 0},
        {"9110 5.5: colons in the value", TEXT("A: b:c"), 0},
        {"9112 5: no colon", TEXT("Host"), 400},
        {"9112 5: no name", TEXT(": a"), 400},
        {"9112 5.1: a space before the colon", TEXT("Host : a"), 400},
        {"9112 5.1: a tab before the colon", TEXT("Host\t: a"), 400},
        {"9112 2.2: white space at the start", TEXT(" Host: a"), 400},
        {"9112 5.2: a folded line", TEXT("\tfolded"), 400},
        {"9112 5: a space in the name", TEXT("Ho st: a"), 400},
        {"9110 5.6.2: 8-bit name", TEXT("H\xf6st: a"), 400},
        {"9110 5.6.2: NUL in the name", TEXT("A\0: b"), 400},
        {"9110 5.5: NUL", TEXT("A: b\0c"), 400},
        {"9112 2.2: bare CR", TEXT("A: b\rc"), 400},
        {"9112 2.2: bare CR at the end", TEXT("A: b\r"), 400},
        {"9110 5.5: LF", TEXT("A: b\nc"), 400},
        {"9110 5.5: DEL", TEXT("A: b\x7f"), 400},
        {"9110 5.5: escape", TEXT("A: \x1b[1m"), 400},
        {"9112 5: nothing", TEXT(""), 400},
    };
    check_rows(rules_header_line, rows, COUNT(rows));
}
END_TEST

/* --- Host --- */

START_TEST(hosts)
{
    static const struct {
        const char *host;
        int status;
    } rows[] = {
        {"", 0},
        {"a", 0},
        {"www.example.com", 0},
        {"www.example.com:80", 0},
        {"a:", 0}, // RFC 3986 3.2.3: port = *DIGIT
        {"127.0.0.1:8080", 0},
        {"[::1]", 0},
        {"[::1]:80", 0},
        {"[2001:db8::192.0.2.1]", 0},
        {"x_y", 0},
        {"%41", 0},
        {":80", 400},
        {"a:b", 400},
        {"a:80x", 400},
        {"a:-1", 400},
        {"a:80:80", 400},
        {"a b", 400},
        {"a/b", 400},
        {"a?b", 400},
        {"a#b", 400},
        {"a@b", 400},
        {"http://a", 400},
        {"a\\b", 400},
        {"a\tb", 400},
        {"\xc3\xa4", 400},
        {"%4", 400},
        {"%zz", 400},
        {"[::1", 400},
        {"::1", 400},
        {"[]", 400},
        {"[::1]80", 400},
        {"[::1]]", 400},
        {"[x]", 400},
        {"[.]", 400},
        {"[12345::]", 400},
        {"a[::1]", 400},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = rules_host(rows[i].host);
        ck_assert_msg(status == rows[i].status, "Host: %s: %d", rows[i].host,
                      status);
    }
}
END_TEST

/* --- Paths --- */

START_TEST(paths_are_decoded)
{
    static const struct {
        const char *path, *decoded; // NULL: 400
    } rows[] = {
        {"", ""},
        {"/a/b", "/a/b"},
        {"/%41%62%2f%2F%c3%A4", "/Ab//\xc3\xa4"},
        {"/%2e%2e", "/.."},
        {"/a+b", "/a+b"}, // only forms write spaces so
        {"/%25%34%31", "/%41"},
        {"/%0a", "/\n"},
        {"/%00", NULL},
        {"/a%00b", NULL},
        {"/%", NULL},
        {"/%4", NULL},
        {"/%4g", NULL},
        {"/%g4", NULL},
        {"/%+1", NULL},
        {"/%%41", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t len = strlen(rows[i].path);
        char *copy = malloc(len + 1), *room = malloc(len + 1);
        ck_assert(copy && room);
        memcpy(copy, rows[i].path, len);
        copy[len] = 'f'; // must not be read: it would complete an escape
        int status = rules_decode_path(copy, len, room);
        ck_assert_msg(status == (rows[i].decoded ? 0 : 400), "%s: %d",
                      rows[i].path, status);
        if (rows[i].decoded)
            ck_assert_str_eq(room, rows[i].decoded);
        free(copy);
        free(room);
    }
}
END_TEST

/* --- Chunks --- */

/* The status for `text`, cut after every `step` bytes. */
static int status_of_chunks(const char *text, size_t len, size_t step,
                            struct chunk_rules *chunks)
{
    int status = 0;
    *chunks = (struct chunk_rules){.limit = 1 << 20};
    for (size_t at = 0; at < len && !status && !chunks->done;) {
        size_t count = len - at < step ? len - at : step;
        char *copy = malloc(count);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text + at, count);
        status = rules_chunk_bytes(chunks, copy, count);
        free(copy);
        at += chunks->sound + chunks->at_tab;
        ck_assert(status || chunks->at_tab || chunks->done ||
                  chunks->sound == count);
    }
    return status;
}

START_TEST(chunked_bodies)
{
    static const struct {
        struct row row;
        bool done;
    } rows[] = {
        {{"9112 7.1: no chunk", TEXT("0\r\n\r\n"), 0}, true},
        {{"9112 7.1: a chunk", TEXT("3\r\nabc\r\n0\r\n\r\n"), 0}, true},
        {{"9112 7.1: hex digits", TEXT("a\r\n0123456789\r\n0\r\n\r\n"), 0},
         true},
        {{"9112 7.1: capitals", TEXT("A\r\n0123456789\r\n0\r\n\r\n"), 0}, true},
        {{"9112 7.1: zeros before", TEXT("003\r\nabc\r\n00\r\n\r\n"), 0}, true},
        {{"9112 7.1: line ends are data", TEXT("2\r\n\r\n\r\n0\r\n\r\n"), 0},
         true},
        {{"9112 7.1: unfinished", TEXT("3\r\nabc\r\n0\r\n"), 0}, false},
        {{"9112 7.1.1: an extension", TEXT("0;a=b\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: without a value", TEXT("0;a\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: two", TEXT("0;a=b;c=d\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: quoted", TEXT("0;a=\"b ;c\"\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: BWS before ;", TEXT("0 \t;a\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: a tab before ;", TEXT("1\t;a\r\nx\r\n0\t;b\r\n\r\n"), 0},
         true},
        {{"9112 7.1.1: BWS after ;", TEXT("0;\t a\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: BWS before =", TEXT("0;a \t=b\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: BWS after =", TEXT("0;a=\t b\r\n\r\n"), 0}, true},
        {{"9112 7.1.1: BWS before a quote", TEXT("0;a= \"b\"\r\n\r\n"), 0},
         true},
        {{"9112 7.1.1: BWS between two", TEXT("0;a=b ; c=\"d\" ;e ;f\r\n\r\n"),
          0},
         true},
        {{"9110 5.6.4: obs-text in quotes", TEXT("0;a=\"\xe4\\\xff\"\r\n\r\n"),
          0},
         true},
        {{"9110 5.6.4: an empty value in quotes", TEXT("0;a=\"\"\r\n\r\n"), 0},
         true},
        {{"9112 7.1.2: a trailer", TEXT("0\r\nA: b\r\n\r\n"), 0}, true},
        {{"9110 5.5: obs-text in a trailer", TEXT("0\r\nA: \xe4\r\n\r\n"), 0},
         true},
        {{"9112 7.1.2: an empty one", TEXT("0\r\nA:\r\nB: c\r\n\r\n"), 0},
         true},
        {{"9112 7.1: no size", TEXT("\r\n"), 400}, false},
        {{"9112 7.1: only an extension", TEXT(";a\r\n"), 400}, false},
        {{"9112 7.1: not hex", TEXT("g\r\n"), 400}, false},
        {{"9112 7.1: 0x", TEXT("0x3\r\n"), 400}, false},
        {{"9112 7.1: a sign", TEXT("+3\r\n"), 400}, false},
        {{"9112 7.1: a space before", TEXT(" 3\r\n"), 400}, false},
        {{"9112 7.1: a space after", TEXT("3 \r\n"), 400}, false},
        {{"9112 7.1: a tab after", TEXT("3\t\r\n"), 400}, false},
        {{"9112 7.1: a tab before", TEXT("\t3\r\n"), 400}, false},
        {{"9112 7.1: too large", TEXT("FFFFFFFFFFFFFFFFF\r\n"), 400}, false},
        {{"9112 7.1: LF ends the size", TEXT("3\nabc\r\n"), 400}, false},
        {{"9112 7.1: CR without LF", TEXT("3\rXabc\r\n"), 400}, false},
        {{"9112 7.1: XY after the data", TEXT("3\r\nabcXY"), 400}, false},
        {{"9112 7.1: X LF after the data", TEXT("3\r\nabcX\n"), 400}, false},
        {{"9112 7.1: CR X after the data", TEXT("3\r\nabc\rX"), 400}, false},
        {{"9112 7.1: LF after the data", TEXT("3\r\nabc\n0"), 400}, false},
        {{"9112 7.1: data too long", TEXT("3\r\nabcd\r\n"), 400}, false},
        {{"9112 7.1: data too short", TEXT("3\r\nab\r\n0\r\n"), 400}, false},
        {{"9112 7.1.1: NUL", TEXT("3;a\0\r\n"), 400}, false},
        {{"9112 7.1.1: NUL in quotes", TEXT("3;a=\"\0\"\r\n"), 400}, false},
        {{"9112 7.1.1: LF", TEXT("2;\nxx\r\n49\r\n"), 400}, false},
        {{"9112 7.1.1: LF in quotes", TEXT("2;a=\"\n\""), 400}, false},
        {{"9112 7.1.1: CR in quotes", TEXT("2;a=\"\r\nx"), 400}, false},
        {{"9112 7.1.1: junk after a space", TEXT("3 x\r\n"), 400}, false},
        {{"9112 7.1.1: a tab and a digit", TEXT("3\t3\r\n"), 400}, false},
        {{"9112 7.1.1: no name", TEXT("3;\r\n"), 400}, false},
        {{"9112 7.1.1: no name before =", TEXT("3;=b\r\n"), 400}, false},
        {{"9112 7.1.1: no name before ;", TEXT("3;;a\r\n"), 400}, false},
        {{"9112 7.1.1: no value", TEXT("3;a=\r\n"), 400}, false},
        {{"9112 7.1.1: no value before ;", TEXT("3;a=;b\r\n"), 400}, false},
        {{"9112 7.1.1: two =", TEXT("3;a==b\r\n"), 400}, false},
        {{"9112 7.1.1: = behind a value", TEXT("3;a=b=c\r\n"), 400}, false},
        {{"9112 7.1.1: two names", TEXT("3;a b\r\n"), 400}, false},
        {{"9112 7.1.1: two values", TEXT("3;a=b c\r\n"), 400}, false},
        {{"9112 7.1.1: a value behind quotes", TEXT("3;a=\"b\"c\r\n"), 400},
         false},
        {{"9112 7.1.1: quotes in a value", TEXT("3;a=b\"c\"\r\n"), 400}, false},
        {{"9112 7.1.1: a quoted name", TEXT("3;\"a\"\r\n"), 400}, false},
        {{"9112 7.1.1: a space at the end", TEXT("3;a \r\n"), 400}, false},
        {{"9112 7.1.1: a space behind a value", TEXT("3;a=b \r\n"), 400},
         false},
        {{"9112 7.1.1: a space behind quotes", TEXT("3;a=\"b\" \r\n"), 400},
         false},
        {{"9112 7.1.1: 8-bit name", TEXT("3;\xe4\r\n"), 400}, false},
        {{"9112 7.1.1: a folded line", TEXT("0;a\r\n ;b\r\n"), 400}, false},
        {{"9110 5.6.4: LF behind a backslash", TEXT("3;a=\"\\\n\"\r\n"), 400},
         false},
        {{"9112 7.1.1: CR X", TEXT("3;a\rX"), 400}, false},
        {{"9112 7.1.2: no colon", TEXT("0\r\nAb\r\n\r\n"), 400}, false},
        {{"9112 7.1.2: no name", TEXT("0\r\n: b\r\n\r\n"), 400}, false},
        {{"9112 7.1.2: space before colon", TEXT("0\r\nA : b\r\n"), 400},
         false},
        {{"9112 7.1.2: folded", TEXT("0\r\nA: b\r\n c\r\n"), 400}, false},
        {{"9112 7.1.2: NUL", TEXT("0\r\nA: \0\r\n\r\n"), 400}, false},
        {{"9112 7.1.2: LF ends a line", TEXT("0\r\nA: b\n\r\n"), 400}, false},
        {{"9112 7.1.2: CR X ends a line", TEXT("0\r\nA: b\rX\r\n"), 400},
         false},
        {{"9112 7.1.2: LF ends the body", TEXT("0\r\n\n"), 400}, false},
        {{"9112 7.1.2: CR X ends the body", TEXT("0\r\n\rX"), 400}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i].row;
        for (size_t step = 1; step <= row->len; step++) {
            struct chunk_rules chunks;
            int status = status_of_chunks(row->text, row->len, step, &chunks);
            ck_assert_msg(status == row->status, "%s: %d, cut by %zu",
                          row->rule, status, step);
            ck_assert_msg(status || chunks.done == rows[i].done,
                          "%s: done is %d, cut by %zu", row->rule, chunks.done,
                          step);
        }
    }
}
END_TEST

/* RFC 9110 5.6.4: a backslash in quotes takes the next one along. */
START_TEST(quoted_pairs_do_not_end_the_quotes)
{
    static const char sound[] = "0;a=\"b\\\"c\\\\\";d\r\n\r\n";
    static const char open[] = "0;a=\"b\\\"\r\n\r\n";
    struct chunk_rules chunks;
    ck_assert_int_eq(status_of_chunks(TEXT(sound), 1, &chunks), 0);
    ck_assert(chunks.done);
    ck_assert_int_eq(status_of_chunks(TEXT(open), 1, &chunks), 400);
}
END_TEST

START_TEST(what_follows_a_chunked_body_is_not_looked_at)
{
    struct chunk_rules chunks;
    static const char text[] = "1\r\na\r\n0\r\n\r\nGET \0 \n\n";
    ck_assert_int_eq(
        status_of_chunks(text, sizeof text - 1, sizeof text - 1, &chunks), 0);
    ck_assert(chunks.done);
}
END_TEST

START_TEST(the_sum_of_chunks_is_limited)
{
    for (uint64_t limit = 0; limit < 6; limit++) {
        struct chunk_rules chunks = {.limit = limit};
        int status =
            rules_chunk_bytes(&chunks, TEXT("2\r\nab\r\n3\r\ncde\r\n"));
        ck_assert_int_eq(status, limit < 5 ? 413 : 0);
    }
}
END_TEST

/* CVE-2021-22960 and its like: nothing else limits them. */
START_TEST(extensions_and_trailers_are_limited)
{
    enum { SIZE = 40000 };
    static char text[SIZE];
    struct chunk_rules chunks;
    memset(text, 'a', sizeof text);
    memcpy(text, "3;", 2);
    ck_assert_int_eq(status_of_chunks(text, SIZE, SIZE, &chunks), 400);
    memcpy(text, "0\r\nA:", 5);
    ck_assert_int_eq(status_of_chunks(text, SIZE, SIZE, &chunks), 431);
}
END_TEST

START_TEST(many_small_extensions_are_limited_in_sum)
{
    struct chunk_rules chunks = {.limit = 1 << 20};
    int status = 0;
    for (int i = 0; i < 40000 && !status; i++)
        status = rules_chunk_bytes(&chunks, TEXT("1;a\r\nx\r\n"));
    ck_assert_int_eq(status, 400);
}
END_TEST

START_TEST(a_weight_has_up_to_three_decimals)
{
    static const struct {
        const char *text;
        int weight;
    } rows[] = {
        {"0", 0},        {"1", 1000}, {"0.5", 500},  {"0.123", 123},
        {"1.000", 1000}, {"0.", 0},   {"1.001", -1}, {"0.1234", -1},
        {"2", -1},       {".5", -1},  {"", -1},      {"0,5", -1},
        {"0.x", -1},     {"00", -1},  {" 1", -1},    {"-1", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_msg(rules_weight(rows[i].text, strlen(rows[i].text)) ==
                          rows[i].weight,
                      "RFC 9110 12.4.2: '%s'", rows[i].text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rules");
    TCase *tests = new_case(suite, "rules");
    tcase_add_test(tests, a_weight_has_up_to_three_decimals);
    tcase_add_test(tests, tokens_are_made_of_tchars_only);
    tcase_add_test(tests, an_empty_text_is_no_token);
    tcase_add_test(tests, field_values_have_no_controls_but_tab);
    tcase_add_test(tests, field_values_have_no_controls_anywhere);
    tcase_add_test(tests, lists_are_searched_by_item);
    tcase_add_test(tests, a_list_can_be_of_one_item_alone);
    tcase_add_test(tests, request_lines);
    tcase_add_test(tests, header_lines);
    tcase_add_test(tests, hosts);
    tcase_add_test(tests, paths_are_decoded);
    tcase_add_test(tests, chunked_bodies);
    tcase_add_test(tests, quoted_pairs_do_not_end_the_quotes);
    tcase_add_test(tests, what_follows_a_chunked_body_is_not_looked_at);
    tcase_add_test(tests, the_sum_of_chunks_is_limited);
    tcase_add_test(tests, extensions_and_trailers_are_limited);
    tcase_add_test(tests, many_small_extensions_are_limited_in_sum);
    return run_suite(suite);
}
