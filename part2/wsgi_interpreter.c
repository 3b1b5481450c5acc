/* wsgi_interpreter.c - starts CPython, and keeps it sound across fork(). */
#include "wsgi_interpreter.h"

#include "common/log.h"
#include "wsgi.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* --- Threads --- */

/* This fork has entered Python; its child has not been told yet. */
static _Thread_local bool entered_to_fork;
static _Thread_local PyGILState_STATE state_before_fork;
static bool is_new_child; // written by the fork handler and the first to enter

PyGILState_STATE interpreter_enter(void)
{
    static _Thread_local bool has_been_here;
    if (is_new_child) {
        is_new_child = false;
        PyOS_AfterFork_Child(); // makes the GIL anew, and holds it
        PyGILState_Release(state_before_fork);
    }
    PyGILState_STATE state = PyGILState_Ensure();
    /* Once more, and never undone: else Python would forget the thread each
     * time it leaves, and with it the application's thread-local data. */
    if (!has_been_here)
        PyGILState_Ensure();
    has_been_here = true;
    return state;
}

void interpreter_leave(PyGILState_STATE state)
{
    PyGILState_Release(state);
}

/* --- Forks --- */

/* A child has one thread, the one that forked. If another held the GIL or a
 * lock of Python's at that moment, the child would wait for it for ever: so
 * nobody forks without holding them. os.fork() does so itself. */
static void before_fork(void)
{
    entered_to_fork = !PyGILState_Check();
    if (!entered_to_fork)
        return;
    state_before_fork = interpreter_enter();
    PyOS_BeforeFork();
}

static void after_fork_in_parent(void)
{
    if (!entered_to_fork)
        return;
    PyOS_AfterFork_Parent();
    interpreter_leave(state_before_fork);
}

/* Telling Python costs as much as answering, and many children never need
 * it: they serve files, or become CGI programs. So it waits until then. */
static void after_fork_in_child(void)
{
    if (entered_to_fork)
        is_new_child = true;
}

/* --- Start --- */

static void refuse(const PyStatus *status)
{
    errno = 0;
    die("--wsgi: Python cannot start: %s",
        status->err_msg ? status->err_msg : "it does not say why");
}

/* A program's name tells Python where its library is, and that it is in a
 * virtual environment: site.py looks for pyvenv.cfg one directory above. */
static void name_program(char *name, size_t size)
{
    const char *venv = wsgi_options.venv;
    char path[PATH_MAX], packages[PATH_MAX + 64], mark[PATH_MAX + 16];
    if (!venv) {
        snprintf(name, size, "%s/bin/python%d.%d", PYTHON_PREFIX,
                 PY_MAJOR_VERSION, PY_MINOR_VERSION);
        return;
    }
    if (!realpath(venv, path))
        die("--wsgi-venv %s", venv);
    snprintf(mark, sizeof mark, "%s/pyvenv.cfg", path);
    if (access(mark, R_OK) != 0)
        die("--wsgi-venv %s: is no virtual environment: pyvenv.cfg", venv);
    snprintf(packages, sizeof packages, "%s/lib/python%d.%d/site-packages",
             path, PY_MAJOR_VERSION, PY_MINOR_VERSION);
    if (access(packages, R_OK | X_OK) != 0)
        die("--wsgi-venv %s: is not for Python %d.%d, which is in here: %s",
            venv, PY_MAJOR_VERSION, PY_MINOR_VERSION, packages);
    snprintf(name, size, "%s/bin/python", path);
}

static void initialize(void)
{
    char name[PATH_MAX + 64];
    name_program(name, sizeof name);
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    config.parse_argv = 0;
    PyStatus status =
        PyConfig_SetBytesString(&config, &config.program_name, name);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    if (PyStatus_Exception(status))
        refuse(&status);
    PyConfig_Clear(&config);
}

static void insert_path(Py_ssize_t index, const char *directory)
{
    char path[PATH_MAX];
    if (!realpath(directory, path))
        die("--wsgi-path %s", directory);
    PyObject *text = PyUnicode_DecodeFSDefault(path);
    if (!text || PyList_Insert(PySys_GetObject("path"), index, text) < 0)
        die("--wsgi-path %s", directory);
    Py_DECREF(text);
}

static void insert_paths(void)
{
    for (size_t i = 0; i < wsgi_options.path_count; i++)
        insert_path((Py_ssize_t)i, wsgi_options.paths[i]);
    if (wsgi_options.path_count == 0)
        insert_path(0, ".");
}

/* Importing signal installs a handler for SIGINT; modules do so when they
 * like, so it is done now and undone. And nobody flushes standard output at
 * the end; nor shall children print again what their parent has not yet. */
static const char settle[] =
    "import signal, sys\n"
    "if signal.getsignal(signal.SIGINT) is signal.default_int_handler:\n"
    "    signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
    "if sys.stdout:\n"
    "    sys.stdout.reconfigure(line_buffering=True)\n";

void interpreter_start(void)
{
    initialize();
    insert_paths();
    PyRun_SimpleString(settle);
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    PyEval_SaveThread();
}
