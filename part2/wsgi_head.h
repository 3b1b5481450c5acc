/* wsgi_head.h - what start_response is given becomes the beginning of a
 * response. The caller has entered the interpreter. */
#ifndef PART2_WSGI_HEAD_H
#define PART2_WSGI_HEAD_H

#include "common/response.h"

#include <Python.h>

/* Start `response`, which is open, with a status and headers as PEP 3333
 * describes them. Returns 0, and in *declared the Content-Length, -1 if there
 * is none; or -1 with an exception set, and the response is still open. */
int head_begin(struct response *response, PyObject *status, PyObject *headers,
               int64_t *declared);

#endif
