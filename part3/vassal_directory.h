/* vassal_directory.h - the files of the vassals, and when to look at them. */
#ifndef PART3_VASSAL_DIRECTORY_H
#define PART3_VASSAL_DIRECTORY_H

#include "vassal_file.h"

#include <stdbool.h>
#include <sys/stat.h>

/* A descriptor that is readable when something has changed in the directory;
 * it closes on exec. Like a signal it is a hint only: what is there is found
 * by looking. Returns -1 with errno. */
int directory_watch(const char *path);

/* Has anything changed since the last time? */
bool directory_heard(int watch);

/* Again: it may have been moved away, and be another one now. Returns 0, or
 * -1 with errno. */
int directory_watch_again(int watch, const char *path);

/* The names of all files NAME.ini, sorted and without the .ini, in one array.
 * Returns their number, or -1 with errno. */
int directory_list(const char *path, char ***names);
void directory_free(char **names, int count);

/* Is this still the file that was `seen`? */
bool directory_is_same(const struct stat *about, const struct stat *seen);

/* Look at the file of a name. Returns 0, or -1 with errno. */
int directory_stat(const char *path, const char *name, struct stat *about);

/* Read it: returns its text, to be freed, or NULL with the reason. */
char *directory_read(const char *path, const char *name, char why[WHY_BYTES]);

#endif
