/* test_handover.c - a listener that comes from whoever started us. */
#include "part3/handover.h"
#include "tests/testing.h"

#include <sys/resource.h>

/* The environment says so, to `pid`. */
static void announce(const char *count, pid_t pid)
{
    char number[32];
    snprintf(number, sizeof number, "%d", (int)pid);
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDS", count, 1);
}

static int some_listener(void)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(listen(listener, 8), 0);
    return listener;
}

struct taken {
    int listener;
    bool closes_on_exec;
};

/* With `fd` as descriptor 3. That is Check's own, so while it is ours nothing
 * can be asserted. */
static struct taken take(int fd)
{
    int of_check = fcntl(3, F_DUPFD_CLOEXEC, 20);
    dup2(fd, 3);
    struct taken taken = {.listener = handover_take()};
    taken.closes_on_exec = closes_on_exec(3);
    dup2(of_check, 3);
    return taken;
}

START_TEST(it_is_taken_and_nothing_of_it_stays_for_programs)
{
    announce("1", getpid());
    struct taken taken = take(some_listener());
    ck_assert_int_eq(taken.listener, 3);
    ck_assert(taken.closes_on_exec);
    ck_assert(handover_is_kept());
    ck_assert(!handover_is_trial());
    ck_assert_ptr_null(handover_workers());
    ck_assert_ptr_null(getenv("LISTEN_PID"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
}
END_TEST

START_TEST(what_is_for_another_process_is_not_taken)
{
    announce("1", getppid());
    setenv("FORKYARD_READY_FD", "3", 1);
    ck_assert_int_eq(take(some_listener()).listener, -1);
    ck_assert(!handover_is_kept());
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_ptr_null(getenv("FORKYARD_READY_FD"));
}
END_TEST

START_TEST(nobody_need_hand_anything_in)
{
    unsetenv("LISTEN_PID");
    ck_assert_int_eq(handover_take(), -1);
    ck_assert(!handover_is_kept());
    handover_ready(); // and nobody waits to hear of it
}
END_TEST

START_TEST(who_tries_us_hears_one_byte_and_the_end)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    int told = ends[1];
    int heard = ends[0];
    char number[32];
    snprintf(number, sizeof number, "%d", told);
    setenv("FORKYARD_READY_FD", number, 1);
    announce("1", getpid());
    ck_assert_int_eq(take(some_listener()).listener, 3);
    ck_assert(closes_on_exec(told));
    ck_assert(handover_is_trial());
    ck_assert(handover_is_kept()); // by who tries us: not ours to freeze
    handover_ready();
    handover_ready();
    char text[8];
    size_t len;
    ck_assert_int_eq(read_all(heard, text, sizeof text, &len), 0);
    ck_assert_str_eq(text, "1");
}
END_TEST

static const char *const keepers[] = {NULL, "1"};

START_TEST(who_takes_our_place_finds_all_as_it_was)
{
    int listener = some_listener();
    char number[32];
    snprintf(number, sizeof number, "%d", listener);
    announce("1", getpid());
    setenv("FORKYARD_LISTENER", number, 1);
    setenv("FORKYARD_WORKERS", "1 2 3", 1);
    if (keepers[_i])
        setenv("FORKYARD_KEPT", keepers[_i], 1);
    ck_assert_int_eq(handover_take(), listener);
    ck_assert(closes_on_exec(listener));
    ck_assert_str_eq(handover_workers(), "1 2 3");
    ck_assert(!handover_is_trial());
    ck_assert_int_eq(handover_is_kept(), keepers[_i] != NULL);
    ck_assert_ptr_null(getenv("FORKYARD_LISTENER"));
    ck_assert_ptr_null(getenv("FORKYARD_WORKERS"));
    ck_assert_ptr_null(getenv("FORKYARD_KEPT"));
}
END_TEST

static char no_program[] = "/no/such/program";
static char *const nothing[] = {no_program, NULL};

START_TEST(what_cannot_be_tried_changes_nothing)
{
    struct rlimit files;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    int listener = some_listener();
    rlim_t most = files.rlim_cur;
    files.rlim_cur = (rlim_t)listener + 1;
    setrlimit(RLIMIT_NOFILE, &files);
    int ready = -1;
    pid_t trial = handover_try(nothing[0], nothing, listener, &ready);
    int error = errno;
    files.rlim_cur = most;
    setrlimit(RLIMIT_NOFILE, &files);
    ck_assert_int_eq(trial, -1);
    ck_assert_int_eq(error, EMFILE);
    ck_assert_int_eq(ready, -1);
}
END_TEST

START_TEST(what_cannot_be_become_changes_nothing)
{
    int listener = some_listener();
    ck_assert_int_eq(fcntl(listener, F_SETFD, FD_CLOEXEC), 0);
    handover_become(nothing[0], nothing, listener, "1 2 3");
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(closes_on_exec(listener));
    ck_assert_ptr_null(getenv("LISTEN_PID"));
    ck_assert_ptr_null(getenv("LISTEN_FDS"));
    ck_assert_ptr_null(getenv("FORKYARD_LISTENER"));
    ck_assert_ptr_null(getenv("FORKYARD_WORKERS"));
}
END_TEST

START_TEST(what_else_was_left_open_is_closed)
{
    pid_t child = fork();
    if (child == 0) { // alone: for Check's own are of that kind
        int ours = open("/dev/null", O_RDONLY | O_CLOEXEC);
        int theirs = open("/dev/null", O_RDONLY);
        int far = fcntl(theirs, F_DUPFD, 200);
        handover_close_others();
        _exit(fcntl(ours, F_GETFD) >= 0 && fcntl(0, F_GETFD) >= 0 &&
                      fcntl(theirs, F_GETFD) < 0 && fcntl(far, F_GETFD) < 0
                  ? 0
                  : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

static const struct refusal {
    bool is_listener;
    const char *count, *said;
} refusals[] = {
    {true, "2", "2 listeners were handed over, but one is served"},
    {false, "1", "descriptor 3 was handed over, but does not listen"},
};

static void take_what_is_wrong(const void *context)
{
    const struct refusal *refusal = context;
    int fd =
        refusal->is_listener ? some_listener() : open("/dev/null", O_RDONLY);
    announce(refusal->count, getpid());
    take(fd);
}

START_TEST(what_cannot_be_served_is_refused_with_a_reason)
{
    char text[512];
    ck_assert_int_eq(
        said_by(take_what_is_wrong, &refusals[_i], text, sizeof text),
        EXIT_FAILURE);
    ck_assert_ptr_nonnull(strstr(text, refusals[_i].said));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("handover");
    TCase *tests = new_case(suite, "handover");
    tcase_add_test(tests, it_is_taken_and_nothing_of_it_stays_for_programs);
    tcase_add_test(tests, what_is_for_another_process_is_not_taken);
    tcase_add_test(tests, nobody_need_hand_anything_in);
    tcase_add_test(tests, who_tries_us_hears_one_byte_and_the_end);
    tcase_add_loop_test(tests, who_takes_our_place_finds_all_as_it_was, 0,
                        COUNT(keepers));
    tcase_add_test(tests, what_cannot_be_tried_changes_nothing);
    tcase_add_test(tests, what_cannot_be_become_changes_nothing);
    tcase_add_test(tests, what_else_was_left_open_is_closed);
    tcase_add_loop_test(tests, what_cannot_be_served_is_refused_with_a_reason,
                        0, COUNT(refusals));
    return run_suite(suite);
}
