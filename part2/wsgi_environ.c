/* wsgi_environ.c - turns "NAME=value" into a dict of native strings: str with
 * a character for each byte, whatever they mean. */
#include "wsgi_environ.h"

#include "environ.h"
#include "wsgi_file.h"

#include <stdbool.h>
#include <string.h>

/* --- Names --- */

/* Names that most requests have. A str for each is made once, with its hash;
 * any other name is made anew, so that clients cannot fill our memory with
 * names they think up. */
static const char *const usual_names[] = {
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_AUTHORIZATION",
    "HTTP_CACHE_CONTROL",
    "HTTP_COOKIE",
    "HTTP_DNT",
    "HTTP_HOST",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_ORIGIN",
    "HTTP_PRAGMA",
    "HTTP_PRIORITY",
    "HTTP_REFERER",
    "HTTP_SEC_CH_UA",
    "HTTP_SEC_CH_UA_MOBILE",
    "HTTP_SEC_CH_UA_PLATFORM",
    "HTTP_SEC_FETCH_DEST",
    "HTTP_SEC_FETCH_MODE",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_SEC_FETCH_USER",
    "HTTP_UPGRADE_INSECURE_REQUESTS",
    "HTTP_USER_AGENT",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUESTED_WITH",
    "PATH_INFO",
    "QUERY_STRING",
    "REMOTE_ADDR",
    "REMOTE_HOST",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
};

enum {
    USUAL_NAMES = sizeof usual_names / sizeof *usual_names,
    SLOTS = 128 // a power of two, some times as many
};

/* An open hash table, written at start-up: empty where key is NULL. */
static struct slot {
    const char *name;
    size_t len;
    PyObject *key;
} slots[SLOTS];

static PyObject *input_key, *errors_key; // written at start-up

/* Where a name is, or where it would be. Most names begin alike, and differ
 * in their length and towards their end. */
static struct slot *find_slot(const char *name, size_t len)
{
    unsigned hash = (unsigned)len * 12 + (unsigned char)name[len - 1] * 14 +
                    (unsigned char)name[len - 1 - len / 2];
    struct slot *slot;
    do
        slot = &slots[hash++ % SLOTS];
    while (slot->key &&
           (slot->len != len || memcmp(slot->name, name, len) != 0));
    return slot;
}

int wsgi_environ_prepare(void)
{
    for (size_t i = 0; i < USUAL_NAMES; i++) {
        const char *name = usual_names[i];
        PyObject *key = PyUnicode_InternFromString(name);
        if (!key)
            return -1;
        *find_slot(name, strlen(name)) = (struct slot){name, strlen(name), key};
    }
    input_key = PyUnicode_InternFromString("wsgi.input");
    errors_key = PyUnicode_InternFromString("wsgi.errors");
    return input_key && errors_key ? 0 : -1;
}

/* A new reference. */
static PyObject *key_of(const char *name, size_t len)
{
    struct slot *slot = find_slot(name, len);
    if (!slot->key)
        return PyUnicode_DecodeLatin1(name, (Py_ssize_t)len, NULL);
    Py_INCREF(slot->key);
    return slot->key;
}

/* --- What is always the same --- */

/* Variables that every request has: a dict that was copied is filled in
 * faster than one that has to grow. */
static int make_room(PyObject *dict)
{
    static const char *const names[] = {
        "SERVER_NAME", "SERVER_PORT",    "SERVER_PROTOCOL", "SERVER_SOFTWARE",
        "SCRIPT_NAME", "PATH_INFO",      "REMOTE_ADDR",     "REMOTE_HOST",
        "REQUEST_URI", "REQUEST_METHOD", "QUERY_STRING",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (PyDict_SetItemString(dict, names[i], Py_None) < 0)
            return -1;
    return PyDict_SetItem(dict, input_key, Py_None) < 0
               ? -1
               : PyDict_SetItem(dict, errors_key, Py_None);
}

static PyObject *constants_of(enum concurrency concurrency)
{
    return Py_BuildValue("{s:(ii),s:s,s:O,s:O,s:O,s:O,s:O}", //
                         "wsgi.version", 1, 0,               //
                         "wsgi.url_scheme", "http",          //
                         "wsgi.multithread",
                         concurrency == MANY_THREADS ? Py_True : Py_False, //
                         "wsgi.multiprocess",
                         concurrency != ONE_AT_A_TIME ? Py_True : Py_False, //
                         "wsgi.run_once", Py_False,                         //
                         "wsgi.input_terminated", Py_True,                  //
                         "wsgi.file_wrapper", file_wrapper());
}

PyObject *wsgi_environ_constants(enum concurrency concurrency)
{
    PyObject *constants = constants_of(concurrency);
    if (constants && make_room(constants) < 0)
        Py_CLEAR(constants);
    return constants;
}

/* --- One request --- */

static int add_variable(PyObject *dict, const char *variable)
{
    const char *equals = strchr(variable, '=');
    const char *value = equals + 1;
    PyObject *key = key_of(variable, (size_t)(equals - variable));
    PyObject *text =
        PyUnicode_DecodeLatin1(value, (Py_ssize_t)strlen(value), NULL);
    int result = key && text ? PyDict_SetItem(dict, key, text) : -1;
    Py_XDECREF(text);
    Py_XDECREF(key);
    return result;
}

static int add_variables(PyObject *dict, struct environ *env)
{
    char *const *variables = environ_variables(env);
    if (!variables) {
        PyErr_NoMemory();
        return -1;
    }
    for (; *variables; variables++)
        if (add_variable(dict, *variables) < 0)
            return -1;
    return 0;
}

PyObject *wsgi_environ_new(PyObject *constants, const struct exchange *exchange,
                           size_t script_len, PyObject *input, PyObject *errors)
{
    struct environ env;
    PyObject *dict = PyDict_Copy(constants);
    environ_make(&env, exchange, script_len);
    environ_add_credentials(&env, &exchange->request);
    if (dict && (add_variables(dict, &env) < 0 ||
                 PyDict_SetItem(dict, input_key, input) < 0 ||
                 PyDict_SetItem(dict, errors_key, errors) < 0))
        Py_CLEAR(dict);
    environ_free(&env);
    return dict;
}
