/* c_app.c - the gateway to applications in C: loads them, calls them, and
 * stands between their calls and the response. app.h says what they see. */
#include "c_app.h"

#include "common/log.h"
#include "environ.h"
#include "last_words.h"
#include "service.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call of an application. `env` comes first: its address is the address
 * of the whole, and all that the application hands back to us. */
struct call {
    struct app_environ env;
    const struct c_app *app;
    struct exchange *exchange;
    size_t taken; // of the request's body, so far
};

static struct call *call_of(struct app_environ *env)
{
    return (struct call *)env;
}

/* --- What the application calls --- */

static ssize_t read_body(struct app_environ *env, void *bytes, size_t size)
{
    struct call *call = call_of(env);
    ssize_t got =
        body_read(&call->exchange->request.body, bytes, size, call->taken);
    if (got < 0)
        log_errno("%s: read the body", call->app->who);
    else
        call->taken += (size_t)got;
    return got;
}

static void write_log(struct app_environ *env, const char *line)
{
    log_line("%s: %s", call_of(env)->app->who, line);
}

/* Nothing waits here for more: who writes a line wants it to be seen. */
static int write_body(struct app_environ *env, const void *bytes, size_t len)
{
    const struct call *call = call_of(env);
    struct response *response = &call->exchange->response;
    if (response->status == 0) { // it kept this function from another call
        log_line("%s: write: before start_response", call->app->who);
        return -1;
    }
    if (response->broken)
        return -1;
    if (len == 0)
        return 0;
    if (response_write(response, bytes, len) == 0 &&
        response_flush(response) == 0)
        return 0;
    if (errno == EMSGSIZE)
        log_line("%s: wrote more than its Content-Length", call->app->who);
    return -1;
}

static int add_headers(const struct call *call,
                       const struct app_header *headers)
{
    for (const struct app_header *header = headers; header->name; header++)
        if (response_header(&call->exchange->response, header->name,
                            header->value) < 0) {
            log_line("%s: start_response: %s: \"%s: %s\"", call->app->who,
                     errno == EMSGSIZE ? "too many or too long headers"
                                       : "a header that is not allowed",
                     header->name, header->value);
            return -1;
        }
    return 0;
}

static app_write_fn *start_response(struct app_environ *env, const char *status,
                                    const struct app_header *headers)
{
    const struct call *call = call_of(env);
    struct response *response = &call->exchange->response;
    int code = rules_status(status);
    if (response->status) {
        log_line("%s: start_response: called before", call->app->who);
        return NULL;
    }
    if (!code) {
        log_line("%s: start_response: no status from 200 to 599: \"%s\"",
                 call->app->who, status);
        return NULL;
    }
    response_start(response, code);
    if (add_headers(call, headers) < 0) {
        response_restart(response);
        return NULL;
    }
    return write_body;
}

/* --- The call --- */

static void end_answer(const struct call *call)
{
    if (response_end(&call->exchange->response) < 0 && errno == EINVAL)
        log_line("%s: wrote less than its Content-Length", call->app->who);
}

/* It could not answer. Say so to the client, or if that is too late, cut the
 * connection: nobody shall take half an answer for a whole one. */
static void give_up(const struct call *call)
{
    struct response *response = &call->exchange->response;
    if (response_restart(response))
        response_error(response, 500, NULL);
    else
        response->broken = true;
}

static void conclude(const struct call *call, int result)
{
    const struct response *response = &call->exchange->response;
    if (response->broken)
        return; // has been said, if it was not the client who left
    if (result == 0 && response->status) {
        end_answer(call);
        return;
    }
    if (result == 0)
        log_line("%s: returned without start_response", call->app->who);
    else
        log_line("%s: returned %d", call->app->who, result);
    give_up(call);
}

static void run(struct exchange *exchange, const struct c_app *app,
                size_t script_len)
{
    struct environ variables;
    environ_make(&variables, exchange, script_len);
    environ_add_credentials(&variables, &exchange->request);
    struct call call = {
        .env = {.variables = (const char *const *)environ_variables(&variables),
                .read = read_body,
                .log = write_log},
        .app = app,
        .exchange = exchange,
    };
    if (!call.env.variables) {
        log_errno("%s: make its variables", app->who);
        response_error(&exchange->response, 500, NULL);
    } else {
        last_words_blame(app->who);
        int result = app->answer(&call.env, start_response);
        last_words_blame(NULL);
        conclude(&call, result);
    }
    environ_free(&variables);
}

/* Blocks until the application returns. It finds the body received: so bodies
 * that wait to be invited are, always. */
static enum gateway_outcome answer(struct exchange *exchange,
                                   const struct mount *mount,
                                   const struct service *service)
{
    (void)service;
    if (exchange->request.complete)
        run(exchange, mount->program, strlen(mount->prefix));
    return GATEWAY_ANSWERED;
}

/* --- Start-up --- */

/* "app hello" for "./hello.so". */
static char *name_app(const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;
    size_t len = strlen(name);
    if (len > 3 && strcmp(name + len - 3, ".so") == 0)
        len -= 3;
    char *who;
    if (asprintf(&who, "app %.*s", (int)len, name) < 0)
        die("load %s", file);
    return who;
}

/* RTLD_NOW: what it needs and nobody has is missed now, not at a client's
 * request. RTLD_LOCAL: applications do not see each other's symbols. */
static void *open_object(const char *file, const char *who)
{
    char *path;
    if (asprintf(&path, "%s%s", strchr(file, '/') ? "" : "./", file) < 0)
        die("load %s", file);
    last_words_blame(who); // for its constructors
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    last_words_blame(NULL);
    const char *fault = object ? NULL : dlerror();
    errno = 0; // the fault says more
    if (fault)
        die("%s cannot be loaded: %s", who, fault);
    free(path);
    return object;
}

static const struct app *find_application(void *object, const char *who)
{
    const struct app *found = dlsym(object, "application");
    errno = 0;
    if (!found)
        die("%s cannot be loaded: it defines no symbol 'application'", who);
    if (found->version != APP_VERSION)
        die("%s cannot be loaded: it was compiled for version %u of app.h, "
            "and this is version %u",
            who, found->version, APP_VERSION);
    if (!found->answer)
        die("%s cannot be loaded: its application.answer is NULL", who);
    return found;
}

static void load(struct mount *mount, const struct service *service)
{
    (void)service;
    struct c_app *app = malloc(sizeof *app);
    if (!app)
        die("load %s", mount->target);
    app->who = name_app(mount->target);
    last_words_prepare();
    void *object = open_object(mount->target, app->who);
    app->answer = find_application(object, app->who)->answer;
    mount->program = app;
}

enum { KEY_APP = 0x2b00 };

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    if (key != KEY_APP)
        return ARGP_ERR_UNKNOWN;
    service_mount(state, "app", arg, &app_gateway);
    return 0;
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Applications in C that answer:", 0},
    {"app", KEY_APP, "/PREFIX=FILE.so", 0,
     "Let the application in FILE.so answer below /PREFIX; may be repeated", 0},
    {0},
};

static const struct argp argp = {.options = table, .parser = take_option};

const struct gateway app_gateway = {
    .argp = &argp,
    .load = load,
    .answer = answer,
};
