/* staffing.c - how many workers there should be, and which of them. */
#include "supervisor_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "listener.h"
#include "notify.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    BUSY_MS = 500,   // all busy and clients waiting for so long: one more
    IDLE_MS = 10000, // two idle for so long: one less
};

static struct place *find_empty(struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].slot.state == SLOT_EMPTY && !s->places[i].wanted)
            return &s->places[i];
    return NULL;
}

/* --- The number --- */

static struct place *find_last_wanted(struct supervisor *s)
{
    for (size_t i = s->place_count; i-- > 0;)
        if (s->places[i].wanted && &s->places[i] != s->next &&
            &s->places[i] != s->last)
            return &s->places[i];
    return NULL;
}

static int count_wanted(const struct supervisor *s)
{
    int count = 0;
    for (size_t i = 0; i < s->place_count; i++)
        count += s->places[i].wanted && &s->places[i] != s->next;
    return count;
}

static void keep_number(struct supervisor *s, int wanted)
{
    for (int count = count_wanted(s); count != wanted;) {
        bool more = count < wanted;
        struct place *place = more ? find_empty(s) : find_last_wanted(s);
        if (!place)
            return; // all are still leaving: another time
        place->wanted = more;
        place->why = more ? NULL : "too many workers";
        count += more ? 1 : -1;
    }
}

void staffing_change(struct supervisor *s, int change)
{
    int limit = s->options->max_workers;
    int number = s->number + change;
    if (number < 1 || number > limit)
        log_line("there may be 1 to %d workers", limit);
    else
        s->number = number;
}

static int count_idle(const struct supervisor *s)
{
    int idle = 0;
    for (size_t i = 0; i < s->place_count; i++)
        idle += s->places[i].slot.state == SLOT_UP &&
                !s->places[i].seat->has_client;
    return idle;
}

/* Another one when all have been busy and clients waiting for a while; one
 * less when there was no need of it for much longer. */
static void follow_load(struct supervisor *s)
{
    int64_t now = net_now();
    int idle = count_idle(s);
    bool too_few = idle == 0 && listener_waiting(s->listener) > 0;
    bool too_many = idle >= 2;
    if (too_few != s->too_few || !(too_few || too_many)) {
        s->too_few = too_few;
        s->load_since = now;
    } else if (too_few && now - s->load_since >= BUSY_MS &&
               s->number + s->extra < s->options->max_workers) {
        s->extra++;
        s->load_since = now;
    } else if (too_many && now - s->load_since >= IDLE_MS && s->extra > 0) {
        s->extra--;
        s->load_since = now;
    }
}

/* --- Replacements --- */

static int64_t resident_mib(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *file = fopen(path, "re");
    long pages = 0;
    if (file && fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * sysconf(_SC_PAGESIZE) / (1024L * 1024);
}

/* Why should another worker take its place? NULL: it should not. */
static const char *why_replace(const struct supervisor *s,
                               const struct place *place)
{
    if (!place->wanted || place->slot.state != SLOT_UP)
        return NULL;
    if (place->generation != s->generation)
        return "reload";
    if (place->max_requests && place->seat->requests >= place->max_requests)
        return "enough requests";
    if (s->options->max_memory &&
        resident_mib(place->pid) > s->options->max_memory)
        return "too much memory";
    return NULL;
}

static void begin_replacement(struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count && !s->next; i++) {
        const char *why = why_replace(s, &s->places[i]);
        struct place *next = why ? find_empty(s) : NULL;
        if (!next)
            continue;
        s->last = &s->places[i];
        s->last->why = why;
        s->next = next;
        s->next->wanted = true;
    }
}

static void go_on_replacing(struct supervisor *s)
{
    if (s->next && s->next->slot.state == SLOT_UP) {
        s->last->wanted = false;
        s->next = s->last = NULL;
    }
    if (!s->next && net_now() >= s->replace_after)
        begin_replacement(s);
}

void staffing_give_up(struct supervisor *s)
{
    log_line("generation %u cannot start, keeping generation %u", s->generation,
             s->last->generation);
    s->generation = s->last->generation;
    s->board->generation = s->generation;
    s->replace_after = net_now() + s->options->times.young_ms;
    s->next->wanted = false;
    s->next = s->last = NULL;
}

/* --- Reload --- */

static bool is_reloading(const struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].wanted && slot_has_worker(&s->places[i].slot) &&
            s->places[i].generation != s->generation)
            return true;
    return s->next != NULL;
}

void staffing_replace_all(struct supervisor *s)
{
    s->generation++;
    s->board->generation = s->generation;
    s->reloading = true;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify("RELOADING=1\nMONOTONIC_USEC=%lld",
           (long long)now.tv_sec * 1000000LL + now.tv_nsec / 1000);
    log_line("reloading: generation %u", s->generation);
}

/* A hundred in a row are one that goes on, and one again. */
void staffing_reload(struct supervisor *s)
{
    if (s->mode != GOING_ON)
        return;
    s->replace_after = 0; // whoever asks for it believes that it can work
    s->reload_again = is_reloading(s);
    if (!s->reload_again)
        staffing_replace_all(s);
}

static void end_reload(struct supervisor *s)
{
    if (is_reloading(s))
        return;
    if (s->reloading)
        notify("READY=1");
    s->reloading = false;
    if (s->reload_again)
        staffing_reload(s);
}

/* --- All of it --- */

void staffing_decide(struct supervisor *s)
{
    if (s->mode == GOING_ON) {
        follow_load(s);
        go_on_replacing(s);
        end_reload(s);
        keep_number(s, s->number + s->extra);
        s->board->wanted = s->number + s->extra;
        return;
    }
    for (size_t i = 0; i < s->place_count; i++) {
        s->places[i].wanted = false;
        s->places[i].why = "stop";
    }
}
