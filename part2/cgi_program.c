/* cgi_program.c - splits /cgi-bin/dir/program/more where the program is. */
#include "cgi_program.h"

#include "common/beneath.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cgi_directory *cgi_directory_open(const char *path)
{
    char *real = realpath(path, NULL);
    int file = real ? open(real, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    struct cgi_directory *directory = malloc(sizeof *directory);
    if (file < 0 || !directory)
        die("cannot run programs of %s", path);
    *directory = (struct cgi_directory){.path = real, .file = file};
    return directory;
}

/* The kind of file that `name` is: its S_IFMT bits, or 0 with errno. */
static mode_t kind_of(int directory, const char *name)
{
    int file = beneath_open(directory, name, O_PATH);
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

int cgi_program_find(struct cgi_program *program,
                     const struct cgi_directory *mounted, const char *path,
                     size_t prefix)
{
    const char *below = path + prefix;
    size_t len = 0;
    int status = walk(mounted->file, below, &len);
    if (status)
        return status;
    /* PATH_TRANSLATED is made of what follows: it must not climb either. */
    if (has_dot_segment(below + len))
        return 404;

    *program = (struct cgi_program){
        .script_len = prefix + len,
        .file = join(mounted->path, below, len),
    };
    if (program->file) {
        program->name = strrchr(program->file, '/') + 1;
        program->directory =
            strndup(program->file, (size_t)(program->name - program->file - 1));
    }
    if (program->directory)
        return 0;
    cgi_program_free(program);
    return 500;
}

void cgi_program_free(struct cgi_program *program)
{
    free(program->file);
    free(program->directory);
}
