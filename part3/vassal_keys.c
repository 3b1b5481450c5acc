/* vassal_keys.c - numbers, times, signals, names and paths. */
#include "vassal_keys.h"

#include "signals.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_LEAST = 16,
    FILES_MOST = 1 << 20,
    MEMORY_MOST = 1 << 20, // MiB
    LONGEST_S = 3600,
};

static const char *const key_names[KEYS] = {
    "command",       "directory", "user",        "group",     "environment",
    "instances",     "restart",   "stop-signal", "stop-time", "start-time",
    "reload-signal", "memory",    "files",       "umask",     "log",
};

int reading_refuse(struct reading *reading, const char *format, ...)
{
    if (*reading->why)
        return 0;
    int len = reading->line ? snprintf(reading->why, WHY_BYTES,
                                       "line %d: ", reading->line)
                            : 0;
    va_list values;
    va_start(values, format);
    vsnprintf(reading->why + len, WHY_BYTES - (size_t)len, format, values);
    va_end(values);
    return 0;
}

/* --- Values --- */

static int take_number(struct reading *reading, const char *name,
                       const char *value, long low, long high, long *number)
{
    char *end;
    errno = 0;
    *number = strtol(value, &end, 10);
    if (end == value || *end || errno || *number < low || *number > high)
        return reading_refuse(reading,
                              "%s must be a number from %ld to %ld, not '%s'",
                              name, low, high, value);
    return 1;
}

static int take_ms(struct reading *reading, const char *name, const char *value,
                   int *ms)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !(seconds >= 0 && seconds <= LONGEST_S))
        return reading_refuse(reading,
                              "%s must be seconds from 0 to %d, not '%s'", name,
                              LONGEST_S, value);
    *ms = (int)(seconds * 1000 + 0.5);
    return 1;
}

static int take_signal(struct reading *reading, const char *name,
                       const char *value, int *number)
{
    *number = signals_number(value);
    return *number ? 1
                   : reading_refuse(reading, "%s: there is no signal '%s'",
                                    name, value);
}

static int take_text(char **text, const char *value)
{
    free(*text);
    *text = strdup(value);
    return *text != NULL;
}

static int take_path(struct reading *reading, const char *name,
                     const char *value, char **path)
{
    if (value[0] != '/')
        return reading_refuse(reading, "%s must begin with /, not '%s'", name,
                              value);
    return take_text(path, value);
}

static int take_restart(struct reading *reading, const char *value)
{
    static const char *const names[] = {
        [RESTART_ALWAYS] = "always",
        [RESTART_ON_FAILURE] = "on-failure",
        [RESTART_NEVER] = "never",
    };
    for (int i = 0; i <= RESTART_NEVER; i++)
        if (strcmp(value, names[i]) == 0) {
            reading->settings->restart = (enum restart)i;
            return 1;
        }
    return reading_refuse(reading,
                          "restart must be always, on-failure or never");
}

static int take_environment(struct reading *reading, const char *value)
{
    struct settings *settings = reading->settings;
    if (!strchr(value, '=') || *value == '=')
        return reading_refuse(
            reading, "environment must be NAME=VALUE, not '%s'", value);
    size_t count = settings->environment_count;
    char **more = realloc(settings->environment, (count + 1) * sizeof *more);
    if (!more)
        return 0;
    settings->environment = more;
    more[count] = strdup(value);
    settings->environment_count += more[count] != NULL;
    return more[count] != NULL;
}

/* A command may go on in the next line, if that begins with a blank. */
static int take_command(struct reading *reading, const char *value)
{
    char *longer = NULL;
    if (asprintf(&longer, "%s%s%s", reading->command ? reading->command : "",
                 reading->command ? " " : "", value) < 0)
        return 0;
    free(reading->command);
    reading->command = longer;
    return 1;
}

static int take_user(struct reading *reading, const char *value)
{
    struct settings *settings = reading->settings;
    if (!take_text(&settings->user, value))
        return 0;
    return rights_set_user(&settings->rights, settings->user)
               ? 1
               : reading_refuse(reading, "there is no user '%s'", value);
}

static int take_group(struct reading *reading, const char *value)
{
    return rights_set_group(&reading->settings->rights, value)
               ? 1
               : reading_refuse(reading, "there is no group '%s'", value);
}

/* --- Keys --- */

int key_take(struct reading *reading, enum key key, const char *value)
{
    struct settings *settings = reading->settings;
    const char *name = key_names[key];
    long number;
    switch (key) {
    case KEY_COMMAND: return take_command(reading, value);
    case KEY_DIRECTORY:
        return take_path(reading, name, value, &settings->directory);
    case KEY_LOG: return take_path(reading, name, value, &settings->log);
    case KEY_USER: return take_user(reading, value);
    case KEY_GROUP: return take_group(reading, value);
    case KEY_ENVIRONMENT: return take_environment(reading, value);
    case KEY_RESTART: return take_restart(reading, value);
    case KEY_UMASK:
        return rights_set_umask(&settings->rights, value)
                   ? 1
                   : reading_refuse(reading, "umask must be octal, not '%s'",
                                    value);
    case KEY_STOP_SIGNAL:
        return take_signal(reading, name, value, &settings->stop_signal);
    case KEY_RELOAD_SIGNAL:
        return take_signal(reading, name, value, &settings->reload_signal);
    case KEY_STOP_TIME:
        return take_ms(reading, name, value, &settings->stop_ms);
    case KEY_START_TIME:
        return take_ms(reading, name, value, &settings->start_ms);
    case KEY_MEMORY:
        return take_number(reading, name, value, 1, MEMORY_MOST,
                           &settings->memory_mib);
    case KEY_FILES:
        return take_number(reading, name, value, FILES_LEAST, FILES_MOST,
                           &settings->rights.max_files);
    case KEY_INSTANCES:
        if (!take_number(reading, name, value, 0, INSTANCES_MAX, &number))
            return 0;
        settings->instances = (int)number;
        return 1;
    case KEYS: break;
    }
    return 0;
}

enum key key_find(const char *name)
{
    int key = 0;
    while (key < KEYS && strcmp(name, key_names[key]) != 0)
        key++;
    return (enum key)key;
}

const char *key_name(enum key key)
{
    return key_names[key];
}
