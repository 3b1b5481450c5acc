/* status.c - reads the scoreboard, which others write meanwhile: so all of it
 * is copied first, and nothing in it is trusted to fit together. */
#include "status.h"

#include "common/net.h"
#include "slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct row {
    size_t number;
    enum slot_state state;
    int pid;
    unsigned generation;
    int64_t age_ms, beat_ms, busy_ms; // -1: not busy
    uint64_t requests, deaths;
};

struct picture {
    int supervisor;
    int64_t up_ms;
    unsigned generation;
    int wanted, busy, zombies;
    int in_state[SLOT_STATES + 1]; // and in none that we know
    bool degraded;                 // fewer are up than are wanted
    int64_t oldest_body_ms;
    uint64_t spawned, died, orphans, requests;
    size_t count;
    struct row rows[SEATS_MAX];
};

/* --- Look --- */

static bool is_zombie(int pid)
{
    char path[64];
    char text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    const char *name_end = strrchr(text, ')'); // a name may hold one as well
    return name_end && name_end[1] == ' ' && name_end[2] == 'Z';
}

/* Dead children of the supervisor that nobody has buried. */
static int count_zombies(int supervisor)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", supervisor,
             supervisor);
    FILE *children = fopen(path, "re");
    int count = 0;
    int pid;
    while (children && fscanf(children, "%d", &pid) == 1)
        count += is_zombie(pid);
    if (children)
        fclose(children);
    return count;
}

/* A worker may have noted any time: none is before our first, or to come. */
static int64_t age_of(int64_t since, int64_t now)
{
    return since < 0 ? now : since < now ? now - since : 0;
}

static struct row look_at_seat(const struct seat *seat, size_t number,
                               int64_t now)
{
    int64_t busy_since = seat->busy_since;
    int state = seat->state;
    bool is_known = state >= 0 && state < SLOT_STATES;
    return (struct row){
        .number = number,
        .state = is_known ? (enum slot_state)state : SLOT_STATES,
        .pid = seat->pid,
        .generation = seat->generation,
        .age_ms = age_of(seat->born, now),
        .beat_ms = age_of(seat->beat, now),
        .busy_ms = busy_since ? age_of(busy_since, now) : -1,
        .requests = seat->requests,
        .deaths = seat->deaths,
    };
}

static void look(struct picture *picture, const struct scoreboard *board)
{
    int64_t now = net_now();
    *picture = (struct picture){
        .supervisor = board->supervisor,
        .up_ms = now - board->started,
        .generation = board->generation,
        .wanted = board->wanted,
        .zombies = count_zombies(board->supervisor),
        .spawned = board->spawned,
        .died = board->died,
        .orphans = board->orphans,
        .requests = board->requests,
    };
    picture->oldest_body_ms = picture->zombies ? now - board->swept : 0;
    for (size_t i = 0; i < board->seat_count && i < SEATS_MAX; i++) {
        struct row row = look_at_seat(&board->seats[i], i, now);
        if (row.state == SLOT_EMPTY)
            continue;
        picture->rows[picture->count++] = row;
        picture->requests += row.requests;
        picture->in_state[row.state]++;
        picture->busy += row.busy_ms >= 0;
    }
    picture->degraded = picture->in_state[SLOT_UP] < picture->wanted;
}

/* --- As a page --- */

static void write_tile(FILE *page, const struct row *row)
{
    fprintf(page,
            "<div class=\"%s%s\"><b>%zu</b> %s<br>pid %d<br>generation %u<br>"
            "%llu requests<br>%.0f s old",
            slot_state_name(row->state), row->busy_ms >= 0 ? " busy" : "",
            row->number, slot_state_name(row->state), row->pid, row->generation,
            (unsigned long long)row->requests, (double)row->age_ms / 1e3);
    if (row->busy_ms >= 0)
        fprintf(page, "<br>busy for %.1f s", (double)row->busy_ms / 1e3);
    if (row->deaths)
        fprintf(page, "<br>%llu died here", (unsigned long long)row->deaths);
    fprintf(page, "</div>\n");
}

static void write_page(FILE *page, const struct picture *picture)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"refresh\" content=\"1\">\n"
          "<title>Forkyard: the family</title>\n<style>\n"
          "body { font: 1rem/1.4 system-ui, sans-serif; margin: 2rem; }\n"
          "main { display: flex; flex-wrap: wrap; gap: .6rem; }\n"
          "main div { border: 2px solid #888; border-radius: .5rem; "
          "padding: .6rem; min-width: 9rem; background: #eee; color: #111; }\n"
          "main .up { border-color: #2a7; background: #dfd; }\n"
          "main .busy { background: #fe9; }\n"
          "main .starting, main .draining { border-style: dashed; }\n"
          "main .suspect, main .killing { border-color: #c22; "
          "background: #fcc; }\n"
          "@media (prefers-color-scheme: dark) { body { background: #111; "
          "color: #eee; } }\n</style>\n",
          page);
    fprintf(page,
            "<h1>The family of %d</h1>\n<p>Up for %.0f s, generation %u: "
            "%d of %d workers up%s, %d busy.<br>\n%llu requests answered, %llu "
            "workers born, %llu died, %llu orphans buried.<br>\n"
            "<b>%d zombies</b>",
            picture->supervisor, (double)picture->up_ms / 1e3,
            picture->generation, picture->in_state[SLOT_UP], picture->wanted,
            picture->degraded ? " (degraded)" : "", picture->busy,
            (unsigned long long)picture->requests,
            (unsigned long long)picture->spawned,
            (unsigned long long)picture->died,
            (unsigned long long)picture->orphans, picture->zombies);
    if (picture->zombies)
        fprintf(page, ", the oldest dead for %lld ms at most",
                (long long)picture->oldest_body_ms);
    fputs(".\n<main>\n", page);
    for (size_t i = 0; i < picture->count; i++)
        write_tile(page, &picture->rows[i]);
    fputs("</main>\n", page);
}

/* --- As JSON (RFC 8259) --- */

static void write_json(FILE *json, const struct picture *picture)
{
    fprintf(json,
            "{\"supervisor\":%d,\"up_seconds\":%.3f,\"degraded\":%s,"
            "\"generation\":%u,"
            "\"workers\":{\"wanted\":%d,\"up\":%d,\"busy\":%d},"
            "\"requests\":%llu,\"spawned\":%llu,\"died\":%llu,"
            "\"orphans\":%llu,\"zombies\":%d,\"oldest_zombie_ms\":%lld,"
            "\"slots\":[",
            picture->supervisor, (double)picture->up_ms / 1e3,
            picture->degraded ? "true" : "false", picture->generation,
            picture->wanted, picture->in_state[SLOT_UP], picture->busy,
            (unsigned long long)picture->requests,
            (unsigned long long)picture->spawned,
            (unsigned long long)picture->died,
            (unsigned long long)picture->orphans, picture->zombies,
            (long long)picture->oldest_body_ms);
    for (size_t i = 0; i < picture->count; i++) {
        const struct row *row = &picture->rows[i];
        fprintf(json,
                "%s{\"slot\":%zu,\"state\":\"%s\",\"pid\":%d,"
                "\"generation\":%u,\"age_seconds\":%.3f,\"beat_ms\":%lld,"
                "\"busy\":%s,\"requests\":%llu,\"deaths\":%llu}",
                i ? "," : "", row->number, slot_state_name(row->state),
                row->pid, row->generation, (double)row->age_ms / 1e3,
                (long long)row->beat_ms, row->busy_ms >= 0 ? "true" : "false",
                (unsigned long long)row->requests,
                (unsigned long long)row->deaths);
    }
    fputs("]}\n", json);
}

/* --- As Prometheus reads it (text format 0.0.4) --- */

static void describe_metric(FILE *text, const char *name, const char *type,
                            const char *help)
{
    fprintf(text, "# HELP forkyard_%s %s\n# TYPE forkyard_%s %s\n", name, help,
            name, type);
}

static void write_metric(FILE *text, const char *name, const char *type,
                         const char *help, double value)
{
    describe_metric(text, name, type, help);
    fprintf(text, "forkyard_%s %.15g\n", name, value);
}

static void write_states(FILE *text, const struct picture *picture)
{
    describe_metric(text, "workers", "gauge", "Workers, by their state.");
    for (int state = SLOT_EMPTY + 1; state < SLOT_STATES; state++)
        fprintf(text, "forkyard_workers{state=\"%s\"} %d\n",
                slot_state_name((enum slot_state)state),
                picture->in_state[state]);
}

static void write_slots(FILE *text, const struct picture *picture)
{
    describe_metric(text, "slot_deaths_total", "counter",
                    "Workers buried, of each slot.");
    for (size_t i = 0; i < picture->count; i++)
        fprintf(text, "forkyard_slot_deaths_total{slot=\"%zu\"} %llu\n",
                picture->rows[i].number,
                (unsigned long long)picture->rows[i].deaths);
}

static void write_prometheus(FILE *text, const struct picture *picture)
{
    write_metric(text, "workers_wanted", "gauge", "Workers there should be.",
                 picture->wanted);
    write_metric(text, "workers_up", "gauge", "Workers that answer.",
                 picture->in_state[SLOT_UP]);
    write_metric(text, "degraded", "gauge", "1 if fewer are up than wanted.",
                 picture->degraded);
    write_metric(text, "workers_busy", "gauge", "Workers with a request.",
                 picture->busy);
    write_metric(text, "generation", "gauge", "Reloads, and one.",
                 picture->generation);
    write_metric(text, "requests_total", "counter", "Requests answered.",
                 (double)picture->requests);
    write_metric(text, "workers_spawned_total", "counter", "Workers born.",
                 (double)picture->spawned);
    write_metric(text, "workers_died_total", "counter", "Workers buried.",
                 (double)picture->died);
    write_metric(text, "orphans_total", "counter", "Orphans buried.",
                 (double)picture->orphans);
    write_metric(text, "zombies", "gauge", "Dead children not yet buried.",
                 picture->zombies);
    write_metric(text, "oldest_zombie_seconds", "gauge",
                 "The longest that one of them can be dead.",
                 (double)picture->oldest_body_ms / 1e3);
    write_metric(text, "up_seconds", "gauge", "Age of the supervisor.",
                 (double)picture->up_ms / 1e3);
    write_states(text, picture);
    write_slots(text, picture);
}

/* --- Answer --- */

static const struct form {
    const char *suffix, *type;
    void (*write)(FILE *file, const struct picture *picture);
} forms[] = {
    {"", "text/html; charset=utf-8", write_page},
    {".json", "application/json", write_json},
    {".prom", "text/plain; version=0.0.4", write_prometheus},
};

static const struct form *form_of(const char *path, const char *base)
{
    size_t len = strlen(base);
    if (len == 0 || strncmp(path, base, len) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(path + len, forms[i].suffix) == 0)
            return &forms[i];
    return NULL;
}

static bool is_local(const char *peer)
{
    static const char mapped[] = "::ffff:"; // IPv4 on an IPv6 socket
    if (strncmp(peer, mapped, sizeof mapped - 1) == 0)
        peer += sizeof mapped - 1;
    return strncmp(peer, "127.", 4) == 0 || strcmp(peer, "::1") == 0 ||
           strcmp(peer, "unix") == 0;
}

static void send_picture(struct response *response, const struct form *form,
                         const struct scoreboard *board)
{
    char *text = NULL;
    size_t len = 0;
    struct picture *picture = malloc(sizeof *picture);
    FILE *file = picture ? open_memstream(&text, &len) : NULL;
    if (file) {
        look(picture, board);
        form->write(file, picture);
    }
    if (file && fclose(file) == 0) {
        response_start(response, 200);
        response_header(response, "Content-Type", form->type);
        response_header(response, "Cache-Control", "no-store");
        response_length(response, (int64_t)len);
        response_write(response, text, len);
        response_end(response);
    } else {
        response_error(response, 500, NULL);
    }
    free(text);
    free(picture);
}

bool status_answer(struct exchange *exchange, const struct scoreboard *board,
                   const struct status_options *options)
{
    const struct request *request = &exchange->request;
    const struct form *form = form_of(request->path, options->path);
    bool is_read = strcmp(request->method, "GET") == 0 ||
                   strcmp(request->method, "HEAD") == 0;
    if (!form || !is_read || (!options->for_all && !is_local(exchange->peer)))
        return false;
    send_picture(&exchange->response, form, board);
    return true;
}
