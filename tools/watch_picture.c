/* watch_picture.c - draws a family, a line a process, and a plot below.
 *
 *   3b_fork_one_wait  pid 4711  port 8080  alive 1  zombies 28  oldest 12.4 s
 *   cpu 3 %  rss 4812 kB  ...
 *
 *   4711 parent S  _/\_/\__/\_/\____________  pending -
 *   5020 child  S            ____/\_/\__/\__
 *   4998 child  Z       _/\_/\______________  exit 0  <- dead, not buried
 *   ... 27 more flat lines
 *
 *   zombies 30|          ___________________
 *           15|      ___/
 *            0|_____/
 *              60 s ago                  now */

#include "watch_picture.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
    PLOT_ROWS = 5,
    PLOT_LINES = PLOT_ROWS + 2, // an empty line above, the axis below
    PLOT_LABEL = 13,            // "zombies 1000|"
    HEAD_LINES = 3,
    NOTE_WIDTH = 28,
    SMALLEST_WITH_PLOT = 14,
    WIDEST = 512,
};

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define PLAIN "\033[0m"

/* ---- traces ---- */

void trace_grow(struct trace *trace, bool ran)
{
    char last = trace->columns[PICTURE_TRACE - 1];
    char next = '_';

    trace->owed |= ran;
    if (last == '/') {
        next = '\\';
    } else if (last != '\\' && trace->owed) {
        next = '/';
        trace->owed = false;
    }
    memmove(trace->columns, trace->columns + 1, PICTURE_TRACE - 1);
    trace->columns[PICTURE_TRACE - 1] = next;
}

static void add_column(struct line *line, bool first_of_all)
{
    const struct process *process = &line->process;
    /* Who was born while we watched has run; who was here may have slept. */
    bool ran = line->newborn ? !first_of_all
                             : process->switches != line->drawn_switches ||
                                   process->cpu_ticks != line->drawn_cpu_ticks;

    if (process_is_zombie(process) && !line->newborn)
        ran = false;
    line->newborn = false;
    line->drawn_switches = process->switches;
    line->drawn_cpu_ticks = process->cpu_ticks;
    trace_grow(&line->trace, ran);
}

static void advance(struct picture *picture)
{
    for (size_t i = 0; i < picture->count; i++)
        add_column(&picture->lines[i], !picture->began);
    memmove(picture->history, picture->history + 1,
            (PICTURE_HISTORY - 1) * sizeof picture->history[0]);
    picture->history[PICTURE_HISTORY - 1] = picture->most;
    picture->began = true;
}

/* ---- who has a line ---- */

void picture_begin(struct picture *picture)
{
    *picture = (struct picture){0};
    for (int i = 0; i < PICTURE_HISTORY; i++)
        picture->history[i] = UNKNOWN;
}

void picture_end(struct picture *picture)
{
    free(picture->lines);
    picture_begin(picture);
}

static int by_pid(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    pid_t one = left->process.pid;
    pid_t other = right->process.pid;
    return (one > other) - (one < other);
}

static bool same(const struct process *one, const struct process *other)
{
    return one->pid == other->pid && one->started == other->started;
}

static void follow_the_known(struct picture *picture,
                             const struct family *family, int64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < picture->count; i++) {
        struct line *line = &picture->lines[i];
        const struct process *process = family_find(family, line->process.pid);
        bool here = process != NULL && same(process, &line->process);

        if (here && process->depth != STRANGER) {
            line->process = *process;
            line->left = UNKNOWN;
        } else if (line->left == UNKNOWN) {
            line->left = now;
            line->adopted_by = here ? process->parent : 0;
        }
        if (line->left == UNKNOWN || now - line->left < PICTURE_BURIED_MS)
            picture->lines[kept++] = *line;
    }
    picture->count = kept;
}

static void give_a_line(struct picture *picture, const struct process *process)
{
    if (picture->count == picture->room) {
        size_t room = picture->room ? picture->room * 2 : 64;
        struct line *lines = realloc(picture->lines, room * sizeof *lines);
        if (lines == NULL)
            abort();
        picture->lines = lines;
        picture->room = room;
    }
    struct line *line = &picture->lines[picture->count++];
    *line = (struct line){
        .process = *process,
        .newborn = true,
        .left = UNKNOWN,
    };
    memset(line->trace.columns, ' ', sizeof line->trace.columns);
}

static void welcome_the_new(struct picture *picture,
                            const struct family *family)
{
    size_t known = picture->count;

    for (size_t i = 0; i < family->count; i++) {
        const struct process *process = &family->all[i];
        struct line key = {.process = {.pid = process->pid}};
        if (process->depth == STRANGER)
            continue;
        const struct line *line =
            known ? bsearch(&key, picture->lines, known, sizeof key, by_pid)
                  : NULL;
        if (line == NULL || !same(&line->process, process))
            give_a_line(picture, process);
    }
    if (picture->count > known)
        qsort(picture->lines, picture->count, sizeof *picture->lines, by_pid);
}

void picture_see(struct picture *picture, const struct family *family,
                 int64_t now)
{
    follow_the_known(picture, family, now);
    welcome_the_new(picture, family);
    if (family->zombies > picture->most)
        picture->most = family->zombies;
    if (!picture->began)
        picture->next_column = now;
    while (now >= picture->next_column) {
        advance(picture);
        picture->most = family->zombies;
        picture->next_column += PICTURE_COLUMN_MS;
    }
}

/* ---- one line of text ---- */

/* Text up to `width` columns, in one colour. */
struct canvas {
    FILE *out;
    int width;
    bool colour;
};

static void put(const struct canvas *canvas, const char *colour,
                const char *text)
{
    bool coloured = canvas->colour && colour != NULL;

    (void)fprintf(canvas->out, "%s%.*s%s\n", coloured ? colour : "",
                  canvas->width, text, coloured ? PLAIN : "");
}

/* A process may be called anything; the terminal must not obey it. */
static void tame(char *text)
{
    for (; *text != '\0'; text++) {
        if (!isprint((unsigned char)*text))
            *text = '?';
    }
}

static const char *format_kb(int64_t kb, char *text, size_t size)
{
    if (kb == UNKNOWN)
        (void)snprintf(text, size, "-");
    else if (kb < 100000)
        (void)snprintf(text, size, "%lld kB", (long long)kb);
    else
        (void)snprintf(text, size, "%.1f MB", (double)kb / 1024);
    return text;
}

static void draw_head(const struct canvas *canvas, const struct family *family)
{
    char text[WIDEST];
    char name[48];
    char port[24] = "";
    char age[40] = "";
    char rss[32];
    char pss[32];
    char private[32];

    (void)snprintf(name, sizeof name, "%.40s", family->name);
    tame(name);
    if (family->port != UNKNOWN)
        (void)snprintf(port, sizeof port, "  port %d", family->port);
    if (family->zombies > 0)
        (void)snprintf(age, sizeof age, "  oldest %s%.1f s",
                       family->oldest_at_least ? ">" : "",
                       (double)family->oldest_ms / 1000);
    (void)snprintf(text, sizeof text, " %s  pid %d%s  alive %d  zombies %d%s",
                   name, (int)family->root, port, family->alive,
                   family->zombies, age);
    put(canvas, BOLD, text);

    format_kb(family->rss_kb, rss, sizeof rss);
    format_kb(family->pss_kb, pss, sizeof pss);
    format_kb(family->private_kb, private, sizeof private);
    (void)snprintf(text, sizeof text,
                   " cpu %.0f %%  fds %d  switches %.0f/s"
                   "  rss %s  pss %s  private %s",
                   family->cpu_percent, family->fds, family->switches_per_s,
                   rss, pss, private);
    put(canvas, NULL, text);
    put(canvas, NULL, "");
}

/* ---- a line a process ---- */

static void describe_end(const struct process *zombie, char *text, size_t size)
{
    int status = zombie->wait_status;

    if (!zombie->wait_status_known)
        (void)snprintf(text, size, "exit ?");
    else if (WIFSIGNALED(status))
        (void)snprintf(text, size, "killed by %s",
                       signal_name(WTERMSIG(status)));
    else
        (void)snprintf(text, size, "exit %d", WEXITSTATUS(status));
}

static void describe(const struct line *line, const struct family *family,
                     bool explain, char *text, size_t size)
{
    static const char explanation[] = "  <- dead, not buried";
    char names[128];

    text[0] = '\0';
    if (line->left != UNKNOWN && line->adopted_by > 0) {
        (void)snprintf(text, size, "left to %d", (int)line->adopted_by);
    } else if (line->left != UNKNOWN) {
        (void)snprintf(text, size, "+ buried");
    } else if (process_is_zombie(&line->process)) {
        describe_end(&line->process, text, size);
        if (explain && strlen(text) + strlen(explanation) <= NOTE_WIDTH)
            strncat(text, explanation, size - strlen(text) - 1);
    } else if (line->process.depth == 0) {
        (void)snprintf(text, size, "pending %s",
                       signal_names(family->pending, names, sizeof names));
    } else if (strncmp(line->process.name, family->name,
                       strlen(line->process.name)) != 0) {
        (void)snprintf(text, size, "%s", line->process.name);
    }
    tame(text);
}

static const char *role_of(const struct process *process)
{
    switch (process->depth) {
    case 0: return "parent";
    case 1: return "child";
    default: return "below"; // a child's child, or further down
    }
}

static void draw_line(const struct canvas *canvas, const struct line *line,
                      const struct family *family, int pid_width, bool explain)
{
    bool left = line->left != UNKNOWN;
    bool flat = !left && process_is_zombie(&line->process);
    char state = line->process.state;
    char note[128];
    char text[WIDEST];
    int trace_width = canvas->width - pid_width - 13 - NOTE_WIDTH;

    if (trace_width > PICTURE_TRACE)
        trace_width = PICTURE_TRACE;
    if (trace_width < 0)
        trace_width = 0;
    if (left)
        state = '+';
    describe(line, family, explain, note, sizeof note);
    (void)snprintf(text, sizeof text, " %*d %-6s %c  %.*s  %s", pid_width,
                   (int)line->process.pid, role_of(&line->process), state,
                   trace_width,
                   line->trace.columns + PICTURE_TRACE - trace_width, note);
    put(canvas, flat ? RED : left ? GREEN : NULL, text);
}

/* ---- who is shown when there is no room for all ---- */

enum kind { PARENT, LIVING, DEAD, LEFT, KINDS };

static enum kind kind_of(const struct line *line)
{
    if (line->left != UNKNOWN)
        return LEFT;
    if (line->process.depth == 0)
        return PARENT;
    return process_is_zombie(&line->process) ? DEAD : LIVING;
}

/* Parent, then the living with the oldest first, so that workers keep their
 * places; then the dead with the latest first, so that one sees them come.
 * Who has left keeps its place until its line goes. */
static int by_rank(const void *a, const void *b)
{
    const struct process *one = &(*(const struct line *const *)a)->process;
    const struct process *other = &(*(const struct line *const *)b)->process;
    int one_rank = one->depth == 0 ? 0 : process_is_zombie(one) ? 2 : 1;
    int other_rank = other->depth == 0 ? 0 : process_is_zombie(other) ? 2 : 1;

    if (one_rank != other_rank)
        return one_rank - other_rank;
    int order =
        (one->started > other->started) - (one->started < other->started);
    if (order == 0)
        order = (one->pid > other->pid) - (one->pid < other->pid);
    return process_is_zombie(one) ? -order : order;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Lines for each kind, `room` in all. The living and the dead get half each,
 * and what one does not need goes to the other; who has left gets the rest. */
static void share_out(int room, const int count[KINDS], int share[KINDS])
{
    int half;

    share[PARENT] = least(room, count[PARENT]);
    room -= share[PARENT];
    half = room / 2;
    share[LIVING] = least(count[LIVING], half);
    share[DEAD] = least(count[DEAD], room - share[LIVING]);
    share[LIVING] = least(count[LIVING], room - share[DEAD]);
    share[LEFT] = least(count[LEFT], room - share[LIVING] - share[DEAD]);
}

static void draw_rest(const struct canvas *canvas, int living, int dead)
{
    char text[WIDEST];
    int len = snprintf(text, sizeof text, " ... ");

    if (living > 0)
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "%d more alive%s", living, dead > 0 ? ", " : "");
    if (dead > 0)
        (void)snprintf(text + len, sizeof text - (size_t)len,
                       "%d more flat line%s", dead, dead > 1 ? "s" : "");
    put(canvas, NULL, text);
}

static int widest_pid(const struct picture *picture)
{
    pid_t largest = 0;

    for (size_t i = 0; i < picture->count; i++) {
        if (picture->lines[i].process.pid > largest)
            largest = picture->lines[i].process.pid;
    }
    return snprintf(NULL, 0, "%d", (int)largest);
}

static void draw_lines(const struct canvas *canvas,
                       const struct picture *picture,
                       const struct family *family, int room)
{
    const struct line **order = calloc(picture->count + 1, sizeof(void *));
    int pid_width = widest_pid(picture);
    int count[KINDS] = {0};
    int share[KINDS];
    int shown[KINDS] = {0};
    int used = 0;

    if (order == NULL)
        abort();
    for (size_t i = 0; i < picture->count; i++) {
        order[i] = &picture->lines[i];
        count[kind_of(order[i])]++;
    }
    qsort(order, picture->count, sizeof(void *), by_rank);
    bool crowded = count[PARENT] + count[LIVING] + count[DEAD] > room;
    share_out(room - crowded, count, share);

    for (size_t i = 0; i < picture->count; i++) {
        enum kind kind = kind_of(order[i]);
        if (shown[kind] == share[kind])
            continue;
        bool explain = kind == DEAD && shown[DEAD] == 0;
        draw_line(canvas, order[i], family, pid_width, explain);
        shown[kind]++;
        used++;
    }
    if (crowded)
        draw_rest(canvas, count[LIVING] - shown[LIVING],
                  count[DEAD] - shown[DEAD]);
    for (used += crowded; used < room; used++)
        put(canvas, NULL, "");
    free(order);
}

/* ---- the plot ---- */

int scale_top(int most)
{
    static const int steps[] = {10, 20, 30, 40, 60, 80};

    if (most <= 4)
        return 4;
    if (most <= 8)
        return most <= 6 ? 6 : 8;
    for (int unit = 1;; unit *= 10) {
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            if (most <= steps[i] * unit || unit >= 10000000)
                return steps[i] * unit;
        }
    }
}

/* The most zombies in the part of the minute that one column stands for. */
static int column_value(const struct picture *picture, int column, int columns)
{
    int from = column * PICTURE_HISTORY / columns;
    int to = (column + 1) * PICTURE_HISTORY / columns;
    int most = UNKNOWN;

    for (int i = from; i < to || i == from; i++) {
        if (picture->history[i] > most)
            most = picture->history[i];
    }
    return most;
}

/* A level is drawn as `_`, whose place is the bottom of its row; so a rise
 * from a to b runs through the rows a to b - 1. Row 0 is the lowest. */
static void draw_step(char rows[PLOT_ROWS][WIDEST], int column, int from,
                      int to)
{
    int low = from < to ? from : to;
    int high = from < to ? to : from;
    const char *stroke = high - low > 1 ? "|" : from < to ? "/" : "\\";

    if (low == high)
        rows[low][column] = '_';
    for (int row = low; row < high; row++)
        rows[row][column] = *stroke;
}

static void draw_plot(const struct canvas *canvas,
                      const struct picture *picture)
{
    char rows[PLOT_ROWS][WIDEST];
    char text[WIDEST];
    int columns = canvas->width - PLOT_LABEL - 1;
    int last = UNKNOWN;
    int most = 0;

    columns = columns < 20 ? 20 : columns;
    columns = columns > WIDEST - 20 ? WIDEST - 20 : columns;
    for (int i = 0; i < PICTURE_HISTORY; i++)
        most = picture->history[i] > most ? picture->history[i] : most;
    int top = scale_top(most);

    memset(rows, ' ', sizeof rows);
    for (int column = 0; column < columns; column++) {
        int value = column_value(picture, column, columns);
        if (value == UNKNOWN)
            continue;
        int level = (value * (PLOT_ROWS - 1) + top - 1) / top;
        draw_step(rows, column, last == UNKNOWN ? level : last, level);
        last = level;
    }
    put(canvas, NULL, "");
    for (int row = PLOT_ROWS - 1; row >= 0; row--) {
        char label[16] = "";
        if (row % 2 == 0)
            (void)snprintf(label, sizeof label, "%d",
                           top * row / (PLOT_ROWS - 1));
        (void)snprintf(text, sizeof text, "%8s%5s|%.*s",
                       row == PLOT_ROWS - 1 ? "zombies" : "", label, columns,
                       rows[row]);
        put(canvas, NULL, text);
    }
    (void)snprintf(text, sizeof text, "%13s %-*s%s", "", columns - 3,
                   "60 s ago", "now");
    put(canvas, NULL, text);
}

void picture_draw(const struct picture *picture, const struct family *family,
                  int width, int height, bool colour, FILE *out)
{
    struct canvas canvas = {
        .out = out,
        .width = width < WIDEST ? width : WIDEST - 1,
        .colour = colour,
    };
    bool plot = height >= SMALLEST_WITH_PLOT;
    int room = height - HEAD_LINES - (plot ? PLOT_LINES : 0);

    draw_head(&canvas, family);
    draw_lines(&canvas, picture, family, room > 2 ? room : 2);
    if (plot)
        draw_plot(&canvas, picture);
}
