/* environ.h - the request as variables: what every gateway tells a program
 * (RFC 3875 4.1, PEP 3333). Make, add, read, free, in this order. */
#ifndef PART2_ENVIRON_H
#define PART2_ENVIRON_H

#include "common/exchange.h"

#include <stdbool.h>
#include <stddef.h>

enum { ENVIRON_MAX = REQUEST_HEADERS_MAX + 32 };

struct environ {
    /* For environ.c alone. All texts stand behind each other in one block,
     * which may move while it grows: so they are pointed to when it is done. */
    bool failed; // no memory for one of them
    size_t count;
    char *text;
    size_t used, size;
    size_t starts[ENVIRON_MAX];
    char *variables[ENVIRON_MAX + 1];
};

/* Begin with the variables that all gateways share. The first `script_len`
 * bytes of the request's path name the program: SCRIPT_NAME; the rest is
 * PATH_INFO. environ_free() must follow. Never blocks, here and below. */
void environ_make(struct environ *env, const struct exchange *exchange,
                  size_t script_len);

/* Add a variable that is not there yet. */
void environ_add(struct environ *env, const char *name, const char *value);

/* The same with a value that is two texts joined. */
void environ_add_joined(struct environ *env, const char *name,
                        const char *first, const char *second);

/* Add HTTP_AUTHORIZATION, if the client sent it: for programs within this
 * process. Others could show it to all who may look at their environment
 * (RFC 3875 9.2). */
void environ_add_credentials(struct environ *env,
                             const struct request *request);

/* All of them as "NAME=value", NULL at the end, for as long as `env` is not
 * changed; NULL with errno ENOMEM if there was no memory for all. */
char *const *environ_variables(struct environ *env);

/* The value of a variable, or NULL. */
const char *environ_get(const struct environ *env, const char *name);

/* Free what it owns. */
void environ_free(struct environ *env);

#endif
