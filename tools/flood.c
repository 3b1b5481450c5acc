/* flood.c - many requests to one server, and what becomes of them.
 *
 * One process, one thread, one epoll. This file has the loop: whose turn it is,
 * what is heard, what is due, when it is over. flood_client.c is what one
 * client does. The command line is read by flood_options.c, the target by
 * flood_target.c, answers by flood_answer.c; flood_start.c makes ready, and
 * flood_tally.c counts and prints. */
#include "flood_client.h"
#include "flood_start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    EVENTS_AT_ONCE = 256,
    PROGRESS_EVERY = 100000 // us
};

/* --- Whose turn it is ------------------------------------------------- */

static bool may_begin(const struct flood *flood)
{
    if (flood->stopping || flood->idle == NULL ||
        flood->begun == flood->options.requests ||
        flood->busy == flood->options.concurrency)
        return false;
    if (!flood->address_settled && flood->connecting > 0)
        return false; // the first connection finds the address for all
    return !flood->options.together || flood->gathering;
}

static void begin_requests(struct flood *flood)
{
    if (flood->busy == 0)
        flood->gathering = true;
    while (may_begin(flood))
        client_begin(flood, flood->idle);
}

/* The one that connected last, of those that stand. NULL if none does. */
static struct client *last_in_line(struct flood *flood)
{
    struct client *last = NULL;
    for (size_t i = 0; i < flood->client_count; i++) {
        struct client *client = &flood->clients[i];
        if (client->state == CLIENT_STANDING &&
            (last == NULL || client->place > last->place))
            last = client;
    }
    return last;
}

/* --together: when all stand and nobody speaks, the last in line speaks. A
 * server that serves one client at a time is waiting for the first. */
static void give_the_floor(struct flood *flood)
{
    if (!flood->options.together || flood->connecting > 0 ||
        flood->speaker != NULL)
        return;
    struct client *client = last_in_line(flood);
    if (client == NULL)
        return;
    flood->gathering = false;
    flood->speaker = client;
    client_speak(flood, client);
}

/* --- Events ----------------------------------------------------------- */

static int wait_ms(const struct flood *flood)
{
    int64_t until = earlier(flood->next_due, flood->hold_until);
    if (flood->shows_progress)
        until = earlier(until, flood->next_progress);
    if (until == NEVER)
        return -1;
    int64_t left = until - now_us();
    if (left <= 0)
        return 0;
    return (int)earlier((left + 999) / 1000, 60000);
}

static void hear_events(struct flood *flood)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count =
        epoll_wait(flood->epoll, events, EVENTS_AT_ONCE, wait_ms(flood));
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == NULL)
            flood->stopping = true; // the signalfd
        else
            client_hear(flood, events[i].data.ptr, events[i].events);
    }
}

static void look_at_clocks(struct flood *flood)
{
    int64_t now = now_us();
    if (now < flood->next_due)
        return;
    flood->next_due = NEVER;
    for (size_t i = 0; i < flood->client_count; i++)
        client_look_at_clock(flood, &flood->clients[i], now);
}

/* --- Progress and the end --------------------------------------------- */

static void show_progress(struct flood *flood)
{
    int64_t now = now_us();
    if (!flood->shows_progress || now < flood->next_progress)
        return;
    flood->next_progress = now + PROGRESS_EVERY;
    const struct tally *tally = &flood->tally;
    uint64_t good = tally->outcomes[tally->wanted];
    fprintf(stderr,
            "\r\033[K%s %" PRIu64 " of %" PRIu64 "  other %" PRIu64 "  %.1f s",
            tally->goal, good, tally->requests, flood->decided - good,
            (double)(now - tally->began) / 1e6);
}

static void clear_progress(const struct flood *flood)
{
    if (flood->shows_progress)
        fprintf(stderr, "\r\033[K");
}

/* --hold: once all requests are decided, connections are only held. */
static void begin_to_hold(struct flood *flood)
{
    const struct options *options = &flood->options;
    if (flood->tally.held == 0 || flood->only_holds ||
        flood->decided < options->requests)
        return;
    flood->only_holds = true;
    clear_progress(flood);
    flood->shows_progress = false;
    if (options->hold != UNTIL_INTERRUPTED)
        flood->hold_until = now_us() + options->hold;
    if (options->quiet)
        return;
    fprintf(stderr, "holding %" PRIu64 " connections ", flood->tally.held);
    if (options->hold == UNTIL_INTERRUPTED)
        fprintf(stderr, "until Ctrl-C\n");
    else
        fprintf(stderr, "for %.1f s\n", (double)options->hold / 1e6);
}

static bool is_over(const struct flood *flood)
{
    if (flood->stopping)
        return true;
    if (flood->only_holds)
        return now_us() >= flood->hold_until;
    return flood->decided == flood->options.requests;
}

static void run(struct flood *flood)
{
    flood->tally.began = flood->tally.ended = now_us();
    flood->next_progress = flood->tally.began + PROGRESS_EVERY;
    for (;;) {
        begin_requests(flood);
        give_the_floor(flood);
        begin_to_hold(flood);
        if (is_over(flood))
            break;
        hear_events(flood);
        look_at_clocks(flood);
        show_progress(flood);
    }
    if (flood->decided < flood->options.requests)
        flood->tally.ended = now_us(); // interrupted
    clear_progress(flood);
}

int main(int argc, char **argv)
{
    struct flood flood = {.options = options_parse(argc, argv)};
    flood_start(&flood);
    run(&flood);
    if (flood.options.json)
        tally_print_json(&flood.tally);
    else
        tally_print_table(&flood.tally);
    bool all_went_well =
        flood.tally.outcomes[flood.tally.wanted] == flood.tally.requests;
    flood_clean_up(&flood);
    if (fflush(stdout) != 0)
        flood_die("standard output: %s", strerror(errno));
    return all_went_well ? EXIT_SUCCESS : EXIT_NOT_ALL;
}
