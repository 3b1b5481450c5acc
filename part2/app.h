/* app.h - what an application in C includes, and all it needs to know.
 *
 * The contract is PEP 3333's (WSGI), in C: the server calls the application
 * with the request as variables and with a function, start_response. Calling
 * it with a status and headers gives the function that writes the body: so no
 * body can come before its status. An application is a shared object that
 * defines one symbol:
 *
 *      #include "app.h"
 *
 *      static int hello(struct app_environ *env,
 *                       app_start_response_fn *start_response)
 *      {
 *          static const struct app_header headers[] = {
 *              {"Content-Type", "text/plain"}, {NULL, NULL}};
 *          app_write_fn *write = start_response(env, "200 OK", headers);
 *          return write ? write(env, "Hello\n", 6) : -1;
 *      }
 *
 *      const struct app application = {APP_VERSION, hello};
 *
 *      cc -shared -fPIC -o hello.so hello.c
 *      forkyard --app /hello=./hello.so
 *
 * It is loaded when the server starts, and may be called in many processes at
 * once, each with its own copy of its variables; and in many threads where the
 * server has them. It shares their fate: if it crashes or calls exit, the
 * process ends that called it, with all clients of that process, and the log
 * says which application it was. */
#ifndef FORKYARD_APP_H
#define FORKYARD_APP_H

#include <stddef.h>
#include <string.h>
#include <sys/types.h>

/* Changes when an application must be compiled anew. */
#define APP_VERSION 1U

struct app_environ;

/* A header of the response; {NULL, NULL} ends a list of them. */
struct app_header {
    const char *name;
    const char *value;
};

/* Send a piece of the body. It leaves at once: who has many small pieces
 * gathers them first. May block while the client is slow. Where the client
 * gets no body (HEAD, 204, 304) it is only counted. Returns 0, or -1 if nobody
 * can have the rest (the client left, was too slow, or more was written than
 * Content-Length said): then return, with whatever value. */
typedef int app_write_fn(struct app_environ *env, const void *bytes,
                         size_t len);

/* Begin the response: "200 OK" or any other status from 200 to 599 (the words
 * behind it are the server's), and the headers, which are copied. With a
 * Content-Length the client learns how much to expect; without one the body is
 * sent in chunks. Date, Connection and Transfer-Encoding are the server's.
 * Nothing leaves before the first write of a byte or more, or the application's
 * return. Returns the write function, or NULL if the status or a header is not
 * allowed, or if a response has begun: the log says what was wrong, and the
 * application should return -1. */
typedef app_write_fn *app_start_response_fn(struct app_environ *env,
                                            const char *status,
                                            const struct app_header *headers);

/* The request. It lives until the application returns. */
struct app_environ {
    /* As for CGI programs (RFC 3875 4.1), "NAME=value" each, NULL ends them:
     * REQUEST_METHOD, SCRIPT_NAME, PATH_INFO, QUERY_STRING, CONTENT_LENGTH,
     * HTTP_HOST and so on; HTTP_AUTHORIZATION too. */
    const char *const *variables;

    /* Read on in the request's body: returns how many bytes were put in
     * `bytes`, 0 at its end, -1 with errno if it is lost. It was received
     * before the call, so this waits for a disk at most. It need not be read. */
    ssize_t (*read)(struct app_environ *env, void *bytes, size_t size);

    /* Write a line to the server's log, with the name of the application. */
    void (*log)(struct app_environ *env, const char *line);
};

/* The value of a variable, or NULL. */
static inline const char *app_variable(const struct app_environ *env,
                                       const char *name)
{
    size_t len = strlen(name);
    for (const char *const *variable = env->variables; *variable; variable++)
        if (strncmp(*variable, name, len) == 0 && (*variable)[len] == '=')
            return *variable + len + 1;
    return NULL;
}

/* Answer a request. Returns 0, or anything else if it could not: the client
 * gets a 500 if nothing has left, else the connection is cut, so that nobody
 * takes half an answer for a whole one. Returning 0 without start_response is
 * a 500 as well. */
typedef int app_fn(struct app_environ *env,
                   app_start_response_fn *start_response);

struct app {
    unsigned version; // APP_VERSION
    app_fn *answer;
};

/* What an application defines; seen from outside, however it is compiled. */
extern const struct app application __attribute__((visibility("default")));

#endif
