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
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;
    for (; *text && used + sizeof "\\xNN\n" <= size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= ' ' && c != 0x7f) {
            line[used++] = *text;
            continue;
        }
        memcpy(line + used, (char[]){'\\', 'x', digits[c >> 4], digits[c & 15]},
               4);
        used += 4;
    }
    return used;
}

/* End the line and write it. If nobody reads the log, the server still serves:
 * a pipe is writable while a page of it is free, which is more than a line. */
static void put(char *line, size_t len)
{
    line[len++] = '\n';
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&log, 1, 0) == 1) {
        ssize_t written = write(STDERR_FILENO, line, len);
        (void)written;
    }
}

/* Leaves errno as it was. */
__attribute__((format(printf, 1, 0))) static void write_line(const char *format,
                                                             va_list values,
                                                             int error)
{
    int kept = errno;
    char text[LINE_MAX_BYTES];
    int len = snprintf(text, sizeof text, "%s[%d] ", role, (int)getpid());
    size_t used = (size_t)len < sizeof text ? (size_t)len : sizeof text - 1;
    len = vsnprintf(text + used, sizeof text - used, format, values);
    used += (size_t)(len > 0 ? len : 0);
    if (error && used < sizeof text)
        snprintf(text + used, sizeof text - used, ": %s", strerror(error));

    char line[LINE_MAX_BYTES];
    put(line, escape(line, sizeof line, text));
    errno = kept;
}

void log_line(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(format, values, 0);
    va_end(values);
}

void log_errno(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(format, values, errno);
    va_end(values);
}

/* The digits of this process's pid, within `text`. */
static const char *write_pid(char text[], size_t size)
{
    char *first = text + size - 1;
    *first = '\0';
    for (int left = (int)getpid(); left > 0; left /= 10)
        *--first = (char)('0' + left % 10);
    return first;
}

void log_from_handler(const char *const *pieces)
{
    int kept = errno;
    char digits[3 * sizeof(pid_t) + 1], line[LINE_MAX_BYTES];
    const char *const start[] = {role, "[", write_pid(digits, sizeof digits),
                                 "] ", NULL};
    size_t used = 0;
    for (const char *const *piece = start; *piece; piece++)
        used += escape(line + used, sizeof line - used, *piece);
    for (; *pieces; pieces++)
        used += escape(line + used, sizeof line - used, *pieces);
    put(line, used);
    errno = kept;
}

void log_request(const char *format, ...)
{
    if (!requests_wanted)
        return;
    va_list values;
    va_start(values, format);
    write_line(format, values, 0);
    va_end(values);
}

void die(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(format, values, errno);
    va_end(values);
    exit(EXIT_FAILURE);
}
