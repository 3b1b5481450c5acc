/* vassal_file.c - inih reads, a table of keys decides. */
#include "vassal_file.h"

#include "signals.h"
#include "vassal_words.h"

#include <errno.h>
#include <ini.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILES_LEAST = 16,
    FILES_MOST = 1 << 20,
    MEMORY_MOST = 1 << 20, // MiB
    LONGEST_S = 3600,
};

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

static const char *const key_names[KEYS] = {
    "command",       "directory", "user",        "group",     "environment",
    "instances",     "restart",   "stop-signal", "stop-time", "start-time",
    "reload-signal", "memory",    "files",       "umask",     "log",
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
__attribute__((format(printf, 2, 3))) static int refuse(struct reading *reading,
                                                        const char *format, ...)
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
        return refuse(reading, "%s must be a number from %ld to %ld, not '%s'",
                      name, low, high, value);
    return 1;
}

static int take_ms(struct reading *reading, const char *name, const char *value,
                   int *ms)
{
    char *end;
    double seconds = strtod(value, &end);
    if (end == value || *end || !(seconds >= 0 && seconds <= LONGEST_S))
        return refuse(reading, "%s must be seconds from 0 to %d, not '%s'",
                      name, LONGEST_S, value);
    *ms = (int)(seconds * 1000 + 0.5);
    return 1;
}

static int take_signal(struct reading *reading, const char *name,
                       const char *value, int *number)
{
    *number = signals_number(value);
    return *number
               ? 1
               : refuse(reading, "%s: there is no signal '%s'", name, value);
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
        return refuse(reading, "%s must begin with /, not '%s'", name, value);
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
    return refuse(reading, "restart must be always, on-failure or never");
}

static int take_environment(struct reading *reading, const char *value)
{
    struct settings *settings = reading->settings;
    if (!strchr(value, '=') || *value == '=')
        return refuse(reading, "environment must be NAME=VALUE, not '%s'",
                      value);
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
               : refuse(reading, "there is no user '%s'", value);
}

static int take_group(struct reading *reading, const char *value)
{
    return rights_set_group(&reading->settings->rights, value)
               ? 1
               : refuse(reading, "there is no group '%s'", value);
}

/* --- Keys --- */

static int take_key(struct reading *reading, enum key key, const char *value)
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
                   : refuse(reading, "umask must be octal, not '%s'", value);
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

/* Called by inih for each line that says something. */
static int take_line(void *context, const char *section, const char *name,
                     const char *value)
{
    struct reading *reading = context;
    if (*section)
        return refuse(reading, "there are no sections, and so no [%s]",
                      section);
    int key = 0;
    while (key < KEYS && strcmp(name, key_names[key]) != 0)
        key++;
    if (key == KEYS)
        return refuse(reading, "unknown key '%s'", name);
    bool may_go_on = key == KEY_COMMAND || key == KEY_ENVIRONMENT;
    if (reading->goes_on ? !may_go_on
                         : reading->seen[key] && key != KEY_ENVIRONMENT)
        return refuse(reading, "%s is given twice", name);
    reading->seen[key] = true;
    return take_key(reading, (enum key)key, value);
}

/* A reader as fgets(3) is. */
static char *next_line(char *line, int size, void *context)
{
    struct reading *reading = context;
    size_t len = strcspn(reading->next, "\n");
    if (!*reading->next)
        return NULL;
    reading->line++;
    reading->goes_on = *reading->next == ' ' || *reading->next == '\t';
    if (len + 2 > (size_t)size) {
        refuse(reading, "longer than %d characters", size - 2);
        return NULL;
    }
    len += reading->next[len] == '\n';
    memcpy(line, reading->next, len);
    line[len] = '\0';
    reading->next += len;
    return line;
}

/* --- All of it --- */

/* The command, once all its lines are there. */
static int finish_command(struct reading *reading)
{
    reading->line = 0;
    if (!reading->command)
        return refuse(reading, "there is no command");
    reading->settings->command = words_split(reading->command);
    if (!reading->settings->command)
        return refuse(reading, "a quote of the command is not closed; a ; "
                               "after a blank begins a comment");
    if (!reading->settings->command[0])
        return refuse(reading, "the command is empty");
    return 1;
}

struct settings *settings_read(const char *text, char why[WHY_BYTES])
{
    struct settings *settings = calloc(1, sizeof *settings);
    *why = '\0';
    if (!settings)
        return NULL;
    *settings = (struct settings){.users = 1,
                                  .text = strdup(text),
                                  .rights = rights_unchanged,
                                  .instances = 1,
                                  .stop_signal = SIGTERM,
                                  .stop_ms = 8000,
                                  .start_ms = 1000};
    struct reading reading = {.settings = settings, .next = text, .why = why};
    int bad_line = ini_parse_stream(next_line, &reading, take_line, &reading);
    if (bad_line && !*why) {
        reading.line = bad_line;
        refuse(&reading, "this is no KEY = VALUE");
    }
    bool is_good = !*why && finish_command(&reading) &&
                   settings_are_possible(settings, why);
    free(reading.command);
    if (is_good)
        return settings;
    settings_drop(settings);
    return NULL;
}

struct settings *settings_use(struct settings *settings)
{
    if (settings)
        settings->users++;
    return settings;
}

void settings_drop(struct settings *settings)
{
    if (!settings || --settings->users > 0)
        return;
    for (size_t i = 0; i < settings->environment_count; i++)
        free(settings->environment[i]);
    free(settings->environment);
    free(settings->command);
    free(settings->directory);
    free(settings->user);
    free(settings->log);
    free(settings->text);
    free(settings);
}
