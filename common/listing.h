/* listing.h - a directory as a page. */
#ifndef COMMON_LISTING_H
#define COMMON_LISTING_H

#include <stddef.h>

/* A page with the names in a directory of the root, their sizes and dates:
 * files and directories that a client could ask for, no others. `name` is
 * where it is below `root`, without slashes at the ends ("" for the root
 * itself). The caller frees it; NULL if there is no memory. */
char *listing_make(int root, int directory, const char *name, size_t *len);

/* Write `text` into `room` so that it stands for itself in HTML; as the name
 * of a file in a relative URL. Return the length, like snprintf(). */
size_t listing_escape(const char *text, char *room, size_t size);
size_t listing_encode(const char *text, char *room, size_t size);

#endif
