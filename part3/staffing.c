/* staffing.c - how many workers there should be, and which of them. */
#include "supervisor_parts.h"

#include "common/log.h"
#include "common/net.h"
#include "listener.h"
#include "notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    BUSY_MS = 500,   // all busy and clients waiting for so long: one more
    IDLE_MS = 10000, // two idle for so long: one less
    WEIGH_MS = 1000, // between two looks at the memory of workers
};

static struct place *find_empty(struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].slot.state == SLOT_EMPTY && !s->places[i].wanted)
            return &s->places[i];
    return NULL;
}

static void dismiss(struct place *place, const char *why)
{
    place->wanted = false;
    place->unwanted = why;
}

/* --- The number --- */

static struct place *find_last_wanted(struct supervisor *s)
{
    for (size_t i = s->place_count; i-- > 0;)
        if (s->places[i].wanted && &s->places[i] != s->heir &&
            &s->places[i] != s->old)
            return &s->places[i];
    return NULL;
}

static int count_wanted(const struct supervisor *s)
{
    int count = 0;
    for (size_t i = 0; i < s->place_count; i++)
        count += s->places[i].wanted && &s->places[i] != s->heir;
    return count;
}

static void keep_number(struct supervisor *s, int wanted)
{
    for (int count = count_wanted(s); count != wanted;) {
        bool more = count < wanted;
        struct place *place = more ? find_empty(s) : find_last_wanted(s);
        if (!place)
            return; // all are still leaving: another time
        if (more)
            place->wanted = true;
        else
            dismiss(place, "too many workers");
        count += more ? 1 : -1;
    }
}

void staffing_change(struct supervisor *s, int change)
{
    int limit = s->options->max_workers;
    int number = s->number + change;
    if (number < 1 || number > limit) {
        log_line("there may be 1 to %d workers", limit);
        return;
    }
    s->number = number;
    if (s->number + s->extra > limit)
        s->extra = limit - s->number;
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
    bool enough = !too_few && !too_many;
    if (too_few != s->too_few || enough) {
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

/* Not in every turn: for each of them there is a file to read. */
static void weigh_workers(struct supervisor *s)
{
    int64_t now = net_now();
    if (!s->options->max_memory || now < s->weigh_at)
        return;
    s->weigh_at = now + WEIGH_MS;
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].slot.state == SLOT_UP)
            s->places[i].resident_mib = resident_mib(s->places[i].pid);
}

/* Is it from before a reload that goes on? */
static bool is_outdated(const struct supervisor *s, const struct place *place)
{
    return place->generation < s->oldest;
}

/* Why has it had enough? NULL: it has not. */
static const char *why_recycle(const struct supervisor *s,
                               const struct place *place)
{
    if (place->max_requests && place->seat->requests >= place->max_requests)
        return "enough requests";
    if (s->options->max_memory && place->resident_mib > s->options->max_memory)
        return "too much memory";
    return NULL;
}

/* Why should another worker take its place? NULL: it should not. */
static const char *why_replace(const struct supervisor *s,
                               const struct place *place, int64_t now)
{
    if (!place->wanted || place->slot.state != SLOT_UP)
        return NULL;
    if (is_outdated(s, place))
        return "reload";
    return now >= s->recycle_after ? why_recycle(s, place) : NULL;
}

/* The oldest first, so that a reload gets round to all of them. */
static void choose_old(struct supervisor *s, int64_t now)
{
    for (size_t i = 0; i < s->place_count; i++) {
        struct place *place = &s->places[i];
        const char *why = why_replace(s, place, now);
        if (why && (!s->old || place->born < s->old->born)) {
            s->old = place;
            s->old_why = why;
        }
    }
}

/* Who had enough soon after it was ready will be followed by more of the kind:
 * that is no better than a crash loop, and slowed down in the same way. */
static void note_haste(struct supervisor *s, int64_t now)
{
    const struct slot_times *times = &s->options->times;
    bool too_soon = now - s->old->slot.since < times->young_ms;
    s->hasty = too_soon ? s->hasty + 1 : 0;
    s->recycle_after =
        now + slot_delay_after(s->hasty, times, (unsigned)random());
    if (s->hasty == s->number + 1)
        log_line("%s, soon after it was ready, again and again: is the limit "
                 "too low? Replacing workers more slowly",
                 s->old_why);
}

static void begin_replacement(struct supervisor *s)
{
    int64_t now = net_now();
    struct place *heir = find_empty(s);
    if (heir)
        choose_old(s, now);
    if (!s->old)
        return;
    if (!is_outdated(s, s->old))
        note_haste(s, now);
    s->heir = heir;
    s->heir->wanted = true;
}

static void go_on_replacing(struct supervisor *s)
{
    if (s->heir && s->heir->slot.state == SLOT_UP) {
        dismiss(s->old, s->old_why);
        s->heir = s->old = NULL;
    }
    if (!s->heir && net_now() >= s->replace_after)
        begin_replacement(s);
}

/* Those of the new generation that have started stay as well: what they load
 * is what anybody would load who came now. */
void staffing_give_up(struct supervisor *s)
{
    log_line("worker %d cannot start, going on with who is there (%s)",
             s->heir->number, s->old_why);
    s->oldest = 0;
    s->replace_after = net_now() + s->options->times.young_ms;
    dismiss(s->heir, s->old_why);
    s->heir = s->old = NULL;
}

void staffing_lose(struct supervisor *s, struct place *place)
{
    if (place == s->heir)
        staffing_give_up(s);
    dismiss(place, "unkillable");
}

/* --- Reload --- */

static bool is_reloading(const struct supervisor *s)
{
    for (size_t i = 0; i < s->place_count; i++)
        if (s->places[i].wanted && slot_has_worker(&s->places[i].slot) &&
            is_outdated(s, &s->places[i]))
            return true;
    return false;
}

/* A hundred in a row are one that goes on, and one again. */
void staffing_reload(struct supervisor *s)
{
    if (s->mode != GOING_ON)
        return;
    s->replace_after = 0; // whoever asks for it believes that it can work
    s->reload_again = is_reloading(s);
    if (s->reload_again)
        return;
    s->generation++;
    s->oldest = s->generation;
    s->board->generation = s->generation;
    s->reloading = true;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify("RELOADING=1\nMONOTONIC_USEC=%lld",
           (long long)now.tv_sec * 1000000LL + now.tv_nsec / 1000);
    log_line("reloading: generation %u", s->generation);
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
        weigh_workers(s);
        go_on_replacing(s);
        end_reload(s);
        keep_number(s, s->number + s->extra);
        s->board->wanted = s->number + s->extra;
        return;
    }
    for (size_t i = 0; i < s->place_count; i++)
        dismiss(&s->places[i], "stop");
}
