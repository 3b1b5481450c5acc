/* log.h - one line per event on standard error, role and pid in each.
 * A line is one write(2), so lines of several processes never mix. A log that
 * nobody reads loses lines; it never stops a server. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

/* Name the role that the lines of this process carry from now on. The text
 * is kept, not copied. */
void log_role(const char *role);

/* Log to this file from now on: standard error becomes it, also for programs
 * that are started later. Returns 0, or -1 with errno, and goes on as before. */
int log_open(const char *path);

/* Leave out log_request() lines from now on. */
void log_no_requests(void);

/* Are they wanted? For who would prepare much for them. */
bool log_wants_requests(void);

/* Write one line. Control characters are written as \xNN, so that nothing a
 * client sends can forge a line. Keeps errno. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* As log_line(), with ": " and errno's text at the end. Keeps errno. */
__attribute__((format(printf, 1, 2))) void log_errno(const char *format, ...);

/* As log_line(), for a signal handler, which may not use printf: the line is
 * `pieces` one behind the other; NULL ends them. */
void log_from_handler(const char *const *pieces);

/* As log_line(), for the line that each answered request leaves. */
__attribute__((format(printf, 1, 2))) void log_request(const char *format, ...);

/* For start-up, and for a main loop that cannot go on: as log_errno(), or
 * without errno's text if errno is 0; then ends the process with status 1. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format,
                                                         ...);

#endif
