/* body.h - the body of a request: in memory while it is small, beyond that in
 * a file without a name, which ends with its descriptor whatever happens. */
#ifndef COMMON_BODY_H
#define COMMON_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { BODY_MEMORY_BYTES = 65536 }; // more: a file

/* Start from {0}, which is an empty body. */
struct body {
    size_t len;

    /* For body.c alone. */
    char *memory;
    size_t size; // of `memory`
    bool is_file;
    int file;
};

/* Add `len` bytes at the end. Returns 0, or -1 with errno when there is no
 * room: ENOMEM, ENOSPC, EMFILE and the like. Waits for nothing but a disk. */
int body_append(struct body *body, const void *bytes, size_t len);

/* Copy what stands from `offset` on, `size` bytes at most. Returns how many
 * were copied, 0 at the end, -1 with errno if the file cannot be read. */
ssize_t body_read(const struct body *body, void *bytes, size_t size,
                  size_t offset);

/* Free what it owns; it is empty again. */
void body_free(struct body *body);

#endif
