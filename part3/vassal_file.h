/* vassal_file.h - what the file of a vassal says, and whether that can be. */
#ifndef PART3_VASSAL_FILE_H
#define PART3_VASSAL_FILE_H

#include "rights.h"

#include <stdbool.h>
#include <stddef.h>

enum { INSTANCES_MAX = 32, WHY_BYTES = 200 };

enum restart { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

/* What is set of the command is NULL or 0 if the file does not say it. */
struct settings {
    unsigned users; // freed with the last of them
    char *text;     // all of the file
    char **command; // its words
    char *directory;
    char *user;
    char *log;
    char **environment; // "NAME=VALUE"
    size_t environment_count;
    struct rights rights; // its user, group, umask and files
    long memory_mib;      // of addresses, RLIMIT_AS
    int instances;
    enum restart restart;
    int stop_signal;
    int reload_signal; // 0: a reload is a restart
    int stop_ms;       // from the stop signal to KILL
    int start_ms;      // who lives so long is up
};

/* Read the text of a file and check what it says: that the keys are known,
 * the values possible, and that there are this user, this group, this
 * directory and this program. Returns the settings, used by the caller, or
 * NULL with the reason in `why`. */
struct settings *settings_read(const char *text, char why[WHY_BYTES]);

/* The part of it that looks around. Returns false with the reason. */
bool settings_are_possible(const struct settings *settings,
                           char why[WHY_BYTES]);

/* One more user, or one less, of settings that may be NULL. */
struct settings *settings_use(struct settings *settings);
void settings_drop(struct settings *settings);

#endif
