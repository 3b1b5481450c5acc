/* vassal_directory.c - inotify, scandir, read. */
#include "vassal_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 64 * 1024 };

static const char suffix[] = ".ini";

/* --- When to look --- */

int directory_watch_again(int watch, const char *path)
{
    int found =
        inotify_add_watch(watch, path,
                          IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE |
                              IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR);
    return found < 0 ? -1 : 0;
}

int directory_watch(const char *path)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0 || directory_watch_again(watch, path) == 0)
        return watch;
    int error = errno;
    close(watch);
    errno = error;
    return -1;
}

bool directory_heard(int watch)
{
    char events[4096];
    bool heard = false;
    while (read(watch, events, sizeof events) > 0)
        heard = true;
    return heard;
}

/* --- What is there --- */

/* Names are logged and shown as they are, so there is nothing odd in them;
 * a dot hides a file, as editors and shells have it. */
static int is_vassal(const struct dirent *entry)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-@";
    const char *name = entry->d_name;
    size_t len = strlen(name);
    return name[0] != '.' && len > strlen(suffix) &&
           strcmp(name + len - strlen(suffix), suffix) == 0 &&
           name[strspn(name, letters)] == '\0';
}

int directory_list(const char *path, char ***names)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_vassal, alphasort);
    if (count < 0)
        return -1;
    *names = calloc((size_t)count + 1, sizeof **names);
    int kept = 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        char *copy =
            *names ? strndup(name, strlen(name) - strlen(suffix)) : NULL;
        if (copy)
            (*names)[kept++] = copy;
        free(entries[i]);
    }
    free(entries);
    if (kept == count && *names)
        return count;
    directory_free(*names, kept);
    errno = ENOMEM;
    return -1;
}

void directory_free(char **names, int count)
{
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

bool directory_is_same(const struct stat *about, const struct stat *seen)
{
    return about->st_dev == seen->st_dev && about->st_ino == seen->st_ino &&
           about->st_size == seen->st_size &&
           about->st_mtim.tv_sec == seen->st_mtim.tv_sec &&
           about->st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

static void make_path(char file[PATH_MAX], const char *path, const char *name)
{
    snprintf(file, PATH_MAX, "%s/%s%s", path, name, suffix);
}

int directory_stat(const char *path, const char *name, struct stat *about)
{
    char file[PATH_MAX];
    make_path(file, path, name);
    return stat(file, about);
}

/* Reads up to `size` - 1 bytes and ends them with a NUL. Returns how many. */
static size_t read_whole(int from, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(from, text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    return len;
}

char *directory_read(const char *path, const char *name, char why[WHY_BYTES])
{
    char file[PATH_MAX];
    struct stat about;
    make_path(file, path, name);
    int from =
        open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // it may be a fifo
    if (from < 0 || fstat(from, &about) < 0 || !S_ISREG(about.st_mode)) {
        snprintf(why, WHY_BYTES, "cannot be read: %s",
                 from < 0 ? strerror(errno) : "it is no file");
        if (from >= 0)
            close(from);
        return NULL;
    }
    char *text = malloc(FILE_MAX_BYTES + 1);
    size_t len = text ? read_whole(from, text, FILE_MAX_BYTES + 1) : 0;
    close(from);
    if (text && len < FILE_MAX_BYTES && strlen(text) == len)
        return text;
    snprintf(why, WHY_BYTES, "longer than %d bytes, or no text",
             FILE_MAX_BYTES);
    free(text);
    return NULL;
}
