/* log.c - formats a line, makes it safe, writes it in one piece. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 }; // PIPE_BUF: one write, one piece

static const char *role = "forkyard"; // written at start-up only
static bool requests_wanted = true;   // written at start-up only

void log_role(const char *name)
{
    role = name;
}

int log_open(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0)
        return -1;
    int moved = dup2(file, STDERR_FILENO);
    close(file);
    return moved < 0 ? -1 : 0;
}

void log_no_requests(void)
{
    requests_wanted = false;
}

bool log_wants_requests(void)
{
    return requests_wanted;
}

/* Copy `text`, writing control characters as \xNN; returns the length. */
static size_t escape(char *line, size_t size, const char *text)
{
    size_t used = 0;
    for (; *text && used + sizeof "\\xNN\n" <= size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != 0x7f)
            line[used++] = *text;
        else
            used += (size_t)sprintf(line + used, "\\x%02x", c);
    }
    return used;
}

__attribute__((format(printf, 1, 0))) static void write_line(const char *format,
                                                             va_list values,
                                                             int error)
{
    char text[LINE_MAX_BYTES];
    int len = snprintf(text, sizeof text, "%s[%d] ", role, (int)getpid());
    size_t used = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    len = vsnprintf(text + used, sizeof text - used, format, values);
    used += (size_t)(len > 0 ? len : 0);
    if (error && used < sizeof text)
        snprintf(text + used, sizeof text - used, ": %s", strerror(error));

    char line[LINE_MAX_BYTES];
    used = escape(line, sizeof line, text);
    line[used++] = '\n';
    /* If nobody reads the log, the server still serves: a pipe is writable
     * while a page of it is free, which is more than a line. */
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&log, 1, 0) == 1) {
        ssize_t written = write(STDERR_FILENO, line, used);
        (void)written;
    }
}

void log_line(const char *format, ...)
{
    int kept = errno;
    va_list values;
    va_start(values, format);
    write_line(format, values, 0);
    va_end(values);
    errno = kept;
}

void log_errno(const char *format, ...)
{
    int kept = errno;
    va_list values;
    va_start(values, format);
    write_line(format, values, kept);
    va_end(values);
    errno = kept;
}

void log_request(const char *format, ...)
{
    if (!requests_wanted)
        return;
    int kept = errno;
    va_list values;
    va_start(values, format);
    write_line(format, values, 0);
    va_end(values);
    errno = kept;
}

void die(const char *format, ...)
{
    int error = errno;
    va_list values;
    va_start(values, format);
    write_line(format, values, error);
    va_end(values);
    exit(EXIT_FAILURE);
}
