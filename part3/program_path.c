/* program_path.c - as execvp(3) looks for it. */
#include "program_path.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool program_is_executable(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) &&
           faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

bool program_find(const char *folders, const char *name, char path[PATH_MAX])
{
    for (const char *folder = folders; folder;) {
        int len = (int)strcspn(folder, ":");
        snprintf(path, PATH_MAX, "%.*s%s%s", len, folder, len > 0 ? "/" : "./",
                 name);
        if (program_is_executable(path))
            return true;
        folder = folder[len] ? folder + len + 1 : NULL;
    }
    return false;
}
