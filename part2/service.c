/* service.c - reads what is mounted where, and finds who answers a path. */
#include "service.h"

#include "common/log.h"
#include "common/rules.h"
#include "common/site.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GATEWAYS_MAX = 8,
    REDIRECTS_MAX = 10 // of one request; a program may redirect to itself
};

/* --- The command line --- */

void service_mount(struct argp_state *state, const char *option, char *arg,
                   const struct gateway *gateway)
{
    struct service *service = state->input;
    char *equals = strchr(arg, '=');
    if (arg[0] != '/' || !equals || equals[1] == '\0')
        argp_error(state, "--%s must be /PREFIX=TARGET, not '%s'", option, arg);
    if (service->mount_count == MOUNTS_MAX)
        argp_error(state, "no more than %d mounts are possible", MOUNTS_MAX);

    size_t len = (size_t)(equals - arg);
    while (len > 0 && arg[len - 1] == '/')
        len--;
    if (rules_decode_path(arg, len, arg) != 0)
        argp_error(state, "'%.*s' is no path of a URL", (int)len, arg);
    for (size_t i = 0; i < service->mount_count; i++)
        if (strcmp(service->mounts[i].prefix, arg) == 0)
            argp_error(state, "%s/ is mounted twice", arg);
    service->mounts[service->mount_count++] =
        (struct mount){.prefix = arg, .target = equals + 1, .gateway = gateway};
}

/* argp hands the service to the gateways, and its own to the stage. */
struct input {
    struct service *service;
    void *own;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    const struct input *input = state->input;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    size_t i = 0;
    for (; input->service->gateways[i]; i++)
        state->child_inputs[i] = input->service;
    if (input->own)
        state->child_inputs[i] = input->own;
    return 0;
}

static const char *path_of(int directory)
{
    static char path[PATH_MAX];
    char link[sizeof "/proc/self/fd/" + 3 * sizeof directory];
    snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    if (!realpath(link, path))
        die("find the path of the document root");
    return path;
}

struct service service_parse_with(int argc, char **argv, const char *about,
                                  const struct gateway *const *gateways,
                                  const struct own_options *own)
{
    struct service service = {.gateways = gateways};
    struct argp_child children[GATEWAYS_MAX + 2] = {0};
    size_t count = 0;
    for (; gateways[count]; count++)
        children[count] = (struct argp_child){.argp = gateways[count]->argp,
                                              .group = (int)count + 1};
    if (own)
        children[count] =
            (struct argp_child){.argp = own->argp, .group = (int)count + 1};
    const struct argp argp = {.parser = parse, .children = children};
    struct input input = {&service, own ? own->values : NULL};
    const struct own_options all = {.argp = &argp,
                                    .values = &input,
                                    .keeps_signals = own && own->keeps_signals};
    service.options = options_parse(argc, argv, about, &all);
    service.document_root = path_of(service.options.files.root);
    return service;
}

struct service service_parse(int argc, char **argv, const char *about,
                             const struct gateway *const *gateways)
{
    return service_parse_with(argc, argv, about, gateways, NULL);
}

void service_load(struct service *service, enum concurrency concurrency)
{
    service->concurrency = concurrency;
    for (size_t i = 0; i < service->mount_count; i++) {
        struct mount *mount = &service->mounts[i];
        mount->gateway->load(mount, service);
    }
}

/* --- A request --- */

static bool lies_below(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    return *path && strncmp(path, prefix, len) == 0 &&
           (path[len] == '/' || path[len] == '\0');
}

const struct mount *service_find(const struct service *service,
                                 const char *path)
{
    const struct mount *best = NULL;
    for (size_t i = 0; i < service->mount_count; i++) {
        const struct mount *mount = &service->mounts[i];
        if (lies_below(path, mount->prefix) &&
            (!best || strlen(mount->prefix) > strlen(best->prefix)))
            best = mount;
    }
    return best;
}

void service_answer(struct exchange *exchange, const void *context)
{
    const struct service *service = context;
    for (int turn = 0; turn <= REDIRECTS_MAX; turn++) {
        const struct mount *mount =
            service_find(service, exchange->request.path);
        if (!mount) {
            site_answer(exchange, &service->options);
            return;
        }
        if (mount->gateway->answer(exchange, mount, service) ==
            GATEWAY_ANSWERED)
            return;
    }
    log_line("%s was redirected %d times", exchange->request.target,
             REDIRECTS_MAX);
    response_error(&exchange->response, 502, NULL);
}
