/* cgi_environ.h - the variables that tell a program about its request. */
#ifndef PART2_CGI_ENVIRON_H
#define PART2_CGI_ENVIRON_H

#include "cgi_program.h"
#include "common/exchange.h"

#include <stdbool.h>
#include <stddef.h>

enum { CGI_VARIABLES_MAX = REQUEST_HEADERS_MAX + 32 };

struct cgi_environ {
    char *variables[CGI_VARIABLES_MAX + 1]; // "NAME=value"; NULL ends them
    size_t count;

    bool failed; // for cgi_environ.c alone: no memory for one of them
};

/* Make the meta-variables of RFC 3875 4.1 for `program` and the request of
 * `exchange`. Returns 0, or -1 with errno when there is no memory; in both
 * cases cgi_environ_free() must follow. Never blocks. */
int cgi_environ_make(struct cgi_environ *env, const struct exchange *exchange,
                     const struct cgi_program *program,
                     const char *document_root);

/* The value of a variable, or NULL. */
const char *cgi_environ_get(const struct cgi_environ *env, const char *name);

/* Free what it owns. */
void cgi_environ_free(struct cgi_environ *env);

#endif
