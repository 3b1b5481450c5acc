/* media_types.h - the media type that goes with the end of a file's name. */
#ifndef COMMON_MEDIA_TYPES_H
#define COMMON_MEDIA_TYPES_H

enum { MEDIA_TYPE_BYTES = 128 }; // room for any type, with its charset

/* Read a table in the form of /etc/mime.types ("text/html html htm" a line,
 * '#' for comments), which then comes before the few types that are built in.
 * Returns 0, or -1 with errno: then those have to do. At start. */
int media_types_read(const char *path);

/* Write the type for a file name; application/octet-stream if unknown. Text
 * is said to be UTF-8, which is what files are written in today. */
void media_type(const char *name, char type[MEDIA_TYPE_BYTES]);

#endif
