/* vassal_status.c - lines out of vassals; tables and JSON out of lines. */
#include "vassal_status.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- Write --- */

void vassals_write(FILE *to, const struct vassal *vassal)
{
    fprintf(to, "%s\t%s\t%d\t%d\t%s\n", vassal->name, vassal_state(vassal),
            vassal_wanted(vassal), vassal_count_up(vassal), vassal->held);
    for (int i = 0; i < INSTANCES_MAX; i++) {
        const struct instance *instance = &vassal->instances[i];
        if (instance->births > 0)
            fprintf(
                to, "\t%d\t%s\t%d\t%lld\t%u\n", i,
                instance->done ? "done" : slot_state_name(instance->slot.state),
                (int)instance->pid,
                instance->slot.state == SLOT_UP ? (long long)instance->up_since
                                                : 0LL,
                instance->births - 1);
    }
}

/* --- Read --- */

enum { FIELDS = 5, PIDS_SHOWN = 4 };

struct line {
    char text[512];
    bool is_instance;
    char *fields[FIELDS];
};

/* Returns false at the end. */
static bool read_line(FILE *from, struct line *line)
{
    if (!fgets(line->text, sizeof line->text, from))
        return false;
    line->text[strcspn(line->text, "\n")] = '\0';
    line->is_instance = line->text[0] == '\t';
    char *rest = line->text + line->is_instance;
    static char nothing[] = "";
    for (int i = 0; i < FIELDS; i++) {
        char *field = rest ? strsep(&rest, "\t") : NULL;
        line->fields[i] = field ? field : nothing;
    }
    return true;
}

/* --- Table --- */

/* What a vassal and its instances say together. */
struct row {
    char name[256], state[16], wanted[16], up[16];
    char pids[64];
    int pid_count;
    long restarts;
    time_t since; // of the youngest that is up
    bool is_there;
};

static void show_row(const struct row *row, FILE *to)
{
    char counts[40], since[32] = "-";
    if (!row->is_there)
        return;
    snprintf(counts, sizeof counts, "%s/%s", row->up, row->wanted);
    struct tm local;
    if (row->since && localtime_r(&row->since, &local))
        strftime(since, sizeof since, "%F %T", &local);
    fprintf(to, "%-16s %-9s %9s %9ld  %-19s  %s%s\n", row->name, row->state,
            counts, row->restarts, since, row->pid_count ? row->pids : "-",
            row->pid_count > PIDS_SHOWN ? " ..." : "");
}

static void begin_row(struct row *row, const struct line *line)
{
    *row = (struct row){.is_there = true};
    snprintf(row->name, sizeof row->name, "%s", line->fields[0]);
    snprintf(row->state, sizeof row->state, "%s", line->fields[1]);
    snprintf(row->wanted, sizeof row->wanted, "%s", line->fields[2]);
    snprintf(row->up, sizeof row->up, "%s", line->fields[3]);
}

static void add_instance(struct row *row, const struct line *line)
{
    time_t since = (time_t)strtoll(line->fields[3], NULL, 10);
    if (since > row->since)
        row->since = since;
    row->restarts += strtol(line->fields[4], NULL, 10);
    if (strcmp(line->fields[2], "0") == 0 || row->pid_count++ >= PIDS_SHOWN)
        return;
    size_t len = strlen(row->pids);
    snprintf(row->pids + len, sizeof row->pids - len, "%s%s", len ? " " : "",
             line->fields[2]);
}

void vassals_show_table(FILE *from, FILE *to)
{
    struct line line;
    struct row row = {.is_there = false};
    char *reasons = NULL;
    size_t len;
    FILE *below = open_memstream(&reasons, &len);
    if (!below)
        return;
    fprintf(to, "%-16s %-9s %9s %9s  %-19s  %s\n", "NAME", "STATE", "UP",
            "RESTARTS", "UP SINCE", "PIDS");
    while (read_line(from, &line)) {
        if (line.is_instance) {
            add_instance(&row, &line);
            continue;
        }
        show_row(&row, to);
        begin_row(&row, &line);
        if (*line.fields[4])
            fprintf(below, "%s.ini is held back: %s\n", line.fields[0],
                    line.fields[4]);
    }
    show_row(&row, to);
    fclose(below);
    fputs(reasons, to);
    free(reasons);
}

/* --- JSON --- */

/* A reason: printable ASCII, see vassal_hold(). */
static void show_string(const char *text, FILE *to)
{
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

void vassals_show_json(FILE *from, FILE *to)
{
    struct line line;
    const char *before_vassal = "", *before_instance = "";
    fputc('[', to);
    while (read_line(from, &line)) {
        if (line.is_instance) {
            fprintf(to,
                    "%s{\"instance\":%s,\"state\":\"%s\",\"pid\":%s,"
                    "\"up_since\":%s,\"restarts\":%s}",
                    before_instance, line.fields[0], line.fields[1],
                    line.fields[2], line.fields[3], line.fields[4]);
            before_instance = ",";
            continue;
        }
        fprintf(to,
                "%s\n{\"name\":\"%s\",\"state\":\"%s\",\"wanted\":%s,"
                "\"up\":%s,\"held\":",
                before_vassal, line.fields[0], line.fields[1], line.fields[2],
                line.fields[3]);
        if (*line.fields[4])
            show_string(line.fields[4], to);
        else
            fputs("null", to);
        fputs(",\"instances\":[", to);
        before_vassal = "]},";
        before_instance = "";
    }
    fputs(*before_vassal ? "]}\n]\n" : "]\n", to);
}
