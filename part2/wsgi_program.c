/* wsgi_program.c - import, look, and say clearly what was not there. */
#include "wsgi_program.h"

#include "common/log.h"
#include "wsgi_errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_BYTES = 512 };

/* For an exception that is set. */
static _Noreturn void give_up(const char *target, const char *what)
{
    char reason[REASON_BYTES];
    errors_describe_exception(target, reason, sizeof reason);
    errno = 0;
    die("--wsgi %s: %s: %s", target, what, reason);
}

static PyObject *import(const char *target, const char *name)
{
    PyObject *module = PyImport_ImportModule(name);
    if (!module)
        give_up(target, "the module cannot be imported");
    return module;
}

/* The expression after the colon as Python itself reads it, with the names of
 * the module: it is the operator's, like the module. */
static PyObject *evaluate(const char *target, const char *expression,
                          PyObject *module)
{
    PyObject *names = PyModule_GetDict(module);
    PyObject *value = PyRun_String(expression, Py_eval_input, names, names);
    if (!value)
        give_up(target, "the module has no such application");
    return value;
}

PyObject *program_find(const char *target)
{
    const char *colon = strchr(target, ':');
    char *name =
        colon ? strndup(target, (size_t)(colon - target)) : strdup(target);
    if (!name)
        die("--wsgi %s", target);
    PyObject *module = import(target, name);
    PyObject *found =
        evaluate(target, colon ? colon + 1 : "application", module);
    if (!PyCallable_Check(found)) {
        errno = 0;
        die("--wsgi %s: is not callable, but of the type %s", target,
            Py_TYPE(found)->tp_name);
    }
    Py_DECREF(module);
    free(name);
    return found;
}
