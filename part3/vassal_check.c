/* vassal_check.c - whether what a file says can be done here. */
#include "vassal_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_executable(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

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
        return is_executable(path);
    }
    for (const char *part = search_path(settings); part;) {
        int len = (int)strcspn(part, ":");
        snprintf(path, sizeof path, "%.*s/%s", len, part, name);
        if (is_executable(path))
            return true;
        part = part[len] ? part + len + 1 : NULL;
    }
    return false;
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
