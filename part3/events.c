/* events.c - a worker's life, for people and for programs. */
#include "events.h"

#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int json = -1; // written by events_open(), in the supervisor only

int events_open(const char *path)
{
    int file =
        strcmp(path, "-") == 0
            ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
            : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0)
        return -1;
    if (json >= 0)
        close(json);
    json = file;
    return 0;
}

static bool is(const struct event *event, const char *name)
{
    return strcmp(event->name, name) == 0;
}

/* --- For people --- */

static void describe_exit(int status, double age, char *text, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(text, size, "killed by signal %d (%s)%s after %.1f s",
                 WTERMSIG(status), strsignal(WTERMSIG(status)),
                 WCOREDUMP(status) ? ", core dumped" : "", age);
    else
        snprintf(text, size, "exited with status %d after %.1f s",
                 WEXITSTATUS(status), age);
}

static void log_event(const struct event *event)
{
    char who[32] = "";
    char what[128];
    double age = (double)event->age_ms / 1e3;
    if (event->pid)
        snprintf(who, sizeof who, " (pid %d)", (int)event->pid);
    snprintf(what, sizeof what, "%s", event->name);
    if (is(event, "exit"))
        describe_exit(event->status, age, what, sizeof what);
    else if (is(event, "backoff"))
        snprintf(what, sizeof what, "waits for %.1f s", age);
    log_line("%s %d%s: %s%s%s", event->of ? event->of : "worker", event->slot,
             who, what, event->why ? ": " : "", event->why ? event->why : "");
}

/* --- For programs --- */

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Our own words only: nothing in them needs an escape. */
static void write_json(const struct event *event)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char *text = NULL;
    size_t len = 0;
    FILE *line = open_memstream(&text, &len);
    if (!line)
        return;
    fprintf(line,
            "{\"time\":%lld.%03ld,\"event\":\"%s\",\"slot\":%d,"
            "\"generation\":%u",
            (long long)now.tv_sec, now.tv_nsec / 1000000, event->name,
            event->slot, event->generation);
    if (event->pid)
        fprintf(line, ",\"pid\":%d", (int)event->pid);
    if (event->of)
        fprintf(line, ",\"of\":\"%s\"", event->of);
    if (event->why)
        fprintf(line, ",\"why\":\"%s\"", event->why);
    if (event->requests >= 0)
        fprintf(line, ",\"requests\":%lld", (long long)event->requests);
    fprintf(line, ",\"%s\":%.3f", is(event, "backoff") ? "delay" : "age",
            (double)event->age_ms / 1e3);
    if (is(event, "exit")) {
        if (WIFSIGNALED(event->status))
            fprintf(line, ",\"signal\":%d,\"core\":%s", WTERMSIG(event->status),
                    WCOREDUMP(event->status) ? "true" : "false");
        else
            fprintf(line, ",\"code\":%d", WEXITSTATUS(event->status));
        fprintf(line, ",\"utime\":%.3f,\"stime\":%.3f,\"maxrss_kib\":%ld",
                seconds(event->usage.ru_utime), seconds(event->usage.ru_stime),
                event->usage.ru_maxrss);
    }
    fprintf(line, "}\n");
    /* Neither a full disk nor a pipe that nobody reads stops a supervisor. */
    struct pollfd room = {.fd = json, .events = POLLOUT};
    if (fclose(line) == 0 && poll(&room, 1, 0) == 1) {
        ssize_t written = write(json, text, len);
        (void)written;
    }
    free(text);
}

void events_write(const struct event *event)
{
    log_event(event);
    if (json >= 0)
        write_json(event);
}
