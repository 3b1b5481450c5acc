/* wsgi_errors.c - text from Python becomes lines of the log. */
#include "wsgi_errors.h"

#include "common/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 2048 }; // a longer line becomes several

struct errors {
    PyObject_HEAD
    const char *name;
    size_t used;
    char line[LINE_BYTES];
};

/* --- Lines --- */

static void end_line(struct errors *errors)
{
    log_line("wsgi %s: %.*s", errors->name, (int)errors->used, errors->line);
    errors->used = 0;
}

static void add_bytes(struct errors *errors, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    while (bytes < end) {
        size_t room = sizeof errors->line - errors->used;
        size_t step =
            (size_t)(end - bytes) < room ? (size_t)(end - bytes) : room;
        const char *newline = memchr(bytes, '\n', step);
        if (newline)
            step = (size_t)(newline - bytes);
        memcpy(errors->line + errors->used, bytes, step);
        errors->used += step;
        bytes += step + (newline ? 1 : 0);
        if (newline || errors->used == sizeof errors->line)
            end_line(errors);
    }
}

/* Whatever is in the text: what UTF-8 cannot say is written as \uNNNN. */
static int add_text(struct errors *errors, PyObject *text)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "wsgi.errors takes str, not %.100s",
                     Py_TYPE(text)->tp_name);
        return -1;
    }
    PyObject *bytes =
        PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    if (!bytes)
        return -1;
    add_bytes(errors, PyBytes_AS_STRING(bytes),
              (size_t)PyBytes_GET_SIZE(bytes));
    Py_DECREF(bytes);
    return 0;
}

/* --- What an application sees --- */

static PyObject *errors_write(PyObject *self, PyObject *text)
{
    if (add_text((struct errors *)self, text) < 0)
        return NULL;
    return PyLong_FromSsize_t(PyUnicode_GetLength(text));
}

static PyObject *errors_writelines(PyObject *self, PyObject *texts)
{
    PyObject *iterator = PyObject_GetIter(texts);
    if (!iterator)
        return NULL;
    int result = 0;
    PyObject *text;
    while (result == 0 && (text = PyIter_Next(iterator))) {
        result = add_text((struct errors *)self, text);
        Py_DECREF(text);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *errors_flush(PyObject *self, PyObject *unused)
{
    (void)unused;
    errors_finish(self);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"write", errors_write, METH_O, NULL},
    {"writelines", errors_writelines, METH_O, NULL},
    {"flush", errors_flush, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject errors_type = {
    .ob_base = {PyObject_HEAD_INIT(NULL) 0},
    .tp_name = "wsgi.Errors",
    .tp_basicsize = sizeof(struct errors),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
};

int errors_prepare(void)
{
    return PyType_Ready(&errors_type);
}

PyObject *errors_new(const char *name)
{
    struct errors *errors = PyObject_New(struct errors, &errors_type);
    if (!errors)
        return NULL;
    errors->name = name;
    errors->used = 0;
    return (PyObject *)errors;
}

void errors_finish(PyObject *self)
{
    struct errors *errors = (struct errors *)self;
    if (errors->used > 0)
        end_line(errors);
}

/* --- Exceptions --- */

/* Take the exception that is set, traceback and all. */
static PyObject *take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback)
        PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* Its lines as traceback.format_exception() makes them, or NULL. */
static PyObject *format(PyObject *exception)
{
    PyObject *module = PyImport_ImportModule("traceback");
    if (!module)
        return NULL;
    PyObject *traceback = PyException_GetTraceback(exception);
    PyObject *lines = PyObject_CallMethod(
        module, "format_exception", "OOO", (PyObject *)Py_TYPE(exception),
        exception, traceback ? traceback : Py_None);
    Py_XDECREF(traceback);
    Py_DECREF(module);
    return lines;
}

static void log_traceback(const char *name, PyObject *exception)
{
    PyObject *errors = errors_new(name);
    PyObject *lines = format(exception);
    PyObject *done = errors && lines ? errors_writelines(errors, lines) : NULL;
    if (!done) { // an exception whose text raises, or no memory
        PyErr_Clear();
        log_line("wsgi %s: %s", name, Py_TYPE(exception)->tp_name);
    }
    Py_XDECREF(done);
    Py_XDECREF(lines);
    Py_XDECREF(errors);
}

void errors_log_exception(const char *name)
{
    PyObject *exception = take_exception();
    log_traceback(name, exception);
    Py_DECREF(exception);
}

void errors_describe_exception(const char *name, char *text, size_t size)
{
    PyObject *exception = take_exception();
    log_traceback(name, exception);
    PyObject *message = PyObject_Str(exception);
    const char *said = message ? PyUnicode_AsUTF8(message) : NULL;
    snprintf(text, size, "%s: %s", Py_TYPE(exception)->tp_name,
             said ? said : "?");
    PyErr_Clear();
    Py_XDECREF(message);
    Py_DECREF(exception);
}
