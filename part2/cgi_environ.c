/* cgi_environ.c - writes the request down as variables (RFC 3875 4.1).
 *
 * Variables reach every program that a CGI program starts, and some of those
 * obey them: so nothing a client sends may become one whose name we did not
 * choose. All its headers get "HTTP_" in front, and HTTP_PROXY, which many
 * libraries take for their own proxy setting, is never made. */
#include "cgi_environ.h"

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

static void add(struct cgi_environ *env, const char *name, const char *value)
{
    assert(env->count < CGI_VARIABLES_MAX);
    char *variable;
    if (!value || asprintf(&variable, "%s=%s", name, value) < 0) {
        env->failed = true;
        return;
    }
    env->variables[env->count++] = variable;
}

static void add_number(struct cgi_environ *env, const char *name, size_t value)
{
    char digits[3 * sizeof value + 1];
    snprintf(digits, sizeof digits, "%zu", value);
    add(env, name, digits);
}

/* Add a variable whose value is two texts joined. */
static void add_joined(struct cgi_environ *env, const char *name,
                       const char *first, const char *second)
{
    char *value;
    if (asprintf(&value, "%s%s", first, second) < 0)
        value = NULL;
    add(env, name, value);
    free(value);
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
static void add_host(struct cgi_environ *env, const struct request *request)
{
    const char *asked = request_header(request, "Host");
    if (strncasecmp(request->target, "http://", 7) == 0)
        asked = request->target + 7;
    size_t len = asked ? strcspn(asked, "/?#") : 0;
    if (len == 0) {
        add(env, "SERVER_NAME", "localhost"); // HTTP/1.0, or an empty Host
        return;
    }
    char *host = strndup(asked, len);
    add(env, "HTTP_HOST", host);
    if (host)
        host[name_len(host)] = '\0';
    add(env, "SERVER_NAME", host);
    free(host);
}

static void add_server(struct cgi_environ *env, const struct exchange *exchange)
{
    add_host(env, &exchange->request);
    int port = net_port(exchange->client);
    add_number(env, "SERVER_PORT", port ? (size_t)port : 80);
    add(env, "SERVER_PROTOCOL",
        exchange->request.minor ? "HTTP/1.1" : "HTTP/1.0");
    add(env, "SERVER_SOFTWARE", "Forkyard/1");
    add(env, "GATEWAY_INTERFACE", "CGI/1.1");
    const char *path = getenv("PATH");
    add(env, "PATH", path ? path : "/usr/local/bin:/usr/bin:/bin");
}

static void add_program(struct cgi_environ *env,
                        const struct cgi_program *program,
                        const char *document_root)
{
    add(env, "DOCUMENT_ROOT", document_root);
    add(env, "SCRIPT_FILENAME", program->file);
    add(env, "SCRIPT_NAME", program->script_name);
    add(env, "PATH_INFO", program->path_info);
    if (*program->path_info)
        add_joined(env, "PATH_TRANSLATED", document_root, program->path_info);
}

/* --- What is asked: the request line and the body --- */

static void add_request(struct cgi_environ *env,
                        const struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    add(env, "REMOTE_ADDR", exchange->peer);
    add(env, "REMOTE_HOST", exchange->peer); // looking it up could block
    add(env, "REQUEST_METHOD", request->method);
    add(env, "REQUEST_URI", request->target);
    add(env, "QUERY_STRING", request->query ? request->query : "");

    /* A chunked body has a length too: it has been read to its end. */
    if (request_header(request, "Content-Length") ||
        request_header(request, "Transfer-Encoding"))
        add_number(env, "CONTENT_LENGTH", request->body.len);
    const char *type = request_header(request, "Content-Type");
    if (type)
        add(env, "CONTENT_TYPE", type);
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

/* The values of all headers named like the one at `first`, as one text to be
 * freed (RFC 9110 5.3; cookies: RFC 9113 8.2.3). NULL: no memory. */
static char *join_values(const struct request *request, size_t first)
{
    const char *name = request->headers[first].name;
    const char *between = strcasecmp(name, "Cookie") == 0 ? "; " : ", ";
    char *joined = strdup(request->headers[first].value);
    for (size_t i = first + 1; joined && i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) != 0)
            continue;
        char *longer;
        if (asprintf(&longer, "%s%s%s", joined, between,
                     request->headers[i].value) < 0)
            longer = NULL;
        free(joined);
        joined = longer;
    }
    return joined;
}

static void add_header(struct cgi_environ *env, const char *name,
                       const char *value)
{
    char *variable;
    if (!value || asprintf(&variable, "HTTP_%s=%s", name, value) < 0) {
        env->failed = true;
        return;
    }
    for (char *c = variable; *c != '='; c++)
        if (*c == '-')
            *c = '_';
        else
            *c = (char)toupper((unsigned char)*c);
    env->variables[env->count++] = variable;
}

static void add_headers(struct cgi_environ *env, const struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        if (!is_passed_on(name) || came_before(request, i))
            continue;
        char *value = join_values(request, i);
        add_header(env, name, value);
        free(value);
    }
}

int cgi_environ_make(struct cgi_environ *env, const struct exchange *exchange,
                     const struct cgi_program *program,
                     const char *document_root)
{
    *env = (struct cgi_environ){0};
    add_server(env, exchange);
    add_program(env, program, document_root);
    add_request(env, exchange);
    add_headers(env, &exchange->request);
    if (!env->failed)
        return 0;
    errno = ENOMEM;
    return -1;
}

const char *cgi_environ_get(const struct cgi_environ *env, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < env->count; i++)
        if (strncmp(env->variables[i], name, len) == 0 &&
            env->variables[i][len] == '=')
            return env->variables[i] + len + 1;
    return NULL;
}

void cgi_environ_free(struct cgi_environ *env)
{
    for (size_t i = 0; i < env->count; i++)
        free(env->variables[i]);
    *env = (struct cgi_environ){0};
}
