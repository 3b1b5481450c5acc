/* body.c - grows with what has come, never with what was announced. */
#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_ROOM = 4096 };

/* A file that nobody else can open. /tmp is often memory, /var/tmp is not; but
 * where neither will do, memory it is. */
static int open_nameless(void)
{
    const char *directory = secure_getenv("TMPDIR");
    if (!directory || !*directory)
        directory = "/var/tmp";
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0)
        file = memfd_create("body", MFD_CLOEXEC);
    return file;
}

static int write_at(int file, const char *bytes, size_t len, size_t offset)
{
    while (len > 0) {
        ssize_t put = pwrite(file, bytes, len, (off_t)offset);
        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            bytes += put;
            len -= (size_t)put;
            offset += (size_t)put;
        }
    }
    return 0;
}

/* Move what is in memory to a file. */
static int become_file(struct body *body)
{
    int file = open_nameless();
    if (file < 0)
        return -1;
    if (write_at(file, body->memory, body->len, 0) < 0) {
        int kept = errno;
        close(file);
        errno = kept;
        return -1;
    }
    free(body->memory);
    body->memory = NULL;
    body->size = 0;
    body->is_file = true;
    body->file = file;
    return 0;
}

static int write_to_end(struct body *body, const char *bytes, size_t len)
{
    if (write_at(body->file, bytes, len, body->len) < 0)
        return -1;
    body->len += len;
    return 0;
}

static int copy_to_end(struct body *body, const char *bytes, size_t len)
{
    size_t size = body->size ? body->size : FIRST_ROOM;
    while (size < body->len + len)
        size *= 2;
    if (size > body->size) {
        char *memory = realloc(body->memory, size);
        if (!memory)
            return -1;
        body->memory = memory;
        body->size = size;
    }
    memcpy(body->memory + body->len, bytes, len);
    body->len += len;
    return 0;
}

int body_append(struct body *body, const void *bytes, size_t len)
{
    if (!body->is_file && len > BODY_MEMORY_BYTES - body->len &&
        become_file(body) < 0)
        return -1;
    return body->is_file ? write_to_end(body, bytes, len)
                         : copy_to_end(body, bytes, len);
}

ssize_t body_read(const struct body *body, void *bytes, size_t size,
                  size_t offset)
{
    size_t left = offset < body->len ? body->len - offset : 0;
    size_t count = size < left ? size : left;
    if (count == 0)
        return 0;
    if (!body->is_file) {
        memcpy(bytes, body->memory + offset, count);
        return (ssize_t)count;
    }
    ssize_t got;
    do
        got = pread(body->file, bytes, count, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got;
}

void body_free(struct body *body)
{
    free(body->memory);
    if (body->is_file)
        close(body->file);
    *body = (struct body){0};
}
