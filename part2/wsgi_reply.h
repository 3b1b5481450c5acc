/* wsgi_reply.h - the response to one request, as Python makes it:
 * start_response, write, and the blocks of the body. The caller has entered
 * the interpreter; what waits for the client leaves it meanwhile. */
#ifndef PART2_WSGI_REPLY_H
#define PART2_WSGI_REPLY_H

#include "common/exchange.h"

#include <Python.h>

/* Make the type ready. For start-up; -1: a Python exception is set. */
int reply_prepare(void);

/* A new reply, which answers `exchange`; that must live until reply_end().
 * `name`, the application's, is kept. NULL: an exception is set. */
PyObject *reply_new(struct exchange *exchange, const char *name);

/* A new start_response that belongs to `reply`. NULL: an exception is set. */
PyObject *reply_start_response(PyObject *reply);

/* Send what the application returned: all its blocks, or a file. Returns 0,
 * or -1 with an exception set; OSError if the client cannot have the rest. */
int reply_send(PyObject *reply, PyObject *result);

/* Complete the response. If an exception is set, it is taken and logged, and
 * the client gets a 500; or if it is too late for that, its connection is cut.
 * Whoever kept start_response or write can do nothing with them from now on;
 * waits for a thread that is still writing. */
void reply_end(PyObject *reply);

#endif
