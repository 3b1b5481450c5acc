/* test_vassals.c - what files of vassals say, and what a vassal makes of it.
 * Nothing is forked and no clock is read. */
#include "part3/fork_budget.h"
#include "part3/vassal.h"
#include "part3/vassal_control.h"
#include "part3/vassal_directory.h"
#include "part3/vassal_status.h"
#include "part3/vassal_words.h"
#include "tests/testing.h"

enum { NOW = 1000000, START_MS = 1000 };

/* --- Words --- */

static const struct {
    const char *text;
    const char *words; // joined by |
} split[] = {
    {"", ""},
    {"  \t ", ""},
    {"one", "one"},
    {" one  two\tthree ", "one|two|three"},
    {"a 'b c' d", "a|b c|d"},
    {"a \"b 'c\" d", "a|b 'c|d"},
    {"'it'\\''s'", "it's"},
    {"a\\ b \\\"c", "a b|\"c"},
    {"\"a\\\"b\" '\\'", "a\"b|\\"},
    {"'' x \"\"", "|x|"},
    {"$HOME * | > ~", "$HOME|*|||>|~"},
    {"end\\", "end\\"},
};

START_TEST(a_command_is_split_as_a_shell_would)
{
    char **words = words_split(split[_i].text);
    ck_assert_ptr_nonnull(words);
    char joined[256] = "";
    size_t len = 0;
    for (char **word = words; *word; word++)
        len += (size_t)snprintf(joined + len, sizeof joined - len, "%s%s",
                                *word, word[1] ? "|" : "");
    ck_assert_str_eq(joined, split[_i].words);
    free(words);
}
END_TEST

START_TEST(a_quote_must_be_closed)
{
    ck_assert_ptr_null(words_split("a 'b"));
    ck_assert_ptr_null(words_split("a \"b'"));
    ck_assert_ptr_null(words_split("a \"b\\\""));
}
END_TEST

/* --- Files --- */

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    {"", "there is no command"},
    {"comand = true\n", "line 1: unknown key 'comand'"},
    {"\n; c\n# c\ncommand\n", "line 4: this is no KEY = VALUE"},
    {"command =\n", "the command is empty"},
    {"command = sh -c 'a ; b'\n",
     "a quote of the command is not closed; a ; after a blank begins a "
     "comment"},
    {"command = true\ncommand = false\n", "line 2: command is given twice"},
    {"command = true\numask = 022\numask = 022\n",
     "line 3: umask is given twice"},
    {"command = true\nuser = root\n  nobody\n", "line 3: user is given twice"},
    {"[x]\ncommand = true\n", "line 2: there are no sections, and so no [x]"},
    {"command = no-such-program\n", "there is no program 'no-such-program'"},
    {"command = /etc/passwd\n", "there is no program '/etc/passwd'"},
    {"command = /tmp\n", "there is no program '/tmp'"},
    {"command = true\nenvironment = PATH=/nowhere\n",
     "there is no program 'true'"},
    {"command = true\ndirectory = tmp\n",
     "line 2: directory must begin with /, not 'tmp'"},
    {"command = true\ndirectory = /no/such\n",
     "there is no directory '/no/such'"},
    {"command = ./passwd\ndirectory = /etc\n",
     "there is no program './passwd'"},
    {"command = true\nlog = x\n", "line 2: log must begin with /, not 'x'"},
    {"user = no-such-user\n", "line 1: there is no user 'no-such-user'"},
    {"group = no-such-group\n", "line 1: there is no group 'no-such-group'"},
    {"environment = X\n", "line 1: environment must be NAME=VALUE, not 'X'"},
    {"environment = =x\n", "line 1: environment must be NAME=VALUE, not '=x'"},
    {"instances = 33\n",
     "line 1: instances must be a number from 0 to 32, not '33'"},
    {"instances = 2x\n",
     "line 1: instances must be a number from 0 to 32, not '2x'"},
    {"restart = maybe\n",
     "line 1: restart must be always, on-failure or never"},
    {"stop-signal = TREM\n", "line 1: stop-signal: there is no signal 'TREM'"},
    {"reload-signal = 0\n", "line 1: reload-signal: there is no signal '0'"},
    {"stop-time = -1\n",
     "line 1: stop-time must be seconds from 0 to 3600, not '-1'"},
    {"start-time = soon\n",
     "line 1: start-time must be seconds from 0 to 3600, not 'soon'"},
    {"memory = 0\n", "line 1: memory must be a number from 1 to 1048576, not "
                     "'0'"},
    {"files = 3\n",
     "line 1: files must be a number from 16 to 1048576, not '3'"},
    {"umask = 8\n", "line 1: umask must be octal, not '8'"},
    {"comand = x\numask = 9\n", "line 1: unknown key 'comand'"}, // the first
};

START_TEST(what_a_file_cannot_say_is_refused_with_line_and_reason)
{
    char why[WHY_BYTES];
    ck_assert_ptr_null(settings_read(refused[_i].text, why));
    ck_assert_str_eq(why, refused[_i].why);
}
END_TEST

START_TEST(what_a_file_does_not_say_has_a_default)
{
    char why[WHY_BYTES];
    struct settings *settings = settings_read("command = true", why);
    ck_assert_msg(settings != NULL, "%s", why);
    ck_assert_str_eq(settings->command[0], "true");
    ck_assert_ptr_null(settings->command[1]);
    ck_assert_int_eq(settings->instances, 1);
    ck_assert_int_eq(settings->restart, RESTART_ALWAYS);
    ck_assert_int_eq(settings->stop_signal, SIGTERM);
    ck_assert_int_eq(settings->reload_signal, 0);
    ck_assert_int_eq(settings->stop_ms, 9000);
    ck_assert_int_eq(settings->start_ms, 1000);
    ck_assert_int_eq(settings->rights.umask, -1);
    settings_drop(settings);
}
END_TEST

START_TEST(a_file_says_it_all)
{
    char why[WHY_BYTES];
    struct settings *settings =
        settings_read("command = sh -c 'a; b'   ; what it does\r\n"
                      "  more\n\tand \"more of it\"\n"
                      "directory=/tmp\nuser = 0\ngroup = 0\n"
                      "environment = A=1\nenvironment = B = 2\n  C=3\n"
                      "instances = 3\nrestart = on-failure\n"
                      "stop-signal = SIGINT\nstop-time = 0.5\n"
                      "start-time = 2\nreload-signal = 1\nmemory = 100\n"
                      "files = 64\numask = 027\nlog = /tmp/log\n",
                      why);
    ck_assert_msg(settings != NULL, "%s", why);
    const char *const words[] = {"sh",   "-c",  "a; b",
                                 "more", "and", "more of it"};
    for (size_t i = 0; i < COUNT(words); i++)
        ck_assert_str_eq(settings->command[i], words[i]);
    ck_assert_ptr_null(settings->command[COUNT(words)]);
    ck_assert_str_eq(settings->directory, "/tmp");
    ck_assert_str_eq(settings->rights.user, "0");
    ck_assert(settings->rights.has_group);
    ck_assert_uint_eq(settings->environment_count, 3);
    ck_assert_str_eq(settings->environment[1], "B = 2");
    ck_assert_str_eq(settings->environment[2], "C=3");
    ck_assert_int_eq(settings->instances, 3);
    ck_assert_int_eq(settings->restart, RESTART_ON_FAILURE);
    ck_assert_int_eq(settings->stop_signal, SIGINT);
    ck_assert_int_eq(settings->stop_ms, 500);
    ck_assert_int_eq(settings->start_ms, 2000);
    ck_assert_int_eq(settings->reload_signal, SIGHUP);
    ck_assert_int_eq(settings->memory_mib, 100);
    ck_assert_int_eq(settings->rights.max_files, 64);
    ck_assert_int_eq(settings->rights.umask, 027);
    ck_assert_str_eq(settings->log, "/tmp/log");
    settings_drop(settings);
}
END_TEST

/* Read as two lines it would be another command. */
START_TEST(a_line_that_is_too_long_is_refused_not_cut)
{
    char text[2048], why[WHY_BYTES];
    snprintf(text, sizeof text, "command = true %01000d\n", 0);
    ck_assert_ptr_null(settings_read(text, why));
    ck_assert_str_eq(why, "line 1: longer than 198 characters");
    snprintf(text, sizeof text, "command = true %0183d\n", 0);
    settings_drop(settings_read(text, why));
    ck_assert_str_eq(why, "");
}
END_TEST

/* --- Directories --- */

START_TEST(only_files_of_good_names_are_vassals)
{
    const char *const files[] = {"b.ini",   "a.ini",     ".hidden.ini",
                                 "c.ini~",  ".ini",      "d.conf",
                                 "e f.ini", "10-z@1.ini"};
    for (size_t i = 0; i < COUNT(files); i++)
        write_file(files[i], "", 0);
    char **names;
    ck_assert_int_eq(directory_list(own_directory, &names), 3);
    ck_assert_str_eq(names[0], "10-z@1");
    ck_assert_str_eq(names[1], "a");
    ck_assert_str_eq(names[2], "b");
    directory_free(names, 3);
    ck_assert_int_eq(directory_list("/no/such", &names), -1);
}
END_TEST

START_TEST(a_file_that_is_no_text_is_not_read)
{
    static const char big[65536];
    char why[WHY_BYTES];
    write_file("zeros.ini", big, 10);
    ck_assert_ptr_null(directory_read(own_directory, "zeros", why));
    ck_assert_str_eq(why, "longer than 65536 bytes, or no text");
    write_file("big.ini", big, sizeof big);
    ck_assert_ptr_null(directory_read(own_directory, "big", why));
    ck_assert_ptr_null(directory_read(own_directory, "none", why));
    ck_assert_str_eq(why, "cannot be read: No such file or directory");
    ck_assert_int_eq(mkfifo(own_path("fifo.ini"), 0600), 0);
    ck_assert_ptr_null(directory_read(own_directory, "fifo", why));
    ck_assert_str_eq(why, "cannot be read: it is no file");
    write_file("good.ini", "text", 4);
    char *text = directory_read(own_directory, "good", why);
    ck_assert_str_eq(text, "text");
    free(text);
}
END_TEST

START_TEST(a_touched_file_is_another_one)
{
    struct stat before, after;
    write_file("x.ini", "1", 1);
    ck_assert_int_eq(directory_stat(own_directory, "x", &before), 0);
    ck_assert_int_eq(directory_stat(own_directory, "x", &after), 0);
    ck_assert(directory_is_same(&after, &before));
    const struct timespec past[2] = {{1, 0}, {1, 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, own_path("x.ini"), past, 0), 0);
    ck_assert_int_eq(directory_stat(own_directory, "x", &after), 0);
    ck_assert(!directory_is_same(&after, &before));
    ck_assert_int_eq(directory_stat(own_directory, "none", &after), -1);
}
END_TEST

/* --- Decisions --- */

/* A vassal in a world of its own: what is asked for is done at once. */
struct world {
    struct vassal *vassal;
    int64_t now;
    pid_t next_pid;
    int fewest_up; // since it was set
};

static struct settings *version(const char *more)
{
    char text[256], why[WHY_BYTES];
    snprintf(text, sizeof text, "command = true\n%s", more);
    struct settings *settings = settings_read(text, why);
    ck_assert_msg(settings != NULL, "%s", why);
    return settings;
}

static struct world world_make(const char *text)
{
    struct world world = {
        .vassal = vassal_make("v", NOW), .now = NOW, .next_pid = 100};
    vassal_change(world.vassal, version(text));
    return world;
}

static void end(struct world *world, int number, int status)
{
    vassal_ended(&world->vassal->instances[number], status, 0, world->now);
}

/* Those of a version that `fails` end at once, with status 1. */
static void do_what_is_next(struct world *world, struct instance *instance,
                            const struct settings *fails)
{
    struct vassal *vassal = world->vassal;
    struct slot_times times = vassal_times(instance->settings);
    enum slot_action action = slot_next(
        &instance->slot, vassal_wants(vassal, instance), false, world->now);
    if (action == SLOT_SPAWN) {
        vassal_started(vassal, instance, world->next_pid++, world->now);
        if (instance->settings == fails)
            vassal_ended(instance, 1 << 8, 0, world->now);
        return;
    }
    slot_did(&instance->slot, action, &times, world->now);
    if (action == SLOT_DRAIN)
        vassal_ended(instance, 0, 0, world->now);
}

/* Returns false if a version was given up. */
static bool turn(struct world *world, const struct settings *fails)
{
    struct vassal *vassal = world->vassal;
    world->now += 100;
    bool kept = vassal_roll(vassal);
    for (int i = 0; i < INSTANCES_MAX; i++) {
        struct instance *instance = &vassal->instances[i];
        if (world->now >= vassal_up_at(instance))
            vassal_up(vassal, instance, world->now);
        do_what_is_next(world, instance, fails);
    }
    if (vassal_count_up(vassal) < world->fewest_up)
        world->fewest_up = vassal_count_up(vassal);
    return kept;
}

static void turns(struct world *world, int count)
{
    while (count-- > 0)
        ck_assert(turn(world, NULL));
}

START_TEST(instances_start_together_and_are_up_after_their_time)
{
    struct world world = world_make("instances = 3\n");
    turns(&world, 1);
    ck_assert_str_eq(vassal_state(world.vassal), "starting");
    ck_assert_int_eq(world.next_pid, 103);
    turns(&world, START_MS / 100 - 1);
    ck_assert_int_eq(vassal_count_up(world.vassal), 0);
    turns(&world, 1);
    ck_assert_int_eq(vassal_count_up(world.vassal), 3);
    ck_assert_str_eq(vassal_state(world.vassal), "up");
    vassal_free(world.vassal);
}
END_TEST

START_TEST(a_new_version_comes_one_instance_after_the_other)
{
    struct world world = world_make("instances = 3\n");
    turns(&world, 20);
    struct settings *next = version("instances = 3\n");
    vassal_change(world.vassal, next);
    ck_assert_str_eq(vassal_state(world.vassal), "changing");
    world.fewest_up = 3;
    turns(&world, 100);
    ck_assert_int_eq(world.fewest_up, 2);
    ck_assert_int_eq(world.next_pid, 106);
    ck_assert_ptr_eq(world.vassal->now, next);
    ck_assert_ptr_null(world.vassal->next);
    ck_assert_str_eq(vassal_state(world.vassal), "up");
    vassal_free(world.vassal);
}
END_TEST

START_TEST(more_and_fewer_instances_are_a_change_as_well)
{
    struct world world = world_make("instances = 2\n");
    turns(&world, 20);
    vassal_change(world.vassal, version("instances = 4\n"));
    turns(&world, 100);
    ck_assert_int_eq(vassal_count_up(world.vassal), 4);
    vassal_change(world.vassal, version("instances = 1\n"));
    turns(&world, 100);
    ck_assert_int_eq(vassal_count_up(world.vassal), 1);
    vassal_change(world.vassal, version("instances = 0\n"));
    turns(&world, 100);
    ck_assert_int_eq(vassal_count_up(world.vassal), 0);
    ck_assert_ptr_null(world.vassal->next);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(a_version_that_fails_twice_is_given_up_and_the_old_comes_back)
{
    struct world world = world_make("instances = 3\n");
    turns(&world, 20);
    struct settings *old = world.vassal->now;
    struct settings *bad = settings_use(version("instances = 3\n"));
    vassal_change(world.vassal, bad);
    world.fewest_up = 3;
    bool kept = true;
    for (int i = 0; i < 100; i++)
        kept = turn(&world, bad) && kept;
    ck_assert(!kept);
    ck_assert_int_eq(world.fewest_up, 2);
    ck_assert_ptr_eq(world.vassal->now, old);
    ck_assert_int_eq(vassal_count_up(world.vassal), 3);
    ck_assert_int_eq(world.next_pid, 106); // three, two that failed, one back
    ck_assert_str_eq(
        world.vassal->held,
        "instance 0 of the new version failed, the old one goes on");
    settings_drop(bad);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(what_the_old_version_failed_at_is_not_held_against_the_new_one)
{
    struct world world = world_make("");
    turns(&world, 20);
    struct settings *old = settings_use(world.vassal->now);
    for (int i = 0; i < 20; i++)
        turn(&world, old); // nothing happens: it is up
    end(&world, 0, 1 << 8);
    for (int i = 0; i < 20; i++)
        turn(&world, old);
    struct instance *instance = &world.vassal->instances[0];
    ck_assert_int_ge(instance->slot.failures, 2);
    settings_drop(old);
    struct settings *next = settings_use(version(""));
    vassal_change(world.vassal, next);
    /* It is started where the old one would have been, and fails once. */
    vassal_started(world.vassal, instance, 1, world.now);
    vassal_ended(instance, 1 << 8, 0, world.now);
    turns(&world, 40);
    ck_assert_ptr_eq(world.vassal->now, next);
    ck_assert_str_eq(vassal_state(world.vassal), "up");
    settings_drop(next);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(who_has_waited_longest_is_first)
{
    struct world world = world_make("instances = 4\n");
    turns(&world, 20);
    ck_assert_int_eq(vassal_longest_waiting(world.vassal, world.now), 0);
    const int order[] = {2, 0, 3};
    for (size_t i = 0; i < COUNT(order); i++) {
        world.now += 10;
        end(&world, order[i], 1 << 8);
    }
    world.now += 10;
    for (size_t i = 0; i < COUNT(order); i++) {
        struct instance *first = &world.vassal->instances[order[i]];
        ck_assert_int_eq(vassal_longest_waiting(world.vassal, world.now),
                         order[i]);
        first->slot.until = world.now + 1; // not yet
    }
    ck_assert_int_eq(vassal_longest_waiting(world.vassal, world.now), 0);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(whom_nothing_ends_is_there_but_not_awaited)
{
    struct world world = world_make("");
    ck_assert(!vassal_is_awaited(world.vassal));
    turns(&world, 20);
    ck_assert(vassal_is_awaited(world.vassal));
    struct instance *instance = &world.vassal->instances[0];
    struct slot_times times = vassal_times(instance->settings);
    slot_did(&instance->slot, SLOT_KILL, &times, world.now);
    ck_assert(vassal_is_awaited(world.vassal));
    slot_did(&instance->slot, SLOT_REPORT, &times, world.now);
    ck_assert(vassal_has_processes(world.vassal));
    ck_assert(!slot_is_awaited(&instance->slot));
    ck_assert(!vassal_is_awaited(world.vassal));
    end(&world, 0, SIGKILL);
    ck_assert(!vassal_has_processes(world.vassal));
    vassal_free(world.vassal);
}
END_TEST

START_TEST(a_third_version_replaces_the_second_under_way)
{
    struct world world = world_make("instances = 3\n");
    turns(&world, 20);
    vassal_change(world.vassal, version("instances = 3\n"));
    turns(&world, 15);
    struct settings *third = version("instances = 3\n");
    vassal_change(world.vassal, third);
    world.fewest_up = 3;
    turns(&world, 100);
    ck_assert_int_eq(world.fewest_up, 2);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(world.vassal->instances[i].settings, third);
    ck_assert_ptr_eq(world.vassal->now, third);
    vassal_free(world.vassal);
}
END_TEST

/* There is nothing to come back to. */
START_TEST(a_version_that_never_was_up_is_replaced_at_once)
{
    struct world world = world_make("instances = 2\n");
    struct settings *bad = settings_use(world.vassal->now);
    for (int i = 0; i < 30; i++)
        turn(&world, bad);
    ck_assert_str_eq(vassal_state(world.vassal), "failing");
    struct settings *good = version("instances = 2\n");
    vassal_change(world.vassal, good);
    ck_assert_ptr_eq(world.vassal->now, good);
    settings_drop(bad);
    turns(&world, 40);
    ck_assert_int_eq(vassal_count_up(world.vassal), 2);
    vassal_free(world.vassal);
}
END_TEST

static const struct {
    const char *text;
    int status;
    bool is_done;
} endings[] = {
    {"restart = always\n", 0, false},
    {"restart = always\n", 1 << 8, false},
    {"restart = on-failure\n", 0, true},
    {"restart = on-failure\n", 1 << 8, false},
    {"restart = on-failure\n", SIGKILL, false},
    {"restart = never\n", 0, true},
    {"restart = never\n", 1 << 8, true},
    {"restart = never\n", SIGKILL, true},
};

START_TEST(who_has_ended_comes_again_or_is_done)
{
    struct world world = world_make(endings[_i].text);
    turns(&world, 2);
    end(&world, 0, endings[_i].status);
    turns(&world, 20);
    ck_assert_int_eq(world.next_pid, endings[_i].is_done ? 101 : 102);
    ck_assert_str_eq(vassal_state(world.vassal),
                     endings[_i].is_done ? "done" : "up");
    /* Touched, it does it again. */
    if (endings[_i].is_done) {
        vassal_change(world.vassal, version(endings[_i].text));
        turns(&world, 20);
        ck_assert_str_eq(vassal_state(world.vassal), "up");
    }
    vassal_free(world.vassal);
}
END_TEST

START_TEST(who_leaves_ends_and_does_not_come_again)
{
    struct world world = world_make("instances = 2\n");
    turns(&world, 20);
    world.vassal->leaving = true;
    ck_assert_str_eq(vassal_state(world.vassal), "stopping");
    turns(&world, 20);
    ck_assert(!vassal_has_processes(world.vassal));
    ck_assert_int_eq(world.next_pid, 102);
    /* Another file of that name: what was before does not count. */
    vassal_begin_anew(world.vassal);
    ck_assert_str_eq(vassal_state(world.vassal), "held");
    turns(&world, 5);
    ck_assert_int_eq(world.next_pid, 102);
    vassal_change(world.vassal, version(""));
    ck_assert_str_eq(vassal_state(world.vassal), "starting");
    turns(&world, 20);
    ck_assert_int_eq(vassal_count_up(world.vassal), 1);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(a_crash_loop_costs_one_fork_a_second_in_the_end)
{
    enum { MEMBERS = 1 }; // and so 5 at once
    struct fork_budget budget = fork_budget_full(NOW);
    int forks = 0;
    for (int64_t now = NOW; now < NOW + 60000; now += 10)
        forks += fork_budget_take(&budget, MEMBERS, now);
    ck_assert_int_ge(forks, 5 + 59 - 1);
    ck_assert_int_le(forks, 5 + 60);
    for (int i = 0; i < 5; i++) // after a rest
        ck_assert(fork_budget_take(&budget, MEMBERS, NOW + 100000));
    ck_assert(!fork_budget_take(&budget, MEMBERS, NOW + 100000));
    int64_t next = fork_budget_next(&budget);
    ck_assert(!fork_budget_take(&budget, MEMBERS, next - 1));
    ck_assert(fork_budget_take(&budget, MEMBERS, next));
}
END_TEST

/* --- Status --- */

typedef void show_fn(FILE *from, FILE *to);

static char *show(show_fn *show_as, const struct vassal *const *vassals,
                  size_t count)
{
    FILE *lines = tmpfile();
    ck_assert_ptr_nonnull(lines);
    for (size_t i = 0; i < count; i++)
        vassals_write(lines, vassals[i]);
    rewind(lines);
    char *text = NULL;
    size_t len;
    FILE *shown = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(shown);
    show_as(lines, shown);
    fclose(lines);
    fclose(shown);
    return text;
}

START_TEST(a_table_tells_people_how_they_are)
{
    struct world world = world_make("instances = 6\n");
    turns(&world, 20);
    struct vassal *bad = vassal_make("bad", NOW);
    vassal_hold(bad, "line 1: what is x\ty\303\251z");
    const struct vassal *const vassals[] = {bad, world.vassal};
    char *text = show(vassals_show_table, vassals, 2);
    ck_assert_str_eq(
        text,
        "NAME             STATE            UP  RESTARTS  UP SINCE             "
        "PIDS\n"
        "bad              held            0/0         0  -                    "
        "-\n"
        "v                up              6/6         0  -                    "
        "100 101 102 103 ...\n"
        "bad.ini is held back: line 1: what is x?y?"
        "?z\n");
    free(text);
    vassal_free(bad);
    vassal_free(world.vassal);
}
END_TEST

START_TEST(json_tells_programs)
{
    struct world world = world_make("");
    turns(&world, 20);
    world.vassal->instances[0].up_since = 1234;
    vassal_hold(world.vassal, "a \"quote\" and a \\");
    struct vassal *other = vassal_make("w", NOW);
    const struct vassal *const vassals[] = {world.vassal, other};
    char *text = show(vassals_show_json, vassals, 2);
    ck_assert_str_eq(
        text, "[\n{\"name\":\"v\",\"state\":\"up\",\"wanted\":1,\"up\":1,"
              "\"held\":\"a \\\"quote\\\" and a \\\\\",\"instances\":["
              "{\"instance\":0,\"state\":\"up\",\"pid\":100,"
              "\"up_since\":1234,\"restarts\":0}]},"
              "\n{\"name\":\"w\",\"state\":\"held\",\"wanted\":0,\"up\":0,"
              "\"held\":null,\"instances\":[]}\n]\n");
    free(text);
    text = show(vassals_show_json, vassals, 0);
    ck_assert_str_eq(text, "[]\n");
    free(text);
    vassal_free(other);
    vassal_free(world.vassal);
}
END_TEST

/* --- Control --- */

START_TEST(the_file_of_the_answer_arrives)
{
    char path[512];
    snprintf(path, sizeof path, "%s", own_path("socket"));
    int listener = control_listen(path);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(control_listen(path), -1); // somebody does already
    ck_assert_int_eq(errno, EADDRINUSE);
    close(control_accept(listener));
    pid_t client = fork();
    if (client == 0) {
        char text[8] = "";
        int file = control_ask(path);
        _exit(read(file, text, sizeof text) == 5 && strcmp(text, "hello") == 0
                  ? 0
                  : 1);
    }
    wait_for_events(listener, POLLIN);
    int accepted = control_accept(listener);
    FILE *file = tmpfile();
    fputs("hello", file);
    fflush(file);
    control_answer(accepted, fileno(file));
    close(accepted);
    fclose(file);
    ck_assert_int_eq(status_of(client), 0);
    close(listener);
    ck_assert_int_eq(control_ask(path), -1); // what a dead one left behind
    ck_assert_int_eq(errno, ECONNREFUSED);
    listener = control_listen(path);
    ck_assert_int_ge(listener, 0);
    close(listener);
    write_file("socket2", "", 0); // is no socket: not ours to remove
    ck_assert_int_eq(control_listen(own_path("socket2")), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vassals");
    TCase *files = new_case(suite, "files");
    tcase_add_loop_test(files, a_command_is_split_as_a_shell_would, 0,
                        COUNT(split));
    tcase_add_test(files, a_quote_must_be_closed);
    tcase_add_loop_test(files,
                        what_a_file_cannot_say_is_refused_with_line_and_reason,
                        0, COUNT(refused));
    tcase_add_test(files, what_a_file_does_not_say_has_a_default);
    tcase_add_test(files, a_file_says_it_all);
    tcase_add_test(files, a_line_that_is_too_long_is_refused_not_cut);

    TCase *directories = new_case(suite, "directories");
    tcase_add_unchecked_fixture(directories, make_own_directory,
                                remove_own_directory);
    tcase_add_test(directories, only_files_of_good_names_are_vassals);
    tcase_add_test(directories, a_file_that_is_no_text_is_not_read);
    tcase_add_test(directories, a_touched_file_is_another_one);
    tcase_add_test(directories, the_file_of_the_answer_arrives);

    TCase *decisions = new_case(suite, "decisions");
    tcase_add_test(decisions,
                   instances_start_together_and_are_up_after_their_time);
    tcase_add_test(decisions, a_new_version_comes_one_instance_after_the_other);
    tcase_add_test(decisions, more_and_fewer_instances_are_a_change_as_well);
    tcase_add_test(
        decisions,
        a_version_that_fails_twice_is_given_up_and_the_old_comes_back);
    tcase_add_test(
        decisions,
        what_the_old_version_failed_at_is_not_held_against_the_new_one);
    tcase_add_test(decisions, who_has_waited_longest_is_first);
    tcase_add_test(decisions, whom_nothing_ends_is_there_but_not_awaited);
    tcase_add_test(decisions, a_third_version_replaces_the_second_under_way);
    tcase_add_test(decisions, a_version_that_never_was_up_is_replaced_at_once);
    tcase_add_loop_test(decisions, who_has_ended_comes_again_or_is_done, 0,
                        COUNT(endings));
    tcase_add_test(decisions, who_leaves_ends_and_does_not_come_again);
    tcase_add_test(decisions, a_crash_loop_costs_one_fork_a_second_in_the_end);

    TCase *status = new_case(suite, "status");
    tcase_add_test(status, a_table_tells_people_how_they_are);
    tcase_add_test(status, json_tells_programs);
    return run_suite(suite);
}
