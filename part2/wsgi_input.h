/* wsgi_input.h - wsgi.input: the body of a request as a file of bytes. The
 * caller has entered the interpreter. */
#ifndef PART2_WSGI_INPUT_H
#define PART2_WSGI_INPUT_H

#include "common/body.h"

#include <Python.h>

/* Make the type ready. For start-up; -1: a Python exception is set. */
int input_prepare(void);

/* A new wsgi.input that reads `body`, which must live until input_close().
 * NULL: an exception is set. */
PyObject *input_new(const struct body *body);

/* The request is over: whoever kept it can read no more. Waits for a thread
 * that is still reading. */
void input_close(PyObject *input);

#endif
