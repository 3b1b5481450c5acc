/* test_status.c - the family on a page: who may see it, in which forms, and
 * whatever a worker has written on the scoreboard. */
#include "part3/slot.h"
#include "part3/status.h"
#include "tests/testing.h"

#include <regex.h>

enum { SEATS = 3 };

static struct scoreboard *board;
static struct exchange exchange;
static char answer[1 << 18]; // head and body, as sent
static size_t answer_len;

static int keep(void *to, const struct piece *piece)
{
    (void)to;
    ck_assert_uint_lt(answer_len + (size_t)piece->len, sizeof answer);
    memcpy(answer + answer_len, piece->bytes, (size_t)piece->len);
    answer_len += (size_t)piece->len;
    answer[answer_len] = '\0';
    return 0;
}

static void make_board(void)
{
    board = scoreboard_make(SEATS);
    board->supervisor = (int)getpid();
    board->wanted = 2;
    board->seats[0].state = SLOT_UP;
    board->seats[1].state = SLOT_BACKOFF;
}

/* What is there when `peer` asks. Returns whether it was answered. */
static bool ask_by(const char *method, const char *path, const char *peer,
                   const struct status_options *options)
{
    answer_len = 0;
    answer[0] = '\0';
    exchange.request.method = method;
    exchange.request.path = path;
    snprintf(exchange.peer, sizeof exchange.peer, "%s", peer);
    response_open(&exchange.response, keep, NULL, 1,
                  strcmp(method, "HEAD") == 0, true);
    bool answered = status_answer(&exchange, board, options);
    response_end(&exchange.response);
    return answered;
}

static const struct status_options usual = {.path = "/status"};

static const char *body_of(const char *path)
{
    ck_assert(ask_by("GET", path, "127.0.0.1", &usual));
    ck_assert_int_eq(exchange.response.status, 200);
    return strstr(answer, "\r\n\r\n") + 4;
}

/* --- For whom --- */

START_TEST(only_clients_of_this_machine_see_it)
{
    static const struct {
        const char *peer;
        bool may_see;
    } rows[] = {
        {"127.0.0.1", true},
        {"127.8.9.10", true},
        {"::1", true},
        {"unix", true},
        {"::ffff:127.0.0.1", true},
        {"192.0.2.1", false},
        {"1.127.0.0", false},
        {"2001:db8::1", false},
        {"::ffff:192.0.2.1", false},
        {"::ffff:1.127.0.1", false},
        {"::1:1", false},
        {"unknown", false},
        {"", false},
    };
    static const struct status_options for_all = {.path = "/status",
                                                  .for_all = true};
    for (size_t i = 0; i < COUNT(rows); i++) {
        ck_assert_int_eq(ask_by("GET", "/status", rows[i].peer, &usual),
                         rows[i].may_see);
        ck_assert_int_eq(exchange.response.status, rows[i].may_see ? 200 : 0);
        ck_assert(ask_by("GET", "/status.json", rows[i].peer, &for_all));
    }
}
END_TEST

START_TEST(nothing_else_is_answered)
{
    static const char *const others[] = {
        "/",           "",
        "/status/",    "/statuses",
        "/status.txt", "/status.json.json",
        "/a/status",   "/Status",
    };
    static const struct status_options none = {.path = ""};
    for (size_t i = 0; i < COUNT(others); i++)
        ck_assert(!ask_by("GET", others[i], "127.0.0.1", &usual));
    ck_assert(!ask_by("POST", "/status", "127.0.0.1", &usual));
    ck_assert(!ask_by("GET", "/status", "127.0.0.1", &none));
    ck_assert(!ask_by("GET", ".json", "127.0.0.1", &none));
    ck_assert(!ask_by("GET", "", "127.0.0.1", &none));
}
END_TEST

START_TEST(head_says_the_same_without_a_body)
{
    ck_assert(ask_by("HEAD", "/status.json", "127.0.0.1", &usual));
    ck_assert_ptr_nonnull(strstr(answer, "Content-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(answer, "Cache-Control: no-store\r\n"));
    ck_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
}
END_TEST

/* --- In which forms --- */

/* Does Python, reading it from its standard input, find no fault in it? */
static bool is_sound(const char *text, const char *reader)
{
    char command[1024];
    snprintf(command, sizeof command, "python3 -c '%s' >/dev/null", reader);
    FILE *python = popen(command, "w");
    ck_assert_ptr_nonnull(python);
    fputs(text, python);
    return pclose(python) == 0;
}

static void expect_sound_json(void)
{
    const char *json = body_of("/status.json");
    ck_assert_msg(is_sound(json, "import json,sys; json.load(sys.stdin)"), "%s",
                  json);
}

/* Every end tag ends what was begun last; some elements need none. */
static void expect_sound_page(void)
{
    const char *page = body_of("/status");
    ck_assert_msg(is_sound(page, "import sys\n"
                                 "from html.parser import HTMLParser\n"
                                 "class Reader(HTMLParser):\n"
                                 "    open = []\n"
                                 "    def handle_starttag(self, tag, _):\n"
                                 "        if tag in (\"main\", \"div\", \"b\", "
                                 "\"style\", \"title\", \"h1\"):\n"
                                 "            self.open.append(tag)\n"
                                 "    def handle_endtag(self, tag):\n"
                                 "        assert self.open.pop() == tag\n"
                                 "reader = Reader()\n"
                                 "reader.feed(sys.stdin.read())\n"
                                 "assert not reader.open\n"),
                  "%s", page);
}

static void expect_sound_metrics(void)
{
    regex_t line;
    ck_assert_int_eq(
        regcomp(&line,
                "^(# (HELP|TYPE) [a-z_]+ .+|"
                "[a-z_]+(\\{[a-z]+=\"[a-z0-9]+\"\\})? [-+0-9.e]+)$",
                REG_EXTENDED | REG_NOSUB),
        0);
    static char text[sizeof answer];
    snprintf(text, sizeof text, "%s", body_of("/status.prom"));
    char *rest;
    for (char *one = strtok_r(text, "\n", &rest); one;
         one = strtok_r(NULL, "\n", &rest))
        ck_assert_msg(regexec(&line, one, 0, NULL, 0) == 0, "%s", one);
    regfree(&line);
}

START_TEST(all_three_tell_of_the_workers)
{
    board->seats[0].pid = 4711;
    board->seats[0].requests = 42;
    board->requests = 100; // of those before
    ck_assert_ptr_nonnull(
        strstr(body_of("/status"), "<b>0</b> up<br>pid 4711"));
    ck_assert_ptr_nonnull(
        strstr(body_of("/status.json"), "\"workers\":{\"wanted\":2,\"up\":1"));
    ck_assert_ptr_nonnull(strstr(answer, "\"requests\":142,"));
    ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"backoff\""));
    ck_assert_ptr_null(strstr(answer, "\"slot\":2")); // nobody is there
    ck_assert_ptr_nonnull(
        strstr(body_of("/status.prom"), "\nforkyard_requests_total 142\n"));
    expect_sound_page();
    expect_sound_json();
    expect_sound_metrics();
}
END_TEST

START_TEST(a_crash_loop_can_be_seen_in_each_form)
{
    board->seats[1].deaths = 17;
    ck_assert_ptr_nonnull(
        strstr(body_of("/status"), "1 of 2 workers up (degraded)"));
    ck_assert_ptr_nonnull(
        strstr(body_of("/status.json"), "\"degraded\":true,"));
    const char *text = body_of("/status.prom");
    ck_assert_ptr_nonnull(strstr(text, "\nforkyard_degraded 1\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\nforkyard_workers{state=\"backoff\"} 1\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\nforkyard_workers{state=\"lost\"} 0\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "\nforkyard_slot_deaths_total{slot=\"1\"} 17\n"));

    board->seats[1].state = SLOT_UP;
    ck_assert_ptr_null(strstr(body_of("/status"), "degraded"));
    ck_assert_ptr_nonnull(
        strstr(body_of("/status.json"), "\"degraded\":false,"));
}
END_TEST

START_TEST(a_dead_child_is_shown_until_it_is_buried)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t about;
    ck_assert_int_eq(waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT), 0);
    ck_assert_ptr_nonnull(strstr(body_of("/status.json"), "\"zombies\":1,"));
    ck_assert_int_eq(status_of(child), 0);
    ck_assert_ptr_nonnull(strstr(body_of("/status.json"), "\"zombies\":0,"));
}
END_TEST

/* --- Garbage --- */

static const int scribbles[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};

START_TEST(garbage_on_the_board_spoils_neither_form)
{
    for (int i = 0; i < SEATS; i++)
        memset((char *)&board->seats[i] + offsetof(struct seat, state),
               scribbles[_i],
               sizeof board->seats[i] - offsetof(struct seat, state));
    board->seats[0].born = board->seats[1].busy_since = INT64_MIN;
    board->seats[2].beat = INT64_MAX;
    expect_sound_page();
    expect_sound_json();
    if (scribbles[_i] != 0)
        ck_assert_ptr_nonnull(strstr(answer, "\"state\":\"?\""));
    ck_assert_ptr_null(strstr(answer, "age_seconds\":-"));
    ck_assert_ptr_null(strstr(answer, "beat_ms\":-"));
    expect_sound_metrics();
}
END_TEST

START_TEST(a_full_board_is_shown_whole)
{
    board = scoreboard_make(SEATS_MAX);
    for (int i = 0; i < SEATS_MAX; i++)
        board->seats[i].state = SLOT_DRAINING;
    ck_assert_ptr_nonnull(
        strstr(body_of("/status.json"), "\"slot\":511,\"state\":\"draining\""));
    expect_sound_json();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = new_case(suite, "status");
    tcase_add_checked_fixture(tests, make_board, NULL);
    tcase_add_test(tests, only_clients_of_this_machine_see_it);
    tcase_add_test(tests, nothing_else_is_answered);
    tcase_add_test(tests, head_says_the_same_without_a_body);
    tcase_add_test(tests, all_three_tell_of_the_workers);
    tcase_add_test(tests, a_crash_loop_can_be_seen_in_each_form);
    tcase_add_test(tests, a_dead_child_is_shown_until_it_is_buried);
    tcase_add_loop_test(tests, garbage_on_the_board_spoils_neither_form, 0,
                        COUNT(scribbles));
    tcase_add_test(tests, a_full_board_is_shown_whole);
    return run_suite(suite);
}
