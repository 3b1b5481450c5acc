/* vassal_file.c - inih parts the lines; what they may say is in
 * vassal_keys.c. */
#include "vassal_file.h"

#include "vassal_keys.h"
#include "vassal_words.h"

#include <ini.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Called by inih for each line that says something. */
static int take_line(void *context, const char *section, const char *name,
                     const char *value)
{
    struct reading *reading = context;
    if (*section)
        return reading_refuse(reading, "there are no sections, and so no [%s]",
                              section);
    enum key key = key_find(name);
    if (key == KEYS)
        return reading_refuse(reading, "unknown key '%s'", name);
    bool may_go_on = key == KEY_COMMAND || key == KEY_ENVIRONMENT;
    if (reading->goes_on ? !may_go_on
                         : reading->seen[key] && key != KEY_ENVIRONMENT)
        return reading_refuse(reading, "%s is given twice", name);
    reading->seen[key] = true;
    return key_take(reading, key, value);
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
        reading_refuse(reading, "longer than %d characters", size - 2);
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
        return reading_refuse(reading, "there is no command");
    reading->settings->command = words_split(reading->command);
    if (!reading->settings->command)
        return reading_refuse(reading,
                              "a quote of the command is not closed; a ; "
                              "after a blank begins a comment");
    if (!reading->settings->command[0])
        return reading_refuse(reading, "the command is empty");
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
                                  .stop_ms = 9000,
                                  .start_ms = 1000};
    struct reading reading = {.settings = settings, .next = text, .why = why};
    int bad_line = ini_parse_stream(next_line, &reading, take_line, &reading);
    if (bad_line && !*why) {
        reading.line = bad_line;
        reading_refuse(&reading, "this is no KEY = VALUE");
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
