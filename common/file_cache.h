/* file_cache.h - the bytes of small files that were asked for twice.
 *
 * Nothing here is ever stale: each use compares what stat(2) says of the file
 * now with what it said before the bytes were read, and a file that changed so
 * lately that it could change again unseen is not kept. (Two limits: a file
 * that is written through mmap(2) tells its time late, and one on a network is
 * as new as what the system believes of it.)
 *
 * It holds no descriptor and allocates nothing: a struct full of zeros is an
 * empty one, and there is nothing to free. */
#ifndef COMMON_FILE_CACHE_H
#define COMMON_FILE_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

enum {
    /* The clocks of file systems may stand still for two seconds (FAT). */
    FILE_SETTLED_SECONDS = 2,
    FILE_CACHE_PLACES = 64,
    FILE_CACHE_NAME_BYTES = 128, // longer names are not kept
    FILE_CACHE_FILE_BYTES = 8192 // nor are larger files
};

struct cached_file {
    /* Written by file_cache.c alone. */
    char name[FILE_CACHE_NAME_BYTES]; // "" if the place is free
    struct stat about;                // before its bytes were read
    char bytes[FILE_CACHE_FILE_BYTES];

    /* For who uses the cache; zeros at first. */
    time_t neighbours_seen; // when they were looked for
    bool has_neighbours;    // were there any?
};

struct file_cache {
    uint32_t asked[FILE_CACHE_PLACES]; // hash of the name last asked for there
    struct cached_file places[FILE_CACHE_PLACES];
};

/* The file `name`, which is now as `about` says, or NULL if it is not here as
 * it is now. Valid until the next file_cache_keep(). Without a cache (NULL)
 * nothing is. */
struct cached_file *file_cache_find(struct file_cache *cache, const char *name,
                                    const struct stat *about);

/* Read `file`, whose name this is and of which fstat(2) has just said `about`,
 * and keep it in the place of another. Returns it, or NULL if it is not kept:
 * asked for the first time, too large, too young at the time `now`, no longer
 * so long, not readable. */
struct cached_file *file_cache_keep(struct file_cache *cache, const char *name,
                                    int file, const struct stat *about,
                                    time_t now);

#endif
