/* stage.h - a stage as the tests run it: start it on a free port, be its
 * client, look at its children, end it. Stages are found in $BUILD (build). */
#ifndef TESTS_STAGE_H
#define TESTS_STAGE_H

#include "tests/testing.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/prctl.h>

enum { LIMIT_MS = 10000 };

/* Repeat until the condition holds; the test fails after LIMIT_MS. */
#define WAIT_FOR(condition)                                                    \
    for (int64_t limit = milliseconds() + LIMIT_MS; !(condition);              \
         poll(NULL, 0, 5))                                                     \
    ck_assert_msg(milliseconds() < limit, "not in time: %s", #condition)

/* --- A running stage --- */

struct server {
    pid_t pid;
    int port;
    int log; // its standard output and error
};

/* Run a stage with these options; returns its pid, its log in *log. */
static inline pid_t run_stage(const char *name, const char *const *options,
                              int *log)
{
    char path[4096];
    const char *build = getenv("BUILD");
    snprintf(path, sizeof path, "%s/%s", build ? build : "build", name);
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // a failed test leaves nothing
        signal(SIGPIPE, SIG_DFL);         // "ignored" would be inherited
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        const char *argv[24] = {path};
        for (int i = 0; options[i]; i++)
            argv[i + 1] = options[i];
        execv(path, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    *log = ends[0];
    return pid;
}

/* Read the log until `text` has come, or its end. Returns what was read. */
static inline const char *read_log(int log, const char *text)
{
    static char all[65536];
    size_t len = 0;
    all[0] = '\0';
    int64_t limit = milliseconds() + LIMIT_MS;
    while (!strstr(all, text) && len + 1 < sizeof all) {
        struct pollfd one = {.fd = log, .events = POLLIN};
        ck_assert_msg(milliseconds() < limit, "never logged: %s", text);
        if (poll(&one, 1, 100) <= 0)
            continue;
        ssize_t got = read(log, all + len, sizeof all - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        all[len] = '\0';
    }
    return all;
}

static inline struct server start_stage(const char *name,
                                        const char *const *options)
{
    static const char url_start[] = "listening on http://127.0.0.1:";
    struct server server;
    server.pid = run_stage(name, options, &server.log);
    const char *said = read_log(server.log, "pid ");
    const char *url = strstr(said, url_start);
    ck_assert_msg(url != NULL, "%s says: %s", name, said);
    server.port = atoi(url + strlen(url_start));
    ck_assert_int_gt(server.port, 0);
    return server;
}

/* start_stage() on a free port, with more options. */
#define START_STAGE(name, ...)                                                 \
    start_stage(name, (const char *[]){"--port", "0", "--root", "www",         \
                                       __VA_ARGS__, NULL})

/* Returns the status it ended with, or 128 and the signal. */
static inline int stop_by(struct server *server, int signal)
{
    kill(server->pid, signal);
    kill(server->pid, SIGCONT);
    close(server->log);
    return status_of(server->pid);
}

static inline void stop(struct server *server)
{
    ck_assert_int_eq(stop_by(server, SIGTERM), 128 + SIGTERM);
}

/* --- Its children --- */

/* Is this process, by its name in /proc, a child of `parent` and, unless
 * `state` is 0, in that state? */
static inline bool is_child(const char *name, pid_t parent, char state)
{
    char path[300], stat[512] = "";
    snprintf(path, sizeof path, "/proc/%s/stat", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, stat, sizeof stat - 1);
    if (file >= 0)
        close(file);
    const char *behind_name = got > 0 ? strrchr(stat, ')') : NULL;
    char is;
    int ppid;
    return behind_name && sscanf(behind_name, ") %c %d", &is, &ppid) == 2 &&
           ppid == parent && (!state || is == state);
}

/* Children of a process: all (state 0) or those in one state. Returns how
 * many; *last is one of them, or 0. */
static inline int find_children(pid_t parent, char state, pid_t *last)
{
    int count = 0;
    *last = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !is_child(entry->d_name, parent, state))
            continue;
        *last = atoi(entry->d_name);
        count++;
    }
    closedir(proc);
    return count;
}

static inline int children(pid_t parent, char state)
{
    pid_t last;
    return find_children(parent, state, &last);
}

/* --- Its client --- */

static inline int dial(const struct server *server)
{
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)server->port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct timeval limit = {.tv_sec = LIMIT_MS / 1000};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(
        connect(client, (struct sockaddr *)&address, sizeof address), 0);
    return client;
}

static inline void say(int client, const char *text)
{
    ssize_t len = (ssize_t)strlen(text);
    ck_assert_int_eq(send(client, text, (size_t)len, MSG_NOSIGNAL), len);
}

#endif
