/* wsgi_head.c - checks the status and the headers as PEP 3333 wants it: while
 * the application can still learn what is wrong with them. */
#include "wsgi_head.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The bytes of a native string, a str with a character for each byte; or NULL
 * with an exception set. */
static const char *native_bytes(PyObject *text, const char *what)
{
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "%s must be str, not %.100s", what,
                     Py_TYPE(text)->tp_name);
        return NULL;
    }
    if (PyUnicode_KIND(text) != PyUnicode_1BYTE_KIND) {
        PyErr_Format(PyExc_ValueError, "%s %R goes beyond Latin-1", what, text);
        return NULL;
    }
    const char *bytes = (const char *)PyUnicode_1BYTE_DATA(text);
    if (strlen(bytes) != (size_t)PyUnicode_GET_LENGTH(text)) {
        PyErr_Format(PyExc_ValueError, "%s %R contains NUL", what, text);
        return NULL;
    }
    return bytes;
}

static bool is_status_line(const char *text)
{
    for (size_t i = 0; i < 3; i++)
        if (!isdigit((unsigned char)text[i]))
            return false;
    for (const char *next = text + 3; *next; next++)
        if (iscntrl((unsigned char)*next))
            return false;
    return text[0] >= '2' && text[0] <= '5' &&
           (text[3] == ' ' || text[3] == '\0');
}

/* The number in "200 OK", or -1 with an exception set. */
static int read_status(PyObject *status)
{
    const char *text = native_bytes(status, "the status");
    if (text && is_status_line(text))
        return (int)strtol(text, NULL, 10);
    if (text)
        PyErr_Format(PyExc_ValueError,
                     "the status must be like '200 OK', from 200 to 599, "
                     "not %R",
                     status);
    return -1;
}

/* Headers that say something of this connection, which is ours (RFC 2616
 * 13.5.1, which PEP 3333 refers to). */
static bool is_hop_by_hop(const char *name)
{
    static const char *const names[] = {
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "TE",
        "Trailer",
        "Trailers",
        "Upgrade",
        "Transfer-Encoding",
    };
    if (!strchr("CcKkPpTtUu", *name))
        return false; // most are not: do not look further
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}

/* Returns what is wrong with it, or NULL. */
static const char *set_header(struct response *response, const char *name,
                              const char *value, int64_t *declared)
{
    if (is_hop_by_hop(name))
        return "this header is hop-by-hop, the server's to set";
    if (strcasecmp(name, "Date") == 0)
        return NULL; // it has ours
    if (response_header(response, name, value) < 0)
        return errno == EMSGSIZE ? "no more headers have room"
                                 : "no header can be like this";
    if (strcasecmp(name, "Content-Length") == 0)
        *declared = strtoll(value, NULL, 10);
    return NULL;
}

static int add_header(struct response *response, PyObject *header,
                      int64_t *declared)
{
    if (!PyTuple_Check(header) || PyTuple_GET_SIZE(header) != 2) {
        PyErr_Format(PyExc_TypeError,
                     "a header must be a tuple (name, value), not %R", header);
        return -1;
    }
    const char *name =
        native_bytes(PyTuple_GET_ITEM(header, 0), "a header's name");
    const char *value =
        name ? native_bytes(PyTuple_GET_ITEM(header, 1), "a header's value")
             : NULL;
    if (!value)
        return -1;
    const char *fault = set_header(response, name, value, declared);
    if (fault)
        PyErr_Format(PyExc_ValueError, "%s: %.200R", fault, header);
    return fault ? -1 : 0;
}

static int add_headers(struct response *response, PyObject *headers,
                       int64_t *declared)
{
    if (!PyList_Check(headers)) {
        PyErr_Format(PyExc_TypeError, "the headers must be a list, not %.100s",
                     Py_TYPE(headers)->tp_name);
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++)
        if (add_header(response, PyList_GET_ITEM(headers, i), declared) < 0)
            return -1;
    return 0;
}

int head_begin(struct response *response, PyObject *status, PyObject *headers,
               int64_t *declared)
{
    *declared = -1;
    int number = read_status(status);
    if (number < 0)
        return -1;
    response_start(response, number);
    if (add_headers(response, headers, declared) == 0)
        return 0;
    response_restart(response); // a second try may be better
    *declared = -1;
    return -1;
}
