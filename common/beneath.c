/* beneath.c - opens what is below a directory, and nothing else. */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the kernel has no openat2: step down one name at a time, following
 * no link at all. */
static int walk_beneath(int root, const char *path, int how)
{
    char name[NAME_MAX + 1];
    int directory = fcntl(root, F_DUPFD_CLOEXEC, 0);
    for (;;) {
        size_t len = strcspn(path, "/");
        if (directory < 0)
            return -1;
        if (len >= sizeof name) {
            close(directory);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        path += len;
        path += strspn(path, "/");
        int flags = *path ? O_PATH | O_DIRECTORY | O_CLOEXEC : how;
        int next = openat(directory, name, flags | O_NOFOLLOW);
        int kept = errno;
        close(directory);
        errno = kept;
        if (!*path)
            return next;
        directory = next;
    }
}

int beneath_open(int root, const char *path, int flags)
{
    enum { TRIES = 100 };
    static atomic_bool is_missing; // openat2; written here
    flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    if (flags & O_PATH) // which openat2 takes with few others
        flags &= ~(O_NONBLOCK | O_NOCTTY);
    struct open_how how = {.flags = (unsigned)flags,
                           .resolve = RESOLVE_BENEATH};
    for (int tries = 0; !is_missing; tries++) {
        int file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (file >= 0)
            return file;
        if (errno == ENOSYS || errno == EPERM) // an old kernel, a sandbox
            is_missing = true;
        else if (errno != EAGAIN || tries == TRIES)
            return -1; // EAGAIN: something was renamed meanwhile, look again
    }
    return walk_beneath(root, path, flags);
}

/* By way of a descriptor, which is three times the price. */
static int stat_opened(int root, const char *path, struct stat *about)
{
    int place = beneath_open(root, path, O_PATH);
    if (place < 0)
        return -1;
    int result = fstat(place, about);
    close(place);
    if (result == 0 && S_ISLNK(about->st_mode)) { // where none is followed
        errno = ELOOP;
        return -1;
    }
    return result;
}

int beneath_stat(int root, const char *path, struct stat *about)
{
    /* A name in the root itself leads nowhere else, unless it is a link. */
    if (*path == '.' || strchr(path, '/'))
        return stat_opened(root, path, about);
    int result = fstatat(root, path, about, AT_SYMLINK_NOFOLLOW);
    return result == 0 && S_ISLNK(about->st_mode)
               ? stat_opened(root, path, about)
               : result;
}
