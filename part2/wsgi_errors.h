/* wsgi_errors.h - wsgi.errors, and what else an application has to say to
 * whoever reads the log. The caller has entered the interpreter. */
#ifndef PART2_WSGI_ERRORS_H
#define PART2_WSGI_ERRORS_H

#include <Python.h>

/* Make the types ready. For start-up; -1: a Python exception is set. */
int errors_prepare(void);

/* A new wsgi.errors: each line of text becomes a line of the log, with `name`
 * in front, which is kept, not copied. NULL: an exception is set. */
PyObject *errors_new(const char *name);

/* End the line that an application left unfinished. */
void errors_finish(PyObject *errors);

/* Take the exception that is set, and log its traceback, a log line each of
 * its lines. */
void errors_log_exception(const char *name);

/* Take the exception that is set, log its traceback, and write it into `text`
 * as one line, "ImportError: no module ...". */
void errors_describe_exception(const char *name, char *text, size_t size);

#endif
