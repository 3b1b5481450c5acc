/* vassal_check.c - whether what a file says can be done here. */
#include "program_path.h"
#include "vassal_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *search_path(const struct settings *settings)
{
    for (size_t i = 0; i < settings->environment_count; i++)
        if (strncmp(settings->environment[i], "PATH=", 5) == 0)
            return settings->environment[i] + 5;
    const char *path = getenv("PATH");
    return path ? path : "/usr/bin:/bin";
}

static bool is_program(const struct settings *settings, const char *name)
{
    char path[PATH_MAX];
    if (strchr(name, '/')) {
        bool below = name[0] != '/' && settings->directory;
        snprintf(path, sizeof path, "%s%s%s", below ? settings->directory : "",
                 below ? "/" : "", name);
        return program_is_executable(path);
    }
    return program_find(search_path(settings), name, path);
}

bool settings_are_possible(const struct settings *settings, char why[WHY_BYTES])
{
    struct stat about;
    const char *directory = settings->directory;
    if (directory && (stat(directory, &about) < 0 || !S_ISDIR(about.st_mode))) {
        snprintf(why, WHY_BYTES, "there is no directory '%s'", directory);
        return false;
    }
    if (!is_program(settings, settings->command[0])) {
        snprintf(why, WHY_BYTES, "there is no program '%s'",
                 settings->command[0]);
        return false;
    }
    return true;
}
