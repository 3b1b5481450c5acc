/* wsgi.h - what the two halves of the WSGI gateway say to each other.
 *
 * wsgi_gateway.c is linked into every stage, and knows no Python. When the
 * first application is mounted it opens wsgi.so, which is all the other files
 * named wsgi*.c and CPython: so a stage that serves none neither loads nor
 * forks an interpreter. wsgi.so calls functions of the stage, which
 * wsgi.symbols names. */
#ifndef PART2_WSGI_H
#define PART2_WSGI_H

#include "gateway.h"

#include <stddef.h>

enum { WSGI_PATHS_MAX = 32 };

struct wsgi_options {
    const char *paths[WSGI_PATHS_MAX]; // in front of sys.path, in this order
    size_t path_count;
    const char *venv; // a virtual environment, or NULL
};

/* Written by the command line, read by wsgi.so. */
extern struct wsgi_options wsgi_options;

/* What wsgi.so exports: the functions of the gateway, without options. */
__attribute__((visibility("default"))) extern const struct gateway wsgi_python;

#endif
