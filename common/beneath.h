/* beneath.h - opens what is below a directory, and nothing else. */
#ifndef COMMON_BENEATH_H
#define COMMON_BENEATH_H

#include <sys/stat.h>

/* Open `path`, relative to `root` (an open directory), with the flags of
 * open(2). It cannot lead out of the root, whatever links are on the way;
 * where the kernel has no openat2(2), no link is followed at all. Does not
 * wait for the other end of a FIFO. Returns a descriptor that closes on exec,
 * or -1 with errno. */
int beneath_open(int root, const char *path, int flags);

/* What stat(2) says of such a path; needs no right to read what is there.
 * Returns 0, or -1 with errno. */
int beneath_stat(int root, const char *path, struct stat *about);

#endif
