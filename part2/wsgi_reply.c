/* wsgi_reply.c - hands what an application says to response.h, in the order
 * and at the time that PEP 3333 wants. */
#include "wsgi_reply.h"

#include "common/log.h"
#include "wsgi_errors.h"
#include "wsgi_file.h"
#include "wsgi_head.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

struct reply {
    PyObject_HEAD
    const char *name;
    struct exchange *exchange; // NULL: the request is over
    int64_t declared;          // Content-Length; -1 if not
    int error;                 // errno of what could not be sent, or 0
    pthread_mutex_t writing;   // never waited for while holding the GIL
};

/* --- One thread at a time, and none after the end --- */

/* Returns the response, for this thread alone until it gives it back, or NULL
 * with an exception set. */
static struct response *take_response(struct reply *reply)
{
    if (pthread_mutex_trylock(&reply->writing) != 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "another thread is writing this response");
        return NULL;
    }
    if (reply->exchange)
        return &reply->exchange->response;
    pthread_mutex_unlock(&reply->writing);
    PyErr_SetString(PyExc_RuntimeError, "the request is over");
    return NULL;
}

static void give_back(struct reply *reply)
{
    pthread_mutex_unlock(&reply->writing);
}

/* --- Begin again --- */

/* Raise what the application was handling when it called us. */
static void raise_again(PyObject *exc_info)
{
    PyObject *type, *value, *traceback;
    if (!PyArg_ParseTuple(exc_info, "OOO", &type, &value, &traceback))
        return;
    if (!PyExceptionClass_Check(type)) {
        PyErr_SetString(PyExc_TypeError, "exc_info holds no exception");
        return;
    }
    Py_INCREF(type);
    Py_INCREF(value);
    Py_INCREF(traceback);
    if (traceback == Py_None)
        Py_CLEAR(traceback);
    PyErr_Restore(type, value, traceback);
}

/* Make room for a beginning: with exc_info it may take back one that has not
 * left yet. Returns 0, or -1 with an exception set. */
static int clear_the_way(struct reply *reply, struct response *response,
                         PyObject *exc_info)
{
    if (exc_info != Py_None && !PyTuple_Check(exc_info)) {
        PyErr_SetString(PyExc_TypeError, "exc_info must be a tuple or None");
        return -1;
    }
    if (response->status == 0)
        return 0;
    if (exc_info == Py_None) {
        PyErr_SetString(PyExc_AssertionError,
                        "start_response() was called twice without exc_info");
        return -1;
    }
    if (!response_restart(response)) {
        raise_again(exc_info);
        return -1;
    }
    reply->declared = -1;
    return 0;
}

/* --- Bytes --- */

/* Note what could not be sent. Returns 0, or -1 with an exception set. */
static int check(struct reply *reply, int error)
{
    if (error == 0)
        return 0;
    if (reply->error == 0)
        reply->error = error;
    errno = reply->error;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static int put(struct reply *reply, const void *bytes, size_t len)
{
    int error = 0;
    struct response *response = take_response(reply);
    if (!response)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    if (response_write(response, bytes, len) < 0)
        error = errno;
    Py_END_ALLOW_THREADS
    give_back(reply);
    return check(reply, error);
}

static int put_part(struct reply *reply, const struct file_part *part)
{
    int error = 0;
    struct response *response = take_response(reply);
    if (!response)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    if (response_write_file(response, part->file, part->offset, part->len) < 0)
        error = errno;
    Py_END_ALLOW_THREADS
    give_back(reply);
    return check(reply, error);
}

static int flush(struct reply *reply)
{
    int error = 0;
    struct response *response = take_response(reply);
    if (!response)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    if (response_flush(response) < 0)
        error = errno;
    Py_END_ALLOW_THREADS
    give_back(reply);
    return check(reply, error);
}

/* --- Blocks --- */

static bool is_block(PyObject *block)
{
    if (PyBytes_Check(block))
        return true;
    PyErr_Format(PyExc_TypeError,
                 "a block of the body must be bytes, not %.100s",
                 Py_TYPE(block)->tp_name);
    return false;
}

static bool is_started(const struct reply *reply)
{
    if (!reply->exchange || reply->exchange->response.status != 0)
        return true;
    PyErr_SetString(PyExc_AssertionError,
                    "start_response() was not called before the body");
    return false;
}

static int put_block(struct reply *reply, PyObject *block)
{
    if (!is_block(block) || !is_started(reply))
        return -1;
    size_t len = (size_t)PyBytes_GET_SIZE(block);
    return len > 0 ? put(reply, PyBytes_AS_STRING(block), len) : 0;
}

/* A block leaves before the next one is asked for: it may take a while. But
 * nothing leaves for an empty one, so that a late failure is still a 500. */
static int stream_block(struct reply *reply, PyObject *block)
{
    if (put_block(reply, block) < 0)
        return -1;
    return PyBytes_GET_SIZE(block) > 0 ? flush(reply) : 0;
}

/* Unless the application did, or began to write. Where a body is not wanted,
 * and empty, nobody knows how long it would be. */
static void declare(struct reply *reply, int64_t length)
{
    struct response *response = &reply->exchange->response;
    if (reply->declared < 0 && response->sent == 0 &&
        (length > 0 || response_has_body(response)))
        response_length(response, length);
}

/* --- What an application returns --- */

static int64_t length_of(PyObject *blocks)
{
    int64_t length = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(blocks); i++) {
        PyObject *block = PyTuple_GET_ITEM(blocks, i);
        if (!is_block(block))
            return -1;
        length += PyBytes_GET_SIZE(block);
    }
    return length;
}

/* Returns 0, or the errno of what could not be sent. */
static int put_blocks(struct response *response, PyObject *blocks)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(blocks); i++) {
        PyObject *block = PyTuple_GET_ITEM(blocks, i);
        if (response_write(response, PyBytes_AS_STRING(block),
                           (size_t)PyBytes_GET_SIZE(block)) < 0)
            return errno;
    }
    return 0;
}

/* All blocks are there: so the client can be told how long they are. */
static int send_all(struct reply *reply, PyObject *blocks)
{
    int64_t length = is_started(reply) ? length_of(blocks) : -1;
    if (length < 0)
        return -1;
    if (PyTuple_GET_SIZE(blocks) == 0)
        return 0; // who used write() may have a thread that still does
    struct response *response = take_response(reply);
    if (!response)
        return -1;
    declare(reply, length);
    int error;
    Py_BEGIN_ALLOW_THREADS
    error = put_blocks(response, blocks);
    Py_END_ALLOW_THREADS
    give_back(reply);
    return check(reply, error);
}

/* Blocks that come one by one, until the end, or until nobody wants them. */
static int send_each(struct reply *reply, PyObject *iterable)
{
    int result = 0;
    PyObject *block, *iterator = PyObject_GetIter(iterable);
    if (!iterator)
        return -1;
    while (result == 0 && (block = PyIter_Next(iterator))) {
        result = stream_block(reply, block);
        bool is_last = result == 0 && PyBytes_GET_SIZE(block) > 0 &&
                       !response_has_body(&reply->exchange->response);
        Py_DECREF(block);
        if (is_last)
            break;
    }
    Py_DECREF(iterator);
    return PyErr_Occurred() ? -1 : result;
}

/* As much of it as was declared: an application may want to send less. */
static int send_part(struct reply *reply, struct file_part *part)
{
    if (!is_started(reply))
        return -1;
    declare(reply, part->len);
    if (reply->declared >= 0 && part->len > reply->declared)
        part->len = reply->declared;
    return put_part(reply, part);
}

/* PEP 3333: an iterable whose len() is 1 has all its blocks as well. */
static bool is_complete(PyObject *result)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result))
        return true;
    bool is_one = PyObject_Size(result) == 1;
    PyErr_Clear();
    return is_one;
}

int reply_send(PyObject *self, PyObject *result)
{
    struct reply *reply = (struct reply *)self;
    struct file_part part;
    if (file_find_part(result, &part))
        return send_part(reply, &part);
    if (!is_complete(result))
        return send_each(reply, result);
    PyObject *blocks = PySequence_Tuple(result);
    int sent = blocks ? send_all(reply, blocks) : -1;
    Py_XDECREF(blocks);
    return sent;
}

/* --- What an application sees --- */

static PyObject *write_block(PyObject *self, PyObject *block)
{
    if (stream_block((struct reply *)self, block) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef write_method = {"write", write_block, METH_O, NULL};

static PyObject *start_response(PyObject *self, PyObject *const *args,
                                Py_ssize_t count)
{
    struct reply *reply = (struct reply *)self;
    if (count < 2 || count > 3) {
        PyErr_SetString(PyExc_TypeError,
                        "start_response(status, headers, exc_info=None)");
        return NULL;
    }
    struct response *response = take_response(reply);
    if (!response)
        return NULL;
    PyObject *exc_info = count > 2 ? args[2] : Py_None;
    int begun = clear_the_way(reply, response, exc_info);
    if (begun == 0)
        begun = head_begin(response, args[0], args[1], &reply->declared);
    give_back(reply);
    return begun == 0 ? PyCFunction_New(&write_method, self) : NULL;
}

static PyMethodDef start_response_method = {
    "start_response", (PyCFunction)(void (*)(void))start_response,
    METH_FASTCALL, NULL};

static PyTypeObject reply_type = {
    .ob_base = {PyObject_HEAD_INIT(NULL) 0},
    .tp_name = "wsgi.Reply",
    .tp_basicsize = sizeof(struct reply),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

int reply_prepare(void)
{
    return PyType_Ready(&reply_type);
}

PyObject *reply_new(struct exchange *exchange, const char *name)
{
    struct reply *reply = PyObject_New(struct reply, &reply_type);
    if (!reply)
        return NULL;
    reply->name = name;
    reply->exchange = exchange;
    reply->declared = -1;
    reply->error = 0;
    pthread_mutex_init(&reply->writing, NULL);
    return (PyObject *)reply;
}

PyObject *reply_start_response(PyObject *reply)
{
    return PyCFunction_New(&start_response_method, reply);
}

/* --- The end --- */

static void log_failure(const struct reply *reply)
{
    const struct request *request = &reply->exchange->request;
    log_line("wsgi %s: %s %s failed", reply->name, request->method,
             request->target);
    errors_log_exception(reply->name);
}

/* Take the exception that is set. It says nothing new if it is ours. */
static void settle_exception(const struct reply *reply)
{
    if (reply->error && PyErr_ExceptionMatches(PyExc_OSError))
        PyErr_Clear();
    else
        log_failure(reply);
}

static void log_loss(const struct reply *reply, int error)
{
    errno = error;
    if (error == EMSGSIZE)
        log_line("wsgi %s: wrote more than its Content-Length of %lld, which "
                 "was not sent",
                 reply->name, (long long)reply->declared);
    else if (error == EINVAL)
        log_line("wsgi %s: wrote less than its Content-Length of %lld",
                 reply->name, (long long)reply->declared);
    else
        log_errno("wsgi %s: lost its client", reply->name);
}

/* Waits for the client, so without the GIL. */
static void complete(struct reply *reply)
{
    struct response *response = &reply->exchange->response;
    if (response_end(response) < 0 && !reply->error)
        reply->error = errno;
    if (reply->error)
        log_loss(reply, reply->error);
}

static void fail(struct reply *reply)
{
    struct response *response = &reply->exchange->response;
    if (reply->error)
        log_loss(reply, reply->error);
    if (response_restart(response))
        response_error(response, 500, NULL);
    else
        response->broken = true; // too late for a status: cut it off
}

void reply_end(PyObject *self)
{
    struct reply *reply = (struct reply *)self;
    bool failed = PyErr_Occurred() || !is_started(reply);
    if (failed)
        settle_exception(reply);
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&reply->writing);
    if (failed)
        fail(reply);
    else
        complete(reply);
    Py_END_ALLOW_THREADS
    reply->exchange = NULL; // nobody looks at it without one of the two locks
    pthread_mutex_unlock(&reply->writing);
}
