/* files.h - a document root nobody climbs out of. */
#ifndef COMMON_FILES_H
#define COMMON_FILES_H

#include "exchange.h"

/* Answer GET and HEAD with the file that the path names below `root`, an
 * open directory: 404 if
 * there is none, 403 if it is not readable, 405 for other methods, 301 for a
 * directory without its slash. A directory is answered by its index.html.
 * Names that begin with a dot, and links that lead outside, do not exist. */
void files_answer(struct exchange *exchange, int root);

/* The media type for a file name; application/octet-stream if unknown. */
const char *files_type(const char *name);

#endif
