/* environ.c - writes the request down as variables (RFC 3875 4.1).
 *
 * Variables reach every program that a CGI program starts, and some of those
 * obey them: so nothing a client sends may become one whose name we did not
 * choose. All its headers get "HTTP_" in front, and HTTP_PROXY, which many
 * libraries take for their own proxy setting, is never made. */
#include "environ.h"

#include "common/net.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* --- One block of text --- */

enum { BLOCK_BYTES = 2048 }; // most requests need no more

static void put(struct environ *env, const char *bytes, size_t len)
{
    if (env->failed)
        return;
    if (env->size - env->used < len) {
        size_t size = (env->used + len) * 2 + BLOCK_BYTES;
        char *text = realloc(env->text, size);
        if (!text) {
            env->failed = true;
            return;
        }
        env->text = text;
        env->size = size;
    }
    memcpy(env->text + env->used, bytes, len);
    env->used += len;
}

static void put_text(struct environ *env, const char *text)
{
    put(env, text, strlen(text));
}

static void begin(struct environ *env)
{
    assert(env->count < ENVIRON_MAX);
    env->starts[env->count++] = env->used;
}

static void end(struct environ *env)
{
    put(env, "", 1);
}

static void add_part(struct environ *env, const char *name, const char *value,
                     size_t len)
{
    begin(env);
    put_text(env, name);
    put_text(env, "=");
    put(env, value, len);
    end(env);
}

void environ_add(struct environ *env, const char *name, const char *value)
{
    add_part(env, name, value, strlen(value));
}

void environ_add_joined(struct environ *env, const char *name,
                        const char *first, const char *second)
{
    begin(env);
    put_text(env, name);
    put_text(env, "=");
    put_text(env, first);
    put_text(env, second);
    end(env);
}

static void add_number(struct environ *env, const char *name, size_t value)
{
    char digits[3 * sizeof value + 1];
    snprintf(digits, sizeof digits, "%zu", value);
    environ_add(env, name, digits);
}

/* --- Where it runs: which server, which program --- */

/* How much of "name:port" is the name; "[::1]" keeps its brackets. */
static size_t name_len(const char *host)
{
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    return end ? (size_t)(end - host) + 1 : strcspn(host, ":");
}

/* The host as the client called it, with and without the port. A target
 * http://host/path counts before Host (RFC 9112 3.2.2). */
static void add_host(struct environ *env, const struct request *request)
{
    const char *asked = request_header(request, "Host");
    if (strncasecmp(request->target, "http://", 7) == 0)
        asked = request->target + 7;
    size_t len = asked ? strcspn(asked, "/?#") : 0;
    if (len == 0) {
        environ_add(env, "SERVER_NAME", "localhost"); // HTTP/1.0, or empty
        return;
    }
    size_t name = name_len(asked);
    add_part(env, "HTTP_HOST", asked, len);
    add_part(env, "SERVER_NAME", asked, name < len ? name : len);
}

static void add_server(struct environ *env, const struct exchange *exchange)
{
    add_host(env, &exchange->request);
    int port = net_port(exchange->client);
    add_number(env, "SERVER_PORT", port ? (size_t)port : 80);
    environ_add(env, "SERVER_PROTOCOL",
                exchange->request.minor ? "HTTP/1.1" : "HTTP/1.0");
    environ_add(env, "SERVER_SOFTWARE", "Forkyard/1");
}

static void add_program(struct environ *env, const char *path,
                        size_t script_len)
{
    add_part(env, "SCRIPT_NAME", path, script_len);
    environ_add(env, "PATH_INFO", path + script_len);
}

/* --- What is asked: the request line and the body --- */

static void add_request(struct environ *env, const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    environ_add(env, "REMOTE_ADDR", exchange->peer);
    environ_add(env, "REMOTE_HOST",
                exchange->peer); // looking it up could block
    environ_add(env, "REQUEST_METHOD", request->method);
    environ_add(env, "REQUEST_URI", request->target); // redirected or not
    environ_add(env, "QUERY_STRING", request->query ? request->query : "");

    /* A chunked body has a length too: it has been read to its end. */
    if (request_header(request, "Content-Length") ||
        request_header(request, "Transfer-Encoding"))
        add_number(env, "CONTENT_LENGTH", request->body.len);
    const char *type = request_header(request, "Content-Type");
    if (type)
        environ_add(env, "CONTENT_TYPE", type);
}

/* --- All other headers, as HTTP_NAME --- */

/* Does this header become a variable? Not if it has one of its own already,
 * if it is about this connection alone, or if programs and their children
 * must not see it (RFC 3875 4.1.18, 9.2). An underscore could pass for the
 * hyphen of another header, so such names are left out as well. */
static bool is_passed_on(const char *name)
{
    static const char *const kept_back[] = {
        "Host",       "Content-Length", "Content-Type",
        "Connection", "Keep-Alive",     "Proxy-Connection",
        "TE",         "Trailer",        "Transfer-Encoding",
        "Upgrade",    "Authorization",  "Proxy-Authorization",
        "Proxy",
    };
    for (size_t i = 0; i < sizeof kept_back / sizeof *kept_back; i++)
        if (strcasecmp(name, kept_back[i]) == 0)
            return false;
    return name[strspn(name, LETTERS DIGITS "-")] == '\0';
}

static bool came_before(const struct request *request, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(request->headers[i].name,
                       request->headers[index].name) == 0)
            return true;
    return false;
}

/* X-Name becomes HTTP_X_NAME. */
static void put_name(struct environ *env, const char *name)
{
    for (; *name; name++) {
        char c = (char)(*name == '-' ? '_' : toupper((unsigned char)*name));
        put(env, &c, 1);
    }
}

/* One variable for all headers named like the one at `first` (RFC 9110 5.3;
 * cookies: RFC 9113 8.2.3). */
static void add_header(struct environ *env, const struct request *request,
                       size_t first)
{
    const char *name = request->headers[first].name;
    const char *between = strcasecmp(name, "Cookie") == 0 ? "; " : ", ";
    begin(env);
    put_text(env, "HTTP_");
    put_name(env, name);
    put_text(env, "=");
    put_text(env, request->headers[first].value);
    for (size_t i = first + 1; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0) {
            put_text(env, between);
            put_text(env, request->headers[i].value);
        }
    end(env);
}

void environ_add_credentials(struct environ *env, const struct request *request)
{
    const char *credentials = request_header(request, "Authorization");
    if (credentials)
        environ_add(env, "HTTP_AUTHORIZATION", credentials);
}

static void add_headers(struct environ *env, const struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (is_passed_on(request->headers[i].name) && !came_before(request, i))
            add_header(env, request, i);
}

void environ_make(struct environ *env, const struct exchange *exchange,
                  size_t script_len)
{
    *env = (struct environ){0};
    add_server(env, exchange);
    add_program(env, exchange->request.path, script_len);
    add_request(env, exchange);
    add_headers(env, &exchange->request);
}

char *const *environ_variables(struct environ *env)
{
    if (env->failed) {
        errno = ENOMEM;
        return NULL;
    }
    for (size_t i = 0; i < env->count; i++)
        env->variables[i] = env->text + env->starts[i];
    env->variables[env->count] = NULL;
    return env->variables;
}

const char *environ_get(const struct environ *env, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < env->count && !env->failed; i++) {
        const char *variable = env->text + env->starts[i];
        if (strncmp(variable, name, len) == 0 && variable[len] == '=')
            return variable + len + 1;
    }
    return NULL;
}

void environ_free(struct environ *env)
{
    free(env->text);
    env->text = NULL;
}
