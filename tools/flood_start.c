/* flood_start.c - what there is before the first request: the target's address,
 * the request's text, the clients, their descriptors, the signals. */
#include "flood_start.h"
#include "flood_client.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SPARE_DESCRIPTORS = 16 }; // standard streams, epoll, signals, resolver

void flood_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "flood: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(EXIT_NO_START);
}

static void find_target(struct flood *flood)
{
    struct target *target = &flood->target;
    const char *fault = target_parse(target, flood->options.target);
    if (fault != NULL)
        flood_die("'%s': %s", flood->options.target, fault);
    fault = target_resolve(target);
    if (fault != NULL)
        flood_die("cannot resolve '%s': %s", target->host, fault);
    if (!flood->options.anywhere && !target_is_loopback(target))
        flood_die("'%s' is not this machine. Give --anywhere if its owner "
                  "agrees to be flooded",
                  target->host);
    flood->address = target->addresses;
    flood->address_settled = flood->address->ai_next == NULL;
}

static bool has_header(const struct options *options, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < options->header_count; i++)
        if (strncasecmp(options->headers[i], name, len) == 0 &&
            options->headers[i][len] == ':')
            return true;
    return false;
}

static void compose_request(struct flood *flood)
{
    const struct options *options = &flood->options;
    FILE *head = open_memstream(&flood->head, &flood->head_len);
    if (head == NULL)
        flood_die("the request: %s", strerror(errno));
    fprintf(head, "%s %s HTTP/1.1\r\n", options->has_body ? "POST" : "GET",
            flood->target.path);
    if (!has_header(options, "Host"))
        fprintf(head, "Host: %s\r\n", flood->target.authority);
    if (!has_header(options, "Connection") && !options->keep &&
        options->manners != MANNERS_HOLD)
        fprintf(head, "Connection: close\r\n");
    if (!has_header(options, "Content-Length") && options->has_body)
        fprintf(head, "Content-Length: %" PRIu64 "\r\n", options->body_bytes);
    for (size_t i = 0; i < options->header_count; i++)
        fprintf(head, "%s\r\n", options->headers[i]);
    fprintf(head, "\r\n");
    if (fclose(head) != 0)
        flood_die("the request: %s", strerror(errno));
    flood->body_block = malloc(BODY_BLOCK_BYTES);
    if (flood->body_block == NULL)
        flood_die("no memory for the body");
    memset(flood->body_block, 'x', BODY_BLOCK_BYTES);
    flood->request_len = flood->head_len + options->body_bytes;
}

/* With --hold every request keeps a client and its connection to the end. */
static size_t count_clients(const struct options *options)
{
    return (size_t)(options->manners == MANNERS_HOLD ? options->requests
                                                     : options->concurrency);
}

static void allow_descriptors(size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        flood_die("getrlimit: %s", strerror(errno));
    rlim_t needed = count + SPARE_DESCRIPTORS;
    if (limit.rlim_cur >= needed)
        return;
    if (limit.rlim_max < needed)
        flood_die("%zu connections at a time need %ju descriptors, but "
                  "only %ju are allowed (ulimit -Hn)",
                  count, (uintmax_t)needed, (uintmax_t)limit.rlim_max);
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        flood_die("setrlimit: %s", strerror(errno));
}

static void make_clients(struct flood *flood)
{
    const struct options *options = &flood->options;
    size_t count = count_clients(options);
    allow_descriptors(count);
    flood->clients = calloc(count, sizeof *flood->clients);
    if (flood->clients == NULL)
        flood_die("no memory for %zu clients", count);

    flood->client_count = count;
    for (size_t i = 0; i < count; i++) {
        struct client *client = &flood->clients[i];
        client->fd = -1;
        client->deadline = client->wake = NEVER;
        client->quota =
            options->requests / count + (i < options->requests % count ? 1 : 0);
        client->next_idle = i + 1 < count ? client + 1 : NULL;
    }
    flood->idle = flood->clients; // the first one first
}

static void watch_signals(struct flood *flood)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    flood->epoll = epoll_create1(EPOLL_CLOEXEC);
    flood->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (flood->epoll < 0 || flood->signals < 0 ||
        epoll_ctl(flood->epoll, EPOLL_CTL_ADD, flood->signals, &event) < 0)
        flood_die("epoll: %s", strerror(errno));
}

static enum outcome wanted_outcome(const struct options *options)
{
    switch (options->manners) {
    case MANNERS_ABORT: return ABORTED;
    case MANNERS_SILENT: return CLOSED_BY_SERVER;
    default: return ANSWERED;
    }
}

void flood_start(struct flood *flood)
{
    const struct options *options = &flood->options;
    flood->next_due = flood->hold_until = NEVER;
    flood->shows_progress = !options->quiet && isatty(STDERR_FILENO);
    find_target(flood);
    compose_request(flood);
    make_clients(flood);
    watch_signals(flood);
    enum outcome wanted = wanted_outcome(options);
    if (tally_init(&flood->tally, options->requests, wanted) < 0)
        flood_die("no memory for %" PRIu64 " requests", options->requests);
}

void flood_clean_up(struct flood *flood)
{
    for (size_t i = 0; i < flood->client_count; i++)
        client_disconnect(&flood->clients[i]);
    close(flood->signals);
    close(flood->epoll);
    free(flood->clients);
    free(flood->head);
    free(flood->body_block);
    tally_free(&flood->tally);
    target_free(&flood->target);
}
