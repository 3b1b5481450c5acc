/* program_path.h - where the program of a name is, exec(3). */
#ifndef PART3_PROGRAM_PATH_H
#define PART3_PROGRAM_PATH_H

#include <limits.h>
#include <stdbool.h>

/* Is it a file that we may run? */
bool program_is_executable(const char *path);

/* Look for `name`, without a slash, in `folders`, written as PATH is: an empty
 * one is where we are. Returns whether it is there, and puts where into
 * `path`. */
bool program_find(const char *folders, const char *name, char path[PATH_MAX]);

#endif
