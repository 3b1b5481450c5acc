/* cgi_program.h - which program does a path name? */
#ifndef PART2_CGI_PROGRAM_H
#define PART2_CGI_PROGRAM_H

#include "cgi_options.h"

struct cgi_program {
    char *script_name; // "/cgi-bin/env": the part of the path that names it
    char *path_info;   // what follows there: "" or "/more/of/it"
    char *file;        // its absolute path
    char *directory;   // where that file is
    const char *name;  // the last part of `file`, for the log
};

/* Find the program of `mount` that `path` names: the first regular file on
 * the way down. Names that begin with a dot, and links that lead out of the
 * mount's directory, do not exist. Returns 0, or the status to answer with:
 * 404, 403 if it may not be executed, 500. Free it only after 0. */
int cgi_program_find(struct cgi_program *program, const struct cgi_mount *mount,
                     const char *path);

/* Free what it owns. */
void cgi_program_free(struct cgi_program *program);

#endif
