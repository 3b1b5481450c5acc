/* test_options.c - what a command line means, and what is said about a wrong
 * one. */
#include "common/log.h"
#include "common/options.h"
#include "tests/testing.h"

#include <sysexits.h>

enum { ARGS_MAX = 8 };

/* A stage's own options, as 2a has them. */
struct own {
    long number;
    int wait_ms;
};

static error_t parse_own(int key, char *arg, struct argp_state *state)
{
    struct own *own = state->input;
    switch (key) {
    case 'n':
        own->number = options_number(state, "number", arg, -5, 5);
        return 0;
    case 'w': own->wait_ms = options_ms(state, "wait", arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option own_table[] = {
    {"number", 'n', "N", 0, "A number of this stage", 0},
    {"wait", 'w', "S", 0, "A time of this stage", 0},
    {0},
};
static const struct argp own_argp = {.options = own_table, .parser = parse_own};

/* Parse `args`, which a NULL ends. */
static struct options parse(const char *const *args, struct own *own)
{
    char room[ARGS_MAX][128], *argv[ARGS_MAX + 1];
    int argc = 1;
    argv[0] = strcpy(room[0], "3c_fork_wait_loop");
    for (; args[argc - 1]; argc++) {
        ck_assert_int_lt(argc, ARGS_MAX);
        argv[argc] = room[argc];
        snprintf(room[argc], sizeof room[argc], "%s", args[argc - 1]);
    }
    argv[argc] = NULL;
    const struct own_options own_options = {.argp = &own_argp, .values = own};
    static char kept[ARGS_MAX][128]; // what the options point into
    memcpy(kept, room, sizeof kept);
    for (int i = 0; i < argc; i++)
        argv[i] = kept[i];
    return options_parse(argc, argv, "3c - a child per connection",
                         own ? &own_options : NULL);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL}, NULL)

START_TEST(without_options_there_are_defaults)
{
    struct options options = PARSE(NULL);
    ck_assert_str_eq(options.port, "8080");
    ck_assert_str_eq(options.host, "127.0.0.1");
    ck_assert_mem_eq(&options.limits, &default_limits, sizeof default_limits);
    ck_assert_str_eq(options.files.index, "index.html");
    ck_assert(!options.files.list);
    struct stat root, here;
    ck_assert_int_eq(fstat(options.files.root, &root), 0);
    ck_assert_int_eq(stat(".", &here), 0);
    ck_assert(root.st_ino == here.st_ino && root.st_dev == here.st_dev);
    ck_assert(closes_on_exec(options.files.root));
}
END_TEST

/* RFC 9112 3: a server should take request lines of 8000 bytes. */
START_TEST(default_limits_are_sensible)
{
    ck_assert_uint_ge(default_limits.target_bytes, 8000 - 64);
    ck_assert_uint_ge(default_limits.head_bytes, 8192);
    ck_assert_int_gt(default_limits.head_ms, 0);
    ck_assert_int_gt(default_limits.progress_ms, 0);
    ck_assert_int_gt(default_limits.min_rate, 0);
    ck_assert_int_gt(default_limits.idle_ms, 0);
    ck_assert_int_gt(default_limits.linger_ms, 0);
}
END_TEST

START_TEST(each_option_sets_its_value)
{
    ck_assert_str_eq(PARSE("--port", "0").port, "0");
    ck_assert_str_eq(PARSE("-p", "65535").port, "65535");
    ck_assert_str_eq(PARSE("--port=81").port, "81");
    ck_assert_str_eq(PARSE("--host", "::1").host, "::1");
    ck_assert_str_eq(PARSE("--host=/tmp/socket").host, "/tmp/socket");
    ck_assert_str_eq(PARSE("--index=home.htm").files.index, "home.htm");
    ck_assert(PARSE("--list").files.list);
    ck_assert_int_eq(PARSE("--head-timeout=1.5").limits.head_ms, 1500);
    ck_assert_int_eq(PARSE("--progress-timeout=0.02").limits.progress_ms, 20);
    ck_assert_int_eq(PARSE("--min-rate=0").limits.min_rate, 0);
    ck_assert_int_eq(PARSE("--min-rate=5000").limits.min_rate, 5000);
    ck_assert_int_eq(PARSE("--idle-timeout=3600").limits.idle_ms, 3600000);
    ck_assert_int_eq(PARSE("--linger=0").limits.linger_ms, 0);
    ck_assert_int_eq(PARSE("--linger=1.001").limits.linger_ms, 1001);
    ck_assert_uint_eq(PARSE("--max-target=1").limits.target_bytes, 1);
    ck_assert_uint_eq(PARSE("--max-head=64").limits.head_bytes, 64);
    ck_assert_uint_eq(PARSE("--max-body=0").limits.body_bytes, 0);
    ck_assert_uint_eq(PARSE("--max-body=5000000000").limits.body_bytes,
                      5000000000u);
}
END_TEST

START_TEST(an_option_changes_nothing_else)
{
    struct limits limits = PARSE("--max-body=7").limits;
    limits.body_bytes = default_limits.body_bytes;
    ck_assert_mem_eq(&limits, &default_limits, sizeof limits);
}
END_TEST

START_TEST(the_last_of_two_counts)
{
    ck_assert_str_eq(PARSE("--port=1", "--port=2").port, "2");
}
END_TEST

START_TEST(a_root_is_opened)
{
    struct options options = PARSE("--root", "/");
    struct stat root, here;
    ck_assert_int_eq(fstat(options.files.root, &root), 0);
    ck_assert_int_eq(stat("/", &here), 0);
    ck_assert(root.st_ino == here.st_ino && root.st_dev == here.st_dev);
}
END_TEST

START_TEST(a_stage_can_have_options_of_its_own)
{
    struct own own = {0};
    const char *const args[] = {"--number=-5", "--port=1", "-w", ".25", NULL};
    struct options options = parse(args, &own);
    ck_assert_int_eq(own.number, -5);
    ck_assert_int_eq(own.wait_ms, 250);
    ck_assert_str_eq(options.port, "1");
}
END_TEST

/* --- What is said --- */

struct line {
    const char *args[ARGS_MAX];
};

static void parse_in_child(const void *context)
{
    const struct line *line = context;
    struct own own;
    parse(line->args, &own);
}

static int said_about(const struct line *line, char *said, size_t size)
{
    return said_by(parse_in_child, line, said, size);
}

START_TEST(help_lists_every_option)
{
    static const char *const names[] = {
        "--port=",       "--host=",         "--root=",
        "--quiet",       "--head-timeout=", "--progress-timeout=",
        "--max-head=",   "--idle-timeout=", "--linger=",
        "--index=",      "--list",          "--max-body=",
        "--max-target=", "--help",          "--min-rate=",
        "--number=",     "--wait=",         "3c - a child per connection",
    };
    char said[TEXT_BYTES];
    struct line line = {{"--help"}};
    ck_assert_int_eq(said_about(&line, said, sizeof said), 0);
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_msg(strstr(said, names[i]), "no %s in:\n%s", names[i], said);
}
END_TEST

START_TEST(help_names_the_defaults)
{
    char said[TEXT_BYTES], target[32], head[32], body[32];
    struct line line = {{"--help"}};
    ck_assert_int_eq(said_about(&line, said, sizeof said), 0);
    snprintf(target, sizeof target, "(%zu)", default_limits.target_bytes);
    snprintf(head, sizeof head, "(%zu)", default_limits.head_bytes);
    snprintf(body, sizeof body, "(%zu)", default_limits.body_bytes);
    ck_assert_ptr_nonnull(strstr(said, target));
    ck_assert_ptr_nonnull(strstr(said, head));
    ck_assert_ptr_nonnull(strstr(said, body));
}
END_TEST

START_TEST(a_wrong_value_is_named_and_ends_with_64)
{
    static const struct {
        struct line line;
        const char *names;
    } rows[] = {
        {{{"--port=65536"}}, "--port"},
        {{{"--port=-1"}}, "--port"},
        {{{"--port=http"}}, "--port"},
        {{{"--port="}}, "--port"},
        {{{"--port=80x"}}, "--port"},
        {{{"-p", "99999999999999999999"}}, "--port"},
        {{{"--index=a/b"}}, "--index"},
        {{{"--index="}}, "--index"},
        {{{"--head-timeout=x"}}, "--head-timeout"},
        {{{"--head-timeout=-1"}}, "--head-timeout"},
        {{{"--progress-timeout=nan"}}, "--progress-timeout"},
        {{{"--min-rate=-1"}}, "--min-rate"},
        {{{"--min-rate=1k"}}, "--min-rate"},
        {{{"--idle-timeout=inf"}}, "--idle-timeout"},
        {{{"--linger=3601"}}, "--linger"},
        {{{"--linger="}}, "--linger"},
        {{{"--linger=1s"}}, "--linger"},
        {{{"--max-target=0"}}, "--max-target"},
        {{{"--max-target=1000000"}}, "--max-target"},
        {{{"--max-head=63"}}, "--max-head"},
        {{{"--max-head=1000000"}}, "--max-head"},
        {{{"--max-body=-1"}}, "--max-body"},
        {{{"--max-body=1e3"}}, "--max-body"},
        {{{"--number=6"}}, "--number"},
        {{{"--wait=soon"}}, "--wait"},
        {{{"--no-such-option"}}, "--no-such-option"},
        {{{"-z"}}, "z"},
        {{{"--port"}}, "--port"},
        {{{"--quiet=yes"}}, "--quiet"},
        {{{"argument"}}, "argument"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char said[TEXT_BYTES];
        int status = said_about(&rows[i].line, said, sizeof said);
        ck_assert_msg(status == EX_USAGE, "%s: %d", rows[i].line.args[0],
                      status);
        char *end = strchr(said, '\n'); // then argp points to --help
        ck_assert_ptr_nonnull(end);
        ck_assert_msg(strncmp(end, "\nTry `", 6) == 0, "%s", said);
        *end = '\0';
        ck_assert_msg(strstr(said, rows[i].names), "no %s in: %s",
                      rows[i].names, said);
    }
}
END_TEST

START_TEST(a_root_that_cannot_be_opened_is_named_and_ends_with_1)
{
    static const struct line rows[] = {
        {{"--root", "/no/such/root"}},
        {{"--root=/dev/null"}},
        {{"--root="}},
    };
    static const char *const reasons[] = {"/no/such/root: No such file",
                                          "/dev/null: Not a directory",
                                          "No such file"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char said[TEXT_BYTES];
        ck_assert_int_eq(said_about(&rows[i], said, sizeof said), 1);
        ck_assert_uint_eq(count_lines(said), 1);
        ck_assert_msg(strstr(said, reasons[i]), "%s", said);
    }
}
END_TEST

static void log_after(const void *context)
{
    parse_in_child(context);
    log_request("request");
    log_line("line");
}

START_TEST(quiet_leaves_request_lines_out)
{
    char said[TEXT_BYTES];
    struct line loud = {{NULL}}, quiet = {{"--quiet"}};
    ck_assert_int_eq(said_by(log_after, &loud, said, sizeof said), 0);
    ck_assert_ptr_nonnull(strstr(said, "request\n"));
    ck_assert_int_eq(said_by(log_after, &quiet, said, sizeof said), 0);
    ck_assert_ptr_null(strstr(said, "request\n"));
    ck_assert_ptr_nonnull(strstr(said, "line\n"));
}
END_TEST

/* "3c_fork_wait_loop" logs as "3c"; this program is test_options. */
START_TEST(the_role_is_the_short_name_of_the_program)
{
    char said[TEXT_BYTES];
    struct line line = {{NULL}};
    ck_assert_int_eq(said_by(log_after, &line, said, sizeof said), 0);
    ck_assert_msg(strncmp(said, "test[", 5) == 0, "%s", said);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *values = new_case(suite, "values");
    tcase_add_test(values, without_options_there_are_defaults);
    tcase_add_test(values, default_limits_are_sensible);
    tcase_add_test(values, each_option_sets_its_value);
    tcase_add_test(values, an_option_changes_nothing_else);
    tcase_add_test(values, the_last_of_two_counts);
    tcase_add_test(values, a_root_is_opened);
    tcase_add_test(values, a_stage_can_have_options_of_its_own);
    TCase *said = new_case(suite, "said");
    tcase_add_test(said, help_lists_every_option);
    tcase_add_test(said, help_names_the_defaults);
    tcase_add_test(said, a_wrong_value_is_named_and_ends_with_64);
    tcase_add_test(said, a_root_that_cannot_be_opened_is_named_and_ends_with_1);
    tcase_add_test(said, quiet_leaves_request_lines_out);
    tcase_add_test(said, the_role_is_the_short_name_of_the_program);
    return run_suite(suite);
}
