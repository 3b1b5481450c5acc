/* cgi_program.h - which program does a path name? */
#ifndef PART2_CGI_PROGRAM_H
#define PART2_CGI_PROGRAM_H

#include <stddef.h>

/* A directory of programs. */
struct cgi_directory {
    const char *path; // absolute, without links
    int file;         // the same, open
};

/* Open it. For start-up: ends the program if that cannot be done. It lives as
 * long as the program. */
struct cgi_directory *cgi_directory_open(const char *path);

struct cgi_program {
    size_t script_len; // of the path: the part that names it, prefix and all
    char *file;        // its absolute path
    char *directory;   // where that file is
    const char *name;  // the last part of `file`, for the log
};

/* Find the program in `mounted` that `path` names behind its first `prefix`
 * bytes: the first regular file on the way down. Names that begin with a dot,
 * and links that lead out of the directory, do not exist. Returns 0, or the
 * status to answer with: 404, 403 if it may not be executed, 500. Free it only
 * after 0. */
int cgi_program_find(struct cgi_program *program,
                     const struct cgi_directory *mounted, const char *path,
                     size_t prefix);

/* Free what it owns. */
void cgi_program_free(struct cgi_program *program);

#endif
