/* files.c - from a path to a file of the root, and out again as an answer. */
#include "files.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Types that browsers need to be told, by the end of the name. */
const char *files_type(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {"html", "text/html; charset=utf-8"},
        {"htm", "text/html; charset=utf-8"},
        {"css", "text/css; charset=utf-8"},
        {"js", "text/javascript; charset=utf-8"},
        {"mjs", "text/javascript; charset=utf-8"},
        {"txt", "text/plain; charset=utf-8"},
        {"md", "text/markdown; charset=utf-8"},
        {"csv", "text/csv; charset=utf-8"},
        {"tsv", "text/tab-separated-values; charset=utf-8"},
        {"xml", "application/xml"},
        {"json", "application/json"},
        {"pdf", "application/pdf"},
        {"wasm", "application/wasm"},
        {"zip", "application/zip"},
        {"gz", "application/gzip"},
        {"svg", "image/svg+xml"},
        {"png", "image/png"},
        {"jpg", "image/jpeg"},
        {"jpeg", "image/jpeg"},
        {"gif", "image/gif"},
        {"webp", "image/webp"},
        {"avif", "image/avif"},
        {"ico", "image/vnd.microsoft.icon"},
        {"mp3", "audio/mpeg"},
        {"ogg", "audio/ogg"},
        {"wav", "audio/wav"},
        {"mp4", "video/mp4"},
        {"webm", "video/webm"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
    };
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* Does a segment of the path begin with a dot? That covers "..", and hidden
 * files; /.well-known/ is public by definition (RFC 8615). */
static bool is_hidden(const char *path)
{
    for (const char *dot = path; (dot = strstr(dot, "/.")); dot++)
        if (strncmp(dot, "/.well-known", 12) != 0 ||
            (dot[12] != '/' && dot[12] != '\0'))
            return true;
    return false;
}

/* Where the kernel has no openat2: step down one name at a time, following
 * no link at all. */
static int walk_beneath(int root, const char *path)
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
        int flags = *path ? O_PATH | O_DIRECTORY | O_CLOEXEC : OPEN_FLAGS;
        int next = openat(directory, name, flags | O_NOFOLLOW);
        int kept = errno;
        close(directory);
        errno = kept;
        if (!*path)
            return next;
        directory = next;
    }
}

/* Open `path`, relative to the root and never outside it, links and all. */
static int open_beneath(int root, const char *path)
{
    enum { TRIES = 100 };
    static bool is_missing; // openat2; written once, here
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_BENEATH};
    for (int tries = 0; !is_missing; tries++) {
        int file = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (file >= 0)
            return file;
        if (errno == ENOSYS || errno == EPERM) // an old kernel, a sandbox
            is_missing = true;
        else if (errno != EAGAIN || tries == TRIES)
            return -1; // EAGAIN: something was renamed meanwhile, look again
    }
    return walk_beneath(root, path);
}

static int status_of_error(int error)
{
    switch (error) {
    case EACCES: return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return 503;
    default: return 404; // what cannot be reached does not exist
    }
}

static void refuse(struct exchange *exchange, int status)
{
    response_error(&exchange->response, status, NULL);
}

/* The slash makes relative links of its index.html work. */
static void redirect_to_slash(struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    const char *target = request->target;
    /* "//host/dir" as a Location would name another server. */
    while (target[0] == '/' && target[1] == '/')
        target++;
    if (*target != '/') { // absolute-form: too odd to be worth a redirect
        refuse(exchange, 404);
        return;
    }
    char location[2048];
    int path_len = (int)strcspn(target, "?");
    int len = snprintf(location, sizeof location, "%.*s/%s%s", path_len, target,
                       request->query ? "?" : "",
                       request->query ? request->query : "");
    if (len < 0 || (size_t)len >= sizeof location) {
        refuse(exchange, 404);
        return;
    }
    struct response *response = &exchange->response;
    response_start(response, 301);
    response_header(response, "Location", location);
    response_header(response, "Content-Length", "0");
    response_end(response);
}

static void send_file(struct exchange *exchange, int file, int64_t size,
                      const char *name)
{
    struct response *response = &exchange->response;
    char length[32];
    snprintf(length, sizeof length, "%lld", (long long)size);
    response_start(response, 200);
    response_header(response, "Content-Type", files_type(name));
    response_header(response, "Content-Length", length);
    if (response_write_file(response, file, 0, size) < 0 && errno == EIO)
        log_line("%s became shorter while it was sent", name);
}

/* What was opened decides; only regular files have an end one can wait for. */
static void answer_opened(struct exchange *exchange, int file, const char *name)
{
    const char *path = exchange->request.path;
    struct stat about;
    if (fstat(file, &about) < 0)
        refuse(exchange, 500);
    else if (S_ISREG(about.st_mode))
        send_file(exchange, file, about.st_size, name);
    else if (!S_ISDIR(about.st_mode))
        refuse(exchange, 403);
    else if (path[strlen(path) - 1] == '/')
        refuse(exchange, 404); // its index.html is a directory
    else
        redirect_to_slash(exchange);
}

/* The file behind the path of a target: "/a/" stands for "a/index.html".
 * Returns 0, or -1 if the name is too long to be one. */
static int name_file(const char *path, char *name, size_t size)
{
    path += strspn(path, "/");
    size_t len = strlen(path);
    bool is_directory = len == 0 || path[len - 1] == '/';
    int written =
        snprintf(name, size, "%s%s", path, is_directory ? "index.html" : "");
    return written >= 0 && (size_t)written < size ? 0 : -1;
}

void files_answer(struct exchange *exchange, int root)
{
    const struct request *request = &exchange->request;
    if (strcmp(request->method, "GET") != 0 &&
        strcmp(request->method, "HEAD") != 0) {
        response_refuse_method(&exchange->response, "GET, HEAD");
        return;
    }
    char name[PATH_MAX];
    if (is_hidden(request->path) ||
        name_file(request->path, name, sizeof name) < 0) {
        refuse(exchange, 404);
        return;
    }
    int file = open_beneath(root, name);
    if (file < 0) {
        refuse(exchange, status_of_error(errno));
        return;
    }
    answer_opened(exchange, file, name);
    close(file);
}
