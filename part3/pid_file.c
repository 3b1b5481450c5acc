/* pid_file.c - write beside, then rename. */
#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int pid_file_write(const char *path)
{
    char beside[PATH_MAX];
    int len = snprintf(beside, sizeof beside, "%s.%d", path, (int)getpid());
    if (len < 0 || (size_t)len >= sizeof beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0)
        return -1;
    int put = dprintf(file, "%d\n", (int)getpid());
    int error = put > 0 ? 0 : errno;
    if (close(file) < 0 || (!error && rename(beside, path) < 0))
        error = errno;
    if (!error)
        return 0;
    unlink(beside);
    errno = error;
    return -1;
}

void pid_file_remove(const char *path)
{
    char text[32] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    ssize_t got = read(file, text, sizeof text - 1);
    close(file);
    if (got > 0 && strtol(text, NULL, 10) == (long)getpid())
        unlink(path);
}
