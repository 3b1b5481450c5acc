/* test_cgi.c - the parts of CGI one by one: finding the program, its header,
 * starting it; and a whole conversation. */
#include "part2/cgi_header.h"
#include "part2/cgi_process.h"
#include "part2/cgi_program.h"
#include "tests/stage.h"

/* --- Which program? --- */

enum { PREFIX = sizeof "/p" - 1 };
static struct cgi_directory own;

static void make_program(const char *name, mode_t mode)
{
    write_file(name, "", 0);
    ck_assert_int_eq(chmod(own_path(name), mode), 0);
}

static void make_programs(void)
{
    make_own_directory();
    own.path = own_directory;
    own.file = open(own.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(own.file, 0);
    make_program("env", 0755);
    make_program("plain", 0644);
    make_program(".hidden", 0755);
    ck_assert_int_eq(mkdir(own_path("dir"), 0755), 0);
    make_program("dir/env", 0755);
    ck_assert_int_eq(symlink("dir/env", own_path("inside")), 0);
    ck_assert_int_eq(symlink("/bin/sh", own_path("outside")), 0);
    ck_assert_int_eq(symlink("loop", own_path("loop")), 0);
    ck_assert_int_eq(mkfifo(own_path("fifo"), 0755), 0);
}

static void remove_programs(void)
{
    close(own.file);
    remove_own_directory();
}

static const struct {
    const char *path;
    int status;
    const char *path_info, *file, *name;
} named[] = {
    {"/p/env", 0, "", "/env", "env"},
    {"/p/env/", 0, "/", "/env", "env"},
    {"/p/env/a b/c", 0, "/a b/c", "/env", "env"},
    {"/p/env//x", 0, "//x", "/env", "env"},
    {"/p/env/...", 0, "/...", "/env", "env"},
    {"/p/env/.x", 0, "/.x", "/env", "env"},
    {"/p/dir/env/x", 0, "/x", "/dir/env", "env"},
    {"/p/inside", 0, "", "/inside", "inside"},
    {"/p/plain", 403, 0, 0, 0},
    {"/p", 404, 0, 0, 0},
    {"/p/", 404, 0, 0, 0},
    {"/p/dir", 404, 0, 0, 0},
    {"/p/dir/", 404, 0, 0, 0},
    {"/p//env", 404, 0, 0, 0},
    {"/p/none", 404, 0, 0, 0},
    {"/p/fifo", 404, 0, 0, 0},
    {"/p/loop", 404, 0, 0, 0},
    {"/p/outside", 404, 0, 0, 0},
    {"/p/.hidden", 404, 0, 0, 0},
    {"/p/./env", 404, 0, 0, 0},
    {"/p/../env", 404, 0, 0, 0},
    {"/p/dir/../env", 404, 0, 0, 0},
    {"/p/env/../../etc", 404, 0, 0, 0},
    {"/p/env/x/..", 404, 0, 0, 0},
    {"/p/env/./x", 404, 0, 0, 0},
};

START_TEST(a_path_is_split_where_the_program_is)
{
    struct cgi_program found;
    int status = cgi_program_find(&found, &own, named[_i].path, PREFIX);
    ck_assert_msg(status == named[_i].status, "%s: %d", named[_i].path, status);
    if (status)
        return;
    ck_assert_str_eq(named[_i].path + found.script_len, named[_i].path_info);
    ck_assert_str_eq(found.name, named[_i].name);
    ck_assert_str_eq(found.file, own_path(named[_i].file + 1));
    char file[TEXT_BYTES];
    snprintf(file, sizeof file, "%s/%s", found.directory, found.name);
    ck_assert_str_eq(file, found.file);
    cgi_program_free(&found);
}
END_TEST

START_TEST(a_name_longer_than_any_path_does_not_exist)
{
    char path[TEXT_BYTES];
    snprintf(path, sizeof path, "/p/%0*d", (int)sizeof path - 8, 0);
    struct cgi_program found;
    ck_assert_int_eq(cgi_program_find(&found, &own, path, PREFIX), 404);
}
END_TEST

/* --- Its header --- */

static struct cgi_header header;

/* Feed `text` in pieces of `step` bytes; returns what is left as the body. */
static const char *feed(const char *text, size_t len, size_t step)
{
    memset(&header, 0, sizeof header);
    size_t done = 0;
    while (done < len && !header.complete && !header.fault) {
        size_t piece = len - done < step ? len - done : step;
        done += cgi_header_feed(&header, text + done, piece);
    }
    return text + done;
}

static const char *line_value(const char *name)
{
    for (size_t i = 0; i < header.count; i++)
        if (strcmp(header.lines[i].name, name) == 0)
            return header.lines[i].value;
    return NULL;
}

static const struct {
    const char *text;
    int status;
    const char *name, *value, *body;
} sound[] = {
    {"Content-Type: text/plain\n\nhello", 200, "Content-Type", "text/plain",
     "hello"},
    {"Content-Type: text/plain\r\n\r\nhello", 200, "Content-Type", "text/plain",
     "hello"},
    {"Content-Type:text/plain \t\n\r\n\n", 200, "Content-Type", "text/plain",
     "\n"},
    {"Status: 404 Not Found\nX-Y: z\n\n", 404, "X-Y", "z", ""},
    {"status: 204\n\n", 204, "status", NULL, ""},
    {"Location: http://example.org/?a\n\n", 302, "Location",
     "http://example.org/?a", ""},
    {"Location: mailto:a@b\n\n", 302, "Location", "mailto:a@b", ""},
    {"Status: 301\nLocation: /there\n\n", 301, "Location", "/there", ""},
    {"Status: 201\nLocation: there\n\nx", 201, "Location", "there", "x"},
    {"Content-Type: a/b\nContent-Length: 12\n\n", 200, "Content-Length", "12",
     ""},
    {"Content-Type: a/b\nX:\n\n", 200, "X", "", ""},
    {"Content-Type: a/b\nX: \xc3\xa4\n\n", 200, "X", "\xc3\xa4", ""},
    {"Content-Type: a/b\nSet-Cookie: a\nSet-Cookie: b\n\n", 200, "Set-Cookie",
     "a", ""},
};

START_TEST(a_sound_header_gives_status_lines_and_the_rest_as_body)
{
    const char *text = sound[_i].text;
    for (size_t step = 1; step <= strlen(text); step++) {
        const char *body = feed(text, strlen(text), step);
        ck_assert_ptr_null(header.fault);
        ck_assert(header.complete);
        ck_assert_int_eq(header.status, sound[_i].status);
        ck_assert_pstr_eq(line_value(sound[_i].name), sound[_i].value);
        ck_assert_str_eq(body, sound[_i].body);
        ck_assert_ptr_null(line_value("Status"));
    }
}
END_TEST

/* A text and its length, so that it can hold a NUL. */
#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *text;
    size_t len;
} refused[] = {
    {BYTES("hello\n\n")},
    {BYTES("\n\nhello")},
    {BYTES("HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n\r\n")},
    {BYTES("X-Only: this\n\n")},
    {BYTES("Content-Type : a/b\n\n")},
    {BYTES("Content-Type: a/b\nX: a\rY: b\n\n")},
    {BYTES("Content-Type: a/b\nX: a\r\r\n\n")},
    {BYTES("Content-Type: a/b\nX: a\0b\n\n")},
    {BYTES("Content-Type: a/b\nX\0: a\n\n")},
    {BYTES("Content-Type: a/b\nX: a\x7f\n\n")},
    {BYTES("Content-Type: a/b\nX: a\n folded\n\n")},
    {BYTES("Content-Type: a/b\n: nameless\n\n")},
    {BYTES("Content-Type: a/b\nContent-Type: c/d\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 1\nContent-Length: 1\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: -1\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 1x\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length:\n\n")},
    {BYTES("Content-Type: a/b\nContent-Length: 9223372036854775808\n\n")},
    {BYTES("Status: 20\n\n")},
    {BYTES("Status: 2000\n\n")},
    {BYTES("Status: 20x\n\n")},
    {BYTES("Status: 101\n\n")},
    {BYTES("Status: 600\n\n")},
    {BYTES("Status: OK\n\n")},
    {BYTES("Status:\n\n")},
    {BYTES("Status: 200\nStatus: 200\n\n")},
    {BYTES("Location: /local\nContent-Type: a/b\n\n")},
    {BYTES("X: y\nLocation: /local\n\n")},
    {BYTES("Location: there\n\n")},
    {BYTES("Location: http:\n\n")},
    {BYTES("Location: 1a://b/\n\n")},
    {BYTES("Location:\n\n")},
};

START_TEST(a_path_as_location_is_a_local_redirect_unless_there_is_a_status)
{
    static const struct {
        const char *text, *local;
    } cases[] = {
        {"Location: /a/b?c=%20\n\n", "/a/b?c=%20"},
        {"location: /\r\n\r\nbody", "/"},
        {"Status: 302\nLocation: /a\n\n", NULL},
        {"Location: http://a/\n\n", NULL},
        {"Content-Type: a/b\n\n", NULL},
    };
    const char *text = cases[_i].text;
    for (size_t step = 1; step <= strlen(text); step++) {
        feed(text, strlen(text), step);
        ck_assert(header.complete);
        ck_assert_pstr_eq(header.local, cases[_i].local);
    }
}
END_TEST

START_TEST(a_bad_header_is_refused_however_it_is_cut)
{
    for (size_t step = 1; step <= refused[_i].len; step++) {
        feed(refused[_i].text, refused[_i].len, step);
        ck_assert_msg(header.fault, "%s", refused[_i].text);
        ck_assert(!header.complete);
    }
}
END_TEST

START_TEST(a_header_without_its_empty_line_is_neither_complete_nor_refused)
{
    static const char text[] = "Content-Type: a/b\nX: y\n";
    feed(text, sizeof text - 1, 7);
    ck_assert(!header.complete);
    ck_assert_ptr_null(header.fault);
}
END_TEST

START_TEST(a_header_that_does_not_end_is_refused)
{
    static char text[CGI_HEADER_BYTES + 100];
    memset(text, 'x', sizeof text);
    feed(text, sizeof text, 1000);
    ck_assert_ptr_nonnull(header.fault);
}
END_TEST

START_TEST(a_header_with_too_many_lines_is_refused)
{
    static const char line[] = "X: y\n";
    memset(&header, 0, sizeof header);
    for (int i = 0; i <= CGI_HEADER_LINES; i++)
        cgi_header_feed(&header, line, sizeof line - 1);
    ck_assert_ptr_nonnull(header.fault);
}
END_TEST

/* --- Its process --- */

enum { LARGE_BYTES = 512 << 20, STARTS = 15 };

/* Processor time that this process has used: what others do meanwhile does
 * not count. */
static int64_t used_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

static int compare(const void *one, const void *other)
{
    int64_t difference = *(const int64_t *)one - *(const int64_t *)other;
    return (difference > 0) - (difference < 0);
}

/* Start /bin/true, and bury it: its wait status. */
static int run_true(const struct cgi_limits *limits, int64_t *cost)
{
    char file[] = "/bin/true", directory[] = "/", *env[] = {NULL};
    const struct cgi_program program = {.file = file, .directory = directory};
    struct cgi_process process;
    int64_t before = used_ns();
    ck_assert_int_eq(cgi_process_start(&process, &program, env, limits), 0);
    *cost = used_ns() - before;
    return cgi_process_bury(&process);
}

/* What starting a program costs: the median of several. */
static int64_t cost_of_a_start(void)
{
    const struct cgi_limits limits = {0};
    int64_t costs[STARTS];
    for (int i = 0; i < STARTS; i++)
        ck_assert_int_eq(run_true(&limits, &costs[i]), 0);
    qsort(costs, STARTS, sizeof *costs, compare);
    return costs[STARTS / 2];
}

START_TEST(starting_a_program_costs_no_more_when_the_server_is_large)
{
#ifdef __SANITIZE_THREAD__
    printf("skipped: the thread sanitizer makes a fork() of each vfork()\n");
    return;
#endif
    int64_t small = cost_of_a_start();
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // as if written bit by bit
    char *large = malloc(LARGE_BYTES);
    ck_assert_ptr_nonnull(large);
    explicit_bzero(large, LARGE_BYTES); // as memset(), but never left out
    int64_t cost = cost_of_a_start();
    free(large);
    ck_assert_msg(cost < 2 * small, "%lld ns, small: %lld ns", (long long)cost,
                  (long long)small);
}
END_TEST

static volatile sig_atomic_t heard, heard_elsewhere; // by hear() only
static pid_t server;

static void hear(int number)
{
    (void)number;
    heard = 1;
    if (getpid() != server)
        heard_elsewhere = 1;
}

static bool is_limited(enum __rlimit_resource resource, rlim_t to)
{
    struct rlimit now;
    ck_assert_int_eq(getrlimit(resource, &now), 0);
    return now.rlim_cur == to;
}

/* The child works in the server's memory until it is another program. */
START_TEST(a_program_that_starts_changes_nothing_in_the_server)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, hear);
    sigset_t blocked, now;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    char before[512], after[512];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    int free_one = dup(0);
    close(free_one);

    const struct cgi_limits limits = {
        .cpu_s = 17, .memory = 64 << 20, .files = 19};
    int64_t cost;
    ck_assert_int_eq(run_true(&limits, &cost), 0);

    ck_assert(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
    ck_assert(signal(SIGUSR1, SIG_DFL) == hear);
    sigprocmask(SIG_SETMASK, NULL, &now);
    for (int number = 1; number < 32; number++)
        ck_assert_int_eq(sigismember(&now, number), number == SIGUSR2);
    ck_assert(!is_limited(RLIMIT_CPU, 17) && !is_limited(RLIMIT_AS, 64 << 20) &&
              !is_limited(RLIMIT_NOFILE, 19));
    ck_assert_str_eq(getcwd(after, sizeof after), before);
    ck_assert_int_eq(dup(0), free_one);
}
END_TEST

/* Signal the process group without end. */
static void storm(const void *context)
{
    (void)context;
    signal(SIGUSR1, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
        kill(0, SIGUSR1);
}

START_TEST(no_handler_of_the_server_runs_in_a_program_that_starts)
{
    server = getpid();
    setpgid(0, 0);
    struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    pid_t child = start(storm, NULL);
    while (!heard)
        poll(NULL, 0, 1);
    const struct cgi_limits limits = {0};
    for (int i = 0; i < 300; i++) {
        int64_t cost;
        int status = run_true(&limits, &cost);
        /* Such a signal that reaches the program is the program's own. */
        ck_assert(status == 0 ||
                  (WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1));
    }
    kill(child, SIGKILL);
    status_of(child);
    ck_assert(!heard_elsewhere);
}
END_TEST

/* --- The conversation --- */

/* The program echoes while it reads: it stops reading when nobody takes what
 * it says, and then both pipes fill up. */
START_TEST(a_body_larger_than_all_pipes_comes_back)
{
    enum { BODY_BYTES = 1000000 };
    static char body[BODY_BYTES], answer[BODY_BYTES + 4096];
    memset(body, 'x', sizeof body);
    struct server stage =
        START_STAGE("2a_cgi", "--quiet", "--cgi=/cgi-bin=part2/cgi-bin");
    int client = dial(&stage);
    say(client,
        "POST /cgi-bin/cat HTTP/1.0\r\nContent-Length: 1000000\r\n\r\n");
    write_all(client, body, sizeof body);
    size_t len;
    ck_assert_int_eq(read_all(client, answer, sizeof answer, &len), 0);
    const char *echoed = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(echoed);
    echoed += strlen("\r\n\r\n");
    ck_assert_uint_eq(len - (size_t)(echoed - answer), sizeof body);
    ck_assert_mem_eq(echoed, body, sizeof body);
    close(client);
    stop(&stage);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cgi");
    TCase *programs = new_case(suite, "programs");
    tcase_add_unchecked_fixture(programs, make_programs, remove_programs);
    tcase_add_loop_test(programs, a_path_is_split_where_the_program_is, 0,
                        COUNT(named));
    tcase_add_test(programs, a_name_longer_than_any_path_does_not_exist);

    TCase *lines = new_case(suite, "header");
    tcase_add_loop_test(lines,
                        a_sound_header_gives_status_lines_and_the_rest_as_body,
                        0, COUNT(sound));
    tcase_add_loop_test(
        lines, a_path_as_location_is_a_local_redirect_unless_there_is_a_status,
        0, 5);
    tcase_add_loop_test(lines, a_bad_header_is_refused_however_it_is_cut, 0,
                        COUNT(refused));
    tcase_add_test(
        lines, a_header_without_its_empty_line_is_neither_complete_nor_refused);
    tcase_add_test(lines, a_header_that_does_not_end_is_refused);
    tcase_add_test(lines, a_header_with_too_many_lines_is_refused);

    TCase *processes = new_case(suite, "processes");
    tcase_add_test(processes,
                   starting_a_program_costs_no_more_when_the_server_is_large);

    tcase_add_test(processes,
                   a_program_that_starts_changes_nothing_in_the_server);
    tcase_add_test(processes,
                   no_handler_of_the_server_runs_in_a_program_that_starts);

    TCase *conversation = new_case(suite, "conversation");
    tcase_add_test(conversation, a_body_larger_than_all_pipes_comes_back);
    return run_suite(suite);
}
