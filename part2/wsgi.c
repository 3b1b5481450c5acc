/* wsgi.c - calls an application for each request (PEP 3333).
 *
 *      environ, start_response --> application --> blocks of the body
 *                    |                                  |
 *      client <-- status, headers               client <-- each of them
 *
 * This file is the sentence; wsgi_environ.c, wsgi_input.c, wsgi_errors.c,
 * wsgi_reply.c and wsgi_file.c are its words. All of it is linked into
 * wsgi.so, together with CPython: see wsgi.h. */
#include "wsgi.h"

#include "common/log.h"
#include "service.h"
#include "wsgi_environ.h"
#include "wsgi_errors.h"
#include "wsgi_file.h"
#include "wsgi_input.h"
#include "wsgi_interpreter.h"
#include "wsgi_program.h"
#include "wsgi_reply.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct program {
    const char *name; // as the option says it
    PyObject *application;
    PyObject *constants; // of its environ
};

/* --- A request --- */

/* What an application is given. All are new, or NULL with an exception set. */
struct call {
    PyObject *reply, *input, *errors, *environ, *start_response;
};

static bool prepare(struct call *call, const struct program *program,
                    struct exchange *exchange, size_t script_len)
{
    *call = (struct call){
        .reply = reply_new(exchange, program->name),
        .input = input_new(&exchange->request.body),
        .errors = errors_new(program->name),
    };
    if (!call->reply || !call->input || !call->errors)
        return false;
    call->start_response = reply_start_response(call->reply);
    call->environ = wsgi_environ_new(program->constants, exchange, script_len,
                                     call->input, call->errors);
    return call->start_response && call->environ;
}

/* PEP 3333: if what it returned has close(), that is called at the end,
 * however the end came about. */
static void close_result(PyObject *result, const char *name)
{
    if (PyList_CheckExact(result) || PyTuple_CheckExact(result))
        return;
    PyObject *method = PyObject_GetAttrString(result, "close");
    PyObject *done = method ? PyObject_CallNoArgs(method) : NULL;
    if (!done && (method || !PyErr_ExceptionMatches(PyExc_AttributeError)))
        errors_log_exception(name);
    PyErr_Clear();
    Py_XDECREF(done);
    Py_XDECREF(method);
}

static void run(struct call *call, const struct program *program)
{
    PyObject *args[] = {call->environ, call->start_response};
    PyObject *result = PyObject_Vectorcall(program->application, args, 2, NULL);
    if (result)
        reply_send(call->reply, result);
    reply_end(call->reply);
    if (result)
        close_result(result, program->name);
    Py_XDECREF(result);
    input_close(call->input);
    errors_finish(call->errors);
}

static void forget(struct call *call)
{
    Py_XDECREF(call->start_response);
    Py_XDECREF(call->environ);
    Py_XDECREF(call->errors);
    Py_XDECREF(call->input);
    Py_XDECREF(call->reply);
}

/* Blocks as long as the application does: there is no other end to it. Any
 * thread may call it. SystemExit and KeyboardInterrupt are exceptions like
 * all others: they end the request, with 500, and not the server. */
static enum gateway_outcome answer(struct exchange *exchange,
                                   const struct mount *mount,
                                   const struct service *service)
{
    (void)service;
    if (!exchange->request.complete)
        return GATEWAY_ANSWERED; // its body is wanted first
    const struct program *program = mount->program;
    struct call call;
    PyGILState_STATE state = interpreter_enter();
    if (prepare(&call, program, exchange, strlen(mount->prefix))) {
        run(&call, program);
    } else {
        errors_log_exception(program->name);
        response_error(&exchange->response, 500, NULL);
    }
    forget(&call);
    interpreter_leave(state);
    return GATEWAY_ANSWERED;
}

/* --- Start --- */

static void start(void)
{
    interpreter_start();
    PyGILState_STATE state = interpreter_enter();
    if (errors_prepare() < 0 || input_prepare() < 0 || file_prepare() < 0 ||
        reply_prepare() < 0 || wsgi_environ_prepare() < 0) {
        errors_log_exception("start");
        errno = 0;
        die("--wsgi: Python cannot start");
    }
    interpreter_leave(state);
}

static void load(struct mount *mount, const struct service *service)
{
    if (!Py_IsInitialized())
        start();
    struct program *program = malloc(sizeof *program);
    if (!program)
        die("--wsgi %s", mount->target);
    PyGILState_STATE state = interpreter_enter();
    program->name = mount->target;
    program->application = program_find(mount->target);
    program->constants = wsgi_environ_constants(service->concurrency);
    if (!program->constants)
        die("--wsgi %s", mount->target);
    interpreter_leave(state);
    mount->program = program;
}

const struct gateway wsgi_python = {
    .load = load,
    .answer = answer,
};
