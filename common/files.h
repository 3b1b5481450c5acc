/* files.h - a document root nobody climbs out of. */
#ifndef COMMON_FILES_H
#define COMMON_FILES_H

#include <stdbool.h>

struct exchange;

/* What there is to serve; options.c fills it in. */
struct files {
    int root;                 // the document root, an open directory
    const char *index;        // the file that answers for a directory
    bool list;                // directories without one are listed
    struct file_cache *cache; // of the root; NULL: none
};

/* Answer GET and HEAD with the file that the path names below the root: 404
 * if there is none, 403 if it is not readable, 405 for other methods, 301 for
 * a directory without its slash. Names that begin with a dot, and links that
 * lead outside, do not exist.
 *
 * A file that has neighbours NAME.br or NAME.gz, no older than itself, is sent
 * as the one that Accept-Encoding likes best. Conditions (RFC 9110 13) and
 * ranges (14) apply to what is sent. */
void files_answer(struct exchange *exchange, const struct files *files);

#endif
