/* wsgi_interpreter.h - the one Python interpreter of this process: started
 * once, and entered by whichever thread has an application to call. */
#ifndef PART2_WSGI_INTERPRETER_H
#define PART2_WSGI_INTERPRETER_H

#include <Python.h>

/* Start it as wsgi_options say. For start-up, once: if it cannot be done,
 * says why in one line and ends the program. No thread has entered it then.
 *
 * It is never finalized: processes of this kit end by a signal or by _exit(),
 * so what an application registers with atexit does not run. Signals are the
 * server's: SIGINT and SIGTERM end it, whatever Python is doing. */
void interpreter_start(void);

/* Enter it: from here on this thread holds the GIL, so that it may call
 * Python and no other thread does. Waits while another holds it. In a child
 * made by fork(), whoever enters first has Python told of the fork. */
PyGILState_STATE interpreter_enter(void);

/* Leave it; `state` is what interpreter_enter() returned. */
void interpreter_leave(PyGILState_STATE state);

#endif
