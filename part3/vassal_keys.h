/* vassal_keys.h - the keys of a vassal's file, and what each may say. Only
 * vassal_file.c, which reads the lines, includes it. */
#ifndef PART3_VASSAL_KEYS_H
#define PART3_VASSAL_KEYS_H

#include "vassal_file.h"

enum key {
    KEY_COMMAND,
    KEY_DIRECTORY,
    KEY_USER,
    KEY_GROUP,
    KEY_ENVIRONMENT,
    KEY_INSTANCES,
    KEY_RESTART,
    KEY_STOP_SIGNAL,
    KEY_STOP_TIME,
    KEY_START_TIME,
    KEY_RELOAD_SIGNAL,
    KEY_MEMORY,
    KEY_FILES,
    KEY_UMASK,
    KEY_LOG,
    KEYS
};

struct reading {
    struct settings *settings;
    const char *next; // of the text, to be read
    int line;         // that was read last
    bool goes_on;     // it begins with a blank: inih repeats the last key
    char *command;    // it may take several lines
    bool seen[KEYS];
    char *why; // "" as long as all is well
};

/* Note the first reason. Returns 0, as a handler of inih does. */
__attribute__((format(printf, 2, 3))) int reading_refuse(
    struct reading *reading, const char *format, ...);

/* The key of this name, or KEYS, and the name of a key. */
enum key key_find(const char *name);
const char *key_name(enum key key);

/* Take the value of a key. Returns 1, or 0 if it cannot be. */
int key_take(struct reading *reading, enum key key, const char *value);

#endif
