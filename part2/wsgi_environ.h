/* wsgi_environ.h - the request as the dict that PEP 3333 describes. The
 * caller has entered the interpreter. */
#ifndef PART2_WSGI_ENVIRON_H
#define PART2_WSGI_ENVIRON_H

#include "service.h"

#include <Python.h>

/* Make ready what all requests share. For start-up; -1: a Python exception is
 * set. */
int wsgi_environ_prepare(void);

/* A new dict of what is the same for every request: wsgi.version and the
 * like. NULL: an exception is set. */
PyObject *wsgi_environ_constants(enum concurrency concurrency);

/* A new dict: a copy of `constants`, the variables of the request, whose
 * mount's prefix is `script_len` long, and the two streams. NULL: an
 * exception is set. */
PyObject *wsgi_environ_new(PyObject *constants, const struct exchange *exchange,
                           size_t script_len, PyObject *input,
                           PyObject *errors);

#endif
