/* wsgi_file.h - wsgi.file_wrapper: a file that an application hands over, to
 * be sent by the kernel if it is one. The caller has entered the interpreter. */
#ifndef PART2_WSGI_FILE_H
#define PART2_WSGI_FILE_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

/* Make the type ready. For start-up; -1: a Python exception is set. */
int file_prepare(void);

/* The type itself: what wsgi.file_wrapper is. Borrowed. */
PyObject *file_wrapper(void);

/* A part of an open file, which its owner keeps open. */
struct file_part {
    int file;
    int64_t offset;
    int64_t len;
};

/* Is `iterable` a wrapper of a regular file that nobody has read ahead of, or
 * changes on its way? Then *part is what is left of it. Never raises: what
 * cannot be said of a file is that it is one. */
bool file_find_part(PyObject *iterable, struct file_part *part);

#endif
