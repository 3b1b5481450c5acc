/* wsgi_program.h - the callable that "MODULE:CALLABLE" names. */
#ifndef PART2_WSGI_PROGRAM_H
#define PART2_WSGI_PROGRAM_H

#include <Python.h>

/* Import the module and find the callable in it: CALLABLE is a name, dotted
 * or not, or a call that returns one, "make_app('x')"; without it, it is
 * "application". Returns a new reference. For start-up: if it cannot be done,
 * logs the traceback, says why in one line and ends the program. */
PyObject *program_find(const char *target);

#endif
