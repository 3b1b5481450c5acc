/* test_pid_file.c - a file that holds one pid, or is not there. */
#include "part3/pid_file.h"
#include "tests/testing.h"

#include <dirent.h>

static const char *content(const char *name)
{
    static char text[64];
    int file = open(own_path(name), O_RDONLY | O_CLOEXEC);
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static bool is_there(const char *name)
{
    return access(own_path(name), F_OK) == 0;
}

START_TEST(it_replaces_whatever_was_there)
{
    char own[32];
    snprintf(own, sizeof own, "%d\n", (int)getpid());
    write_file("pid", "something longer than any pid can be\n", 37);
    ck_assert_int_eq(pid_file_write(own_path("pid")), 0);
    ck_assert_str_eq(content("pid"), own);
    pid_file_remove(own_path("pid"));
    ck_assert(!is_there("pid"));
}
END_TEST

START_TEST(that_of_another_is_left_alone)
{
    write_file("pid", "1\n", 2);
    pid_file_remove(own_path("pid"));
    ck_assert(is_there("pid"));
    unlink(own_path("pid"));
    pid_file_remove(own_path("pid")); // nothing to do
}
END_TEST

START_TEST(it_is_held_until_its_process_ends_however_it_does)
{
    ck_assert_int_eq(pid_file_holder(own_path("pid")), 0);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t holder = fork();
    if (holder == 0) {
        if (pid_file_write(own_path("pid")) < 0)
            _exit(1);
        if (fork() == 0) { // what a child does costs it nothing
            pid_file_leave();
            _exit(0);
        }
        wait(NULL);
        ssize_t told = write(ends[1], "!", 1);
        pause();
        _exit(told == 1 ? 0 : 1);
    }
    char ready;
    ck_assert_int_eq(read(ends[0], &ready, 1), 1);
    ck_assert_int_eq(pid_file_holder(own_path("pid")), holder);
    kill(holder, SIGKILL);
    ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
    ck_assert(is_there("pid"));
    ck_assert_int_eq(pid_file_holder(own_path("pid")), 0);
}
END_TEST

START_TEST(what_cannot_be_written_leaves_nothing)
{
    ck_assert_int_eq(pid_file_write(own_path("no/such/place")), -1);
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_int_eq(mkdir(own_path("taken"), 0755), 0);
    ck_assert_int_eq(pid_file_write(own_path("taken")), -1);
    ck_assert_int_eq(rmdir(own_path("taken")), 0);
    DIR *directory = opendir(own_directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        ck_assert_int_eq(entry->d_name[0], '.');
    closedir(directory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pid_file");
    TCase *tests = new_case(suite, "pid_file");
    tcase_add_checked_fixture(tests, make_own_directory, remove_own_directory);
    tcase_add_test(tests, it_replaces_whatever_was_there);
    tcase_add_test(tests, that_of_another_is_left_alone);
    tcase_add_test(tests, it_is_held_until_its_process_ends_however_it_does);
    tcase_add_test(tests, what_cannot_be_written_leaves_nothing);
    return run_suite(suite);
}
