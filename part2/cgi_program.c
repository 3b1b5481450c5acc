/* cgi_program.c - splits /cgi-bin/dir/program/more where the program is. */
#include "cgi_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Look `name` up so that neither ".." nor a link leads out of `directory`. */
static int look_up(int directory, const char *name)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH};
    int file;
    do
        file = (int)syscall(SYS_openat2, directory, name, &how, sizeof how);
    while (file < 0 && errno == EAGAIN); // a rename meanwhile: look again
    /* Without openat2 no link at all: walk() has seen all of the way, so only
     * the last name can be one. */
    if (file < 0 && (errno == ENOSYS || errno == EPERM))
        file = openat(directory, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    return file;
}

/* The kind of file that `name` is: its S_IFMT bits, or 0 with errno. */
static mode_t kind_of(int directory, const char *name)
{
    int file = look_up(directory, name);
    if (file < 0)
        return 0;
    struct stat about;
    mode_t kind = fstat(file, &about) == 0 ? about.st_mode & S_IFMT : 0;
    close(file);
    return kind;
}

/* Does a "." or ".." stand between the slashes of `path`? */
static bool has_dot_segment(const char *path)
{
    for (; *path == '/'; path = strchrnul(path + 1, '/')) {
        size_t len = strcspn(path + 1, "/");
        if (len > 0 && len <= 2 && strspn(path + 1, ".") == len)
            return true;
    }
    return false;
}

/* Walk down `path`, which is what follows the prefix, to the first file that
 * is no directory. Sets the length of the part that names it. */
static int walk(int directory, const char *path, size_t *len)
{
    for (const char *end = path; *end == '/';) {
        const char *name = end + 1;
        end = strchrnul(name, '/');
        if (name == end || name[0] == '.' || end - path > PATH_MAX)
            return 404;
        char way[PATH_MAX + 1];
        *len = (size_t)(end - path);
        snprintf(way, sizeof way, "%.*s", (int)*len - 1, path + 1);
        switch (kind_of(directory, way)) {
        case S_IFDIR: break;
        case S_IFREG:
            return faccessat(directory, way, X_OK, AT_EACCESS) == 0 ? 0 : 403;
        case 0: return errno == EACCES ? 403 : 404;
        default: return 404;
        }
    }
    return 404;
}

static char *join(const char *directory, const char *rest, size_t len)
{
    char *path;
    if (asprintf(&path, "%s%.*s", directory, (int)len, rest) < 0)
        return NULL;
    return path;
}

int cgi_program_find(struct cgi_program *program, const struct cgi_mount *mount,
                     const char *path)
{
    size_t prefix = strlen(mount->prefix);
    size_t len = 0;
    int status = walk(mount->directory, path + prefix, &len);
    if (status)
        return status;
    /* PATH_TRANSLATED is made of what follows: it must not climb either. */
    if (has_dot_segment(path + prefix + len))
        return 404;

    *program = (struct cgi_program){
        .script_name = strndup(path, prefix + len),
        .path_info = strdup(path + prefix + len),
        .file = join(mount->path, path + prefix, len),
    };
    if (program->file) {
        program->name = strrchr(program->file, '/') + 1;
        program->directory =
            strndup(program->file, (size_t)(program->name - program->file - 1));
    }
    if (program->script_name && program->path_info && program->directory)
        return 0;
    cgi_program_free(program);
    return 500;
}

void cgi_program_free(struct cgi_program *program)
{
    free(program->script_name);
    free(program->path_info);
    free(program->file);
    free(program->directory);
}
