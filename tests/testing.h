/* testing.h - what several test programs share: running a suite, waiting with
 * a limit, temporary directories, children that play the other side, what is
 * logged. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 8000, // for what must happen, however busy the machine is
    TEST_SECONDS = 20,  // then Check kills the test and all its children
    TEXT_BYTES = 8192
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEXT(literal) literal, sizeof literal - 1

/* --- Suites --- */

static inline TCase *new_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_set_timeout(tests, TEST_SECONDS);
    suite_add_tcase(suite, tests);
    return tests;
}

/* Run `suite`; returns the exit status of the program. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- Children --- */

/* Wait for `child`; returns its exit status, or 128 and the signal. */
static inline int status_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- Waiting --- */

static inline int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until `fd` is ready for `events`; fails the test if it never is. */
static inline void wait_for_events(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    ck_assert_msg(poll(&one, 1, PATIENCE_MS) == 1, "nothing happened");
}

/* Wait until `holds(context)`; fails the test if it never does. */
static inline void wait_until(bool (*holds)(const void *context),
                              const void *context)
{
    int64_t deadline = milliseconds() + PATIENCE_MS;
    while (!holds(context)) {
        ck_assert_msg(milliseconds() < deadline, "waited in vain");
        poll(NULL, 0, 2);
    }
}

/* Read until the end of input. Returns 0, or the errno that ended it. */
static inline int read_all(int from, char *text, size_t size, size_t *len)
{
    *len = 0;
    for (;;) {
        text[*len] = '\0';
        ck_assert_msg(*len + 1 < size, "more than %zu bytes came", size);
        wait_for_events(from, POLLIN);
        ssize_t got = read(from, text + *len, size - 1 - *len);
        if (got == 0)
            return 0;
        if (got < 0 && errno != EAGAIN)
            return errno;
        if (got > 0)
            *len += (size_t)got;
    }
}

typedef void part_fn(const void *context);

/* Run `part` in a child, which then ends. Returns its pid. */
static inline pid_t start(part_fn *part, const void *context)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    part(context);
    exit(0);
}

/* Run `part` in a child. Returns its exit status, and in `text` what it said
 * on standard output and standard error. */
static inline int said_by(part_fn *part, const void *context, char *text,
                          size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        part(context);
        exit(0);
    }
    close(ends[1]);
    size_t len;
    ck_assert_int_eq(read_all(ends[0], text, size, &len), 0);
    close(ends[0]);
    return status_of(child);
}

static inline size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* --- The log --- */

static int log_end; // where what goes to standard error can be read

/* As a fixture: standard error becomes a socket that keeps writes apart. */
static inline void catch_the_log(void)
{
    int ends[2];
    int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    ck_assert_int_eq(socketpair(AF_UNIX, type, 0, ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    log_end = ends[0];
}

/* What the next write was; "" if there was none. Valid until the next call. */
static inline const char *next_write(void)
{
    static char text[TEXT_BYTES];
    ssize_t len = read(log_end, text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

/* --- Descriptors --- */

static inline void do_not_block(int fd)
{
    ck_assert_int_eq(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
}

/* Two ends of a connection that do not block, as a server's clients. */
static inline void make_pair(int ends[2])
{
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    ck_assert_int_eq(socketpair(AF_UNIX, type, 0, ends), 0);
}

/* A client of `listener` on 127.0.0.1 or ::1. */
static inline int connect_to(int listener)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    struct sockaddr *any = (void *)&address;
    ck_assert_int_eq(getsockname(listener, any, &len), 0);
    int client = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(client, 0);
    ck_assert_msg(connect(client, any, len) == 0, "%s", strerror(errno));
    return client;
}

static inline bool closes_on_exec(int fd)
{
    return (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

/* Write everything, or fail the test. */
static inline void write_all(int to, const void *bytes, size_t len)
{
    const char *next = bytes;
    while (len > 0) {
        wait_for_events(to, POLLOUT);
        ssize_t put = write(to, next, len);
        ck_assert_msg(put > 0 || errno == EAGAIN, "write: %s", strerror(errno));
        next += put > 0 ? put : 0;
        len -= put > 0 ? (size_t)put : 0;
    }
}

/* --- A directory of its own for each test program --- */

static char own_directory[64]; // "" unless made

static inline int remove_one(const char *path, const struct stat *about,
                             int type, struct FTW *where)
{
    (void)about;
    (void)where;
    return type == FTW_DP ? rmdir(path) : unlink(path);
}

/* As unchecked fixtures these run in the program itself, before and after
 * all tests of a case: so nothing stays, whatever happens in a test. */
static inline void make_own_directory(void)
{
    snprintf(own_directory, sizeof own_directory, "/tmp/forkyard-test-XXXXXX");
    if (!mkdtemp(own_directory))
        abort();
    chmod(own_directory, 0755);
}

static inline void remove_own_directory(void)
{
    nftw(own_directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    own_directory[0] = '\0';
}

/* The path of `name` in the own directory; valid until the next call. */
static inline const char *own_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", own_directory, name);
    return path;
}

static inline void write_file(const char *name, const void *bytes, size_t len)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    int file = open(own_path(name), flags, 0644);
    ck_assert_msg(file >= 0, "%s: %s", name, strerror(errno));
    write_all(file, bytes, len);
    close(file);
}

/* When it was modified, in seconds since 1970. */
static inline void set_time(const char *name, time_t modified)
{
    const struct timespec times[2] = {{.tv_sec = modified},
                                      {.tv_sec = modified}};
    ck_assert_int_eq(utimensat(AT_FDCWD, own_path(name), times, 0), 0);
}

#endif
