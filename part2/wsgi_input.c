/* wsgi_input.c - reads as much of a body as is asked for, and holds no more
 * of it in memory. */
#include "wsgi_input.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum { STEP_BYTES = 4096 }; // read ahead while looking for the end of a line

struct input {
    PyObject_HEAD
    const struct body *body; // NULL: the request is over
    size_t offset;           // of what comes next
    pthread_mutex_t reading; // never waited for while holding the GIL
};

/* --- Bytes --- */

static size_t left(const struct input *input)
{
    return input->body ? input->body->len - input->offset : 0;
}

/* Fill `bytes` from `offset` on, without the GIL: it may be a file. Returns
 * 0, or -1 with an exception set. */
static int copy(struct input *input, char *bytes, size_t len, size_t offset)
{
    int error = 0;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&input->reading);
    while (len > 0 && !error) {
        ssize_t got =
            input->body ? body_read(input->body, bytes, len, offset) : 0;
        if (got <= 0) {
            error = got < 0 ? errno : EIO;
        } else {
            bytes += got;
            offset += (size_t)got;
            len -= (size_t)got;
        }
    }
    pthread_mutex_unlock(&input->reading);
    Py_END_ALLOW_THREADS
    if (!error)
        return 0;
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

/* The next `len` bytes, of which there are enough. */
static PyObject *take(struct input *input, size_t len)
{
    size_t offset = input->offset;
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)len);
    if (!bytes)
        return NULL;
    input->offset += len;
    if (copy(input, PyBytes_AS_STRING(bytes), len, offset) < 0)
        Py_CLEAR(bytes);
    return bytes;
}

/* How long the next line is, its end included, `most` bytes at most. Returns
 * -1 with an exception set. */
static Py_ssize_t find_line(struct input *input, size_t most)
{
    char bytes[STEP_BYTES];
    size_t len = 0;
    while (len < most) {
        size_t step = most - len < sizeof bytes ? most - len : sizeof bytes;
        if (copy(input, bytes, step, input->offset + len) < 0)
            return -1;
        const char *newline = memchr(bytes, '\n', step);
        if (newline)
            return (Py_ssize_t)(len + (size_t)(newline - bytes) + 1);
        len += step;
    }
    return (Py_ssize_t)len;
}

static PyObject *take_line(struct input *input, size_t most)
{
    Py_ssize_t len = find_line(input, most);
    return len < 0 ? NULL : take(input, (size_t)len);
}

/* --- What an application sees --- */

/* How much is asked for: the only argument, or all that is left if there is
 * none, or None, or a negative one. Returns 0, or -1 with an exception set. */
static int read_size(struct input *input, PyObject *const *args,
                     Py_ssize_t count, size_t *size)
{
    if (!input->body) {
        PyErr_SetString(PyExc_ValueError, "wsgi.input: the request is over");
        return -1;
    }
    if (count > 1) {
        PyErr_SetString(PyExc_TypeError, "wsgi.input: at most one argument");
        return -1;
    }
    *size = left(input);
    if (count == 0 || args[0] == Py_None)
        return 0;
    Py_ssize_t asked = PyNumber_AsSsize_t(args[0], NULL);
    if (asked == -1 && PyErr_Occurred())
        return -1;
    if (asked >= 0 && (size_t)asked < *size)
        *size = (size_t)asked;
    return 0;
}

static PyObject *input_read(PyObject *self, PyObject *const *args,
                            Py_ssize_t count)
{
    struct input *input = (struct input *)self;
    size_t size;
    if (read_size(input, args, count, &size) < 0)
        return NULL;
    return take(input, size);
}

static PyObject *input_readline(PyObject *self, PyObject *const *args,
                                Py_ssize_t count)
{
    struct input *input = (struct input *)self;
    size_t size;
    if (read_size(input, args, count, &size) < 0)
        return NULL;
    return take_line(input, size);
}

/* Lines until there are as many bytes as the hint says; 0 is no hint. */
static PyObject *input_readlines(PyObject *self, PyObject *const *args,
                                 Py_ssize_t count)
{
    struct input *input = (struct input *)self;
    size_t hint;
    if (read_size(input, args, count, &hint) < 0)
        return NULL;
    size_t end = input->offset + (hint > 0 ? hint : left(input));
    PyObject *lines = PyList_New(0);
    while (lines && input->offset < end) {
        PyObject *line = take_line(input, left(input));
        if (!line || PyList_Append(lines, line) < 0)
            Py_CLEAR(lines);
        Py_XDECREF(line);
    }
    return lines;
}

static PyObject *input_next(PyObject *self)
{
    struct input *input = (struct input *)self;
    return left(input) > 0 ? take_line(input, left(input)) : NULL;
}

static PyMethodDef methods[] = {
    {"read", (PyCFunction)(void (*)(void))input_read, METH_FASTCALL, NULL},
    {"readline", (PyCFunction)(void (*)(void))input_readline, METH_FASTCALL,
     NULL},
    {"readlines", (PyCFunction)(void (*)(void))input_readlines, METH_FASTCALL,
     NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject input_type = {
    .ob_base = {PyObject_HEAD_INIT(NULL) 0},
    .tp_name = "wsgi.Input",
    .tp_basicsize = sizeof(struct input),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = input_next,
    .tp_methods = methods,
};

int input_prepare(void)
{
    return PyType_Ready(&input_type);
}

PyObject *input_new(const struct body *body)
{
    struct input *input = PyObject_New(struct input, &input_type);
    if (!input)
        return NULL;
    input->body = body;
    input->offset = 0;
    pthread_mutex_init(&input->reading, NULL);
    return (PyObject *)input;
}

void input_close(PyObject *self)
{
    struct input *input = (struct input *)self;
    if (pthread_mutex_trylock(&input->reading) != 0) {
        Py_BEGIN_ALLOW_THREADS
        pthread_mutex_lock(&input->reading);
        Py_END_ALLOW_THREADS
    }
    input->body = NULL; // nobody looks at it without one of the two locks
    pthread_mutex_unlock(&input->reading);
}
