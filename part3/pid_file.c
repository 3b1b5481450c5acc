/* pid_file.c - write beside, lock, then rename.
 *
 * The lock is of the kind that belongs to a process, fcntl(2): children do not
 * inherit it, and it is gone with its owner, however that ends. */
#include "pid_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int held = -1; // the file, for its lock; written by pid_file_write()

pid_t pid_file_holder(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    bool is_held = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(file);
    return is_held ? lock.l_pid : 0;
}

static void hold(int file)
{
    const struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    fcntl(file, F_SETLK, &lock); // not on every file system, then without
    held = file;
}

void pid_file_leave(void)
{
    if (held >= 0)
        close(held);
    held = -1;
}

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
    hold(file); // before anybody sees it
    if (!error && rename(beside, path) < 0)
        error = errno;
    if (!error)
        return 0;
    pid_file_leave();
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
    pid_file_leave();
}
