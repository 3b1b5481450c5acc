/* watch.c - the eye of the labs: who is alive, who is dead and not buried.
 *
 * family.c looks at /proc, watch_picture.c draws, watch_report.c writes lines;
 * this file has the options, the clock and the terminal. */

#include "family.h"
#include "watch_picture.h"
#include "watch_report.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum show { SHOW_BEST, SHOW_LIVE, SHOW_PLAIN, SHOW_TSV, SHOW_TABLE, SHOW_JSON };

struct wishes {
    enum show show;
    double rate;
    double seconds; // 0: until the process is gone
    pid_t pid;
};

struct watch {
    struct wishes wishes;
    struct family family;
    struct picture picture;
    int64_t began;       // monotonic ms, as all times here
    int64_t next_second; // for what is read or written once a second
    int64_t next_frame;
    int most_zombies;
    bool on_screen;
    bool stopped; // by a signal
};

/* ---- options ---- */

enum { OPT_PLAIN = 256, OPT_TSV, OPT_ONCE, OPT_JSON, OPT_RATE, OPT_SECONDS };

static const struct argp_option options[] = {
    {"plain", OPT_PLAIN, NULL, 0,
     "A line a second without escape codes; the default unless the output is "
     "a terminal",
     0},
    {"tsv", OPT_TSV, NULL, 0, "A tab-separated line a sample, below a header",
     0},
    {"once", OPT_ONCE, NULL, 0, "One sample as a short table, then end", 0},
    {"json", OPT_JSON, NULL, 0, "One sample as JSON, then end", 0},
    {"rate", OPT_RATE, "HZ", 0, "Samples a second (default 50)", 0},
    {"seconds", OPT_SECONDS, "N", 0,
     "End after N seconds (default: when PID is gone)", 0},
    {0},
};

static const char doc[] =
    "Watch the process PID and all it has forked: who is alive, and who is "
    "dead and not buried."
    "\v"
    "On a terminal every process is a line that beats when it runs. A zombie "
    "is a flat line, until its parent waits for it. `alive' and `zombies' "
    "count the processes below PID; a `>' before the age of the oldest zombie "
    "says that it was dead before the watch began. `cpu' includes children "
    "that are buried.\n"
    "\n"
    "Example, in two terminals:\n"
    "  make run-3a\n"
    "  build/watch PID       (the pid that 3a says it has)\n"
    "\n"
    "The status is 0 when PID is gone or the time is over or on INT and TERM, "
    "1 when there is no such process, 64 for a wrong command line.";

static void __attribute__((noreturn, format(printf, 2, 3)))
give_up(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("watch: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(status);
}

static double parse_number(const char *option, const char *text, double least,
                           double most)
{
    char *end;
    double number = strtod(text, &end);

    if (end == text || *end != '\0')
        give_up(EX_USAGE, "%s: '%s' is not a number", option, text);
    if (!(number >= least && number <= most)) // nan is neither
        give_up(EX_USAGE, "%s: %s is not between %g and %g", option, text,
                least, most);
    return number;
}

static pid_t parse_pid(const char *text)
{
    char *end;

    errno = 0;
    long pid = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || pid <= 0 || pid > INT_MAX)
        give_up(EX_USAGE, "'%s' is not a process id", text);
    return (pid_t)pid;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct wishes *wishes = state->input;

    switch (key) {
    case OPT_PLAIN: wishes->show = SHOW_PLAIN; return 0;
    case OPT_TSV: wishes->show = SHOW_TSV; return 0;
    case OPT_ONCE:
        if (wishes->show != SHOW_JSON)
            wishes->show = SHOW_TABLE;
        return 0;
    case OPT_JSON: wishes->show = SHOW_JSON; return 0;
    case OPT_RATE:
        wishes->rate = parse_number("--rate", arg, 0.1, 1000);
        return 0;
    case OPT_SECONDS:
        wishes->seconds = parse_number("--seconds", arg, 0.001, 1e9);
        return 0;
    case ARGP_KEY_ARG:
        if (wishes->pid != 0)
            give_up(EX_USAGE, "one PID is enough; see watch --help");
        wishes->pid = parse_pid(arg);
        return 0;
    case ARGP_KEY_END:
        if (wishes->pid == 0)
            give_up(EX_USAGE, "which PID? see watch --help");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static struct wishes read_wishes(int argc, char **argv)
{
    const struct argp argp = {options, parse_option, "PID", doc,
                              NULL,    NULL,         NULL};
    struct wishes wishes = {.show = SHOW_BEST, .rate = 50};
    const char *term = getenv("TERM");

    argp_parse(&argp, argc, argv, 0, NULL, &wishes);
    if (wishes.show == SHOW_BEST) {
        bool able = term != NULL && strcmp(term, "dumb") != 0;
        wishes.show = able && isatty(STDOUT_FILENO) ? SHOW_LIVE : SHOW_PLAIN;
    }
    return wishes;
}

/* ---- clock and signals ---- */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void signals_we_hear(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGQUIT);
    sigaddset(signals, SIGTSTP);
}

/* ---- the terminal ---- */

static void enter_screen(struct watch *watch)
{
    /* Alternate screen, no cursor. */
    (void)fputs("\033[?1049h\033[?25l", stdout);
    (void)fflush(stdout);
    watch->on_screen = true;
}

static void leave_screen(struct watch *watch)
{
    if (!watch->on_screen)
        return;
    (void)fputs("\033[?25h\033[?1049l", stdout);
    (void)fflush(stdout);
    watch->on_screen = false;
}

/* Asked at every frame, so that no SIGWINCH need be heard. */
static void measure_screen(int *width, int *height)
{
    struct winsize size;

    *width = 80;
    *height = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
        size.ws_row > 0) {
        *width = size.ws_col;
        *height = size.ws_row;
    }
}

/* Overwrite the last frame from the top, so that nothing flickers. */
static void print_frame(const char *text, size_t len)
{
    (void)fputs("\033[H", stdout);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n')
            (void)fputc(text[i], stdout);
        else if (i + 1 < len)
            (void)fputs("\033[K\r\n", stdout);
    }
    (void)fputs("\033[K\033[J", stdout);
    (void)fflush(stdout);
}

static void draw_frame(const struct watch *watch)
{
    const char *no_color = getenv("NO_COLOR");
    bool colour = no_color == NULL || no_color[0] == '\0';
    char *text = NULL;
    size_t len = 0;
    int width;
    int height;

    measure_screen(&width, &height);
    FILE *frame = open_memstream(&text, &len);
    if (frame == NULL)
        return;
    picture_draw(&watch->picture, &watch->family, width,
                 height < 5 ? 5 : height, colour, frame);
    if (fclose(frame) == 0)
        print_frame(text, len);
    free(text);
}

/* ---- one sample ---- */

static void look(struct watch *watch, int64_t now)
{
    if (!family_read(&watch->family, now))
        give_up(EXIT_FAILURE, "/proc: %s", strerror(errno));
    if (watch->family.zombies > watch->most_zombies)
        watch->most_zombies = watch->family.zombies;
}

static bool reached(int64_t *deadline, int64_t now, int64_t period)
{
    if (now < *deadline)
        return false;
    *deadline += period;
    if (*deadline <= now)
        *deadline = now + period;
    return true;
}

static void show(struct watch *watch, int64_t now)
{
    const struct family *family = &watch->family;
    bool new_second = reached(&watch->next_second, now, 1000);

    if (new_second && watch->wishes.show != SHOW_TSV)
        family_read_slowly(&watch->family, now);
    switch (watch->wishes.show) {
    case SHOW_TSV: report_tsv(family, now - watch->began, stdout); break;
    case SHOW_LIVE:
        picture_see(&watch->picture, family, now);
        if (reached(&watch->next_frame, now, PICTURE_COLUMN_MS))
            draw_frame(watch);
        break;
    default:
        if (new_second)
            report_plain(family, now - watch->began, stdout);
    }
    if (ferror(stdout)) {
        leave_screen(watch);
        give_up(EXIT_FAILURE, "cannot write: %s", strerror(errno));
    }
}

static void show_once(struct watch *watch)
{
    family_read_slowly(&watch->family, watch->began);
    if (watch->wishes.show == SHOW_JSON)
        report_json(&watch->family, stdout);
    else
        report_table(&watch->family, stdout);
}

/* ---- the watch ---- */

/* Sleep until the time comes or a signal does. */
static void sleep_until(struct watch *watch, int64_t deadline)
{
    sigset_t signals;
    int64_t left = deadline - now_ms();

    left = left < 0 ? 0 : left;
    struct timespec timeout = {
        .tv_sec = left / 1000,
        .tv_nsec = left % 1000 * 1000000,
    };
    signals_we_hear(&signals);
    int number = sigtimedwait(&signals, NULL, &timeout);
    if (number == SIGTSTP) {
        bool was_on_screen = watch->on_screen;
        leave_screen(watch);
        (void)raise(SIGSTOP);
        if (was_on_screen)
            enter_screen(watch);
    } else if (number > 0) {
        watch->stopped = true;
    }
}

static bool time_is_over(const struct watch *watch, int64_t now)
{
    return watch->wishes.seconds > 0 &&
           (double)(now - watch->began) >= watch->wishes.seconds * 1000;
}

static void say_farewell(const struct watch *watch)
{
    if (watch->wishes.show == SHOW_TSV)
        return;
    if (watch->family.gone)
        (void)printf("%s %d is gone; ", watch->family.name,
                     (int)watch->family.root);
    else if (watch->wishes.show == SHOW_LIVE)
        (void)printf("%s %d: alive %d, zombies %d; ", watch->family.name,
                     (int)watch->family.root, watch->family.alive,
                     watch->family.zombies);
    else
        return;
    (void)printf("at most %d zombie%s at once\n", watch->most_zombies,
                 watch->most_zombies == 1 ? "" : "s");
}

/* The next tick of a clock that started with us. Ticks slept through, as when
 * the machine was suspended, are left out. */
static int64_t next_tick(const struct watch *watch, int64_t now)
{
    int64_t period_us = (int64_t)(1e6 / watch->wishes.rate);
    int64_t ticks = (now - watch->began) * 1000 / period_us + 1;

    return watch->began + (ticks * period_us + 999) / 1000;
}

static void watch_on(struct watch *watch)
{
    if (watch->wishes.show == SHOW_LIVE)
        enter_screen(watch);
    if (watch->wishes.show == SHOW_TSV)
        report_tsv_header(stdout);
    for (int64_t now = watch->began;;) {
        if (watch->family.gone || watch->stopped || time_is_over(watch, now))
            break;
        show(watch, now);
        sleep_until(watch, next_tick(watch, now));
        now = now_ms();
        look(watch, now);
    }
    leave_screen(watch);
    say_farewell(watch);
}

int main(int argc, char **argv)
{
    struct watch watch = {.wishes = read_wishes(argc, argv)};
    sigset_t signals;

    /* Whoever reads a pipe wants each line when it is true. */
    (void)setvbuf(stdout, NULL,
                  watch.wishes.show == SHOW_LIVE ? _IOFBF : _IOLBF, 1 << 16);
    signals_we_hear(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    family_begin(&watch.family, watch.wishes.pid);
    picture_begin(&watch.picture);
    watch.began = watch.next_second = watch.next_frame = now_ms();
    look(&watch, watch.began);
    if (family_find(&watch.family, watch.wishes.pid) == NULL)
        give_up(EXIT_FAILURE, "no such process: %d", (int)watch.wishes.pid);

    if (watch.wishes.show == SHOW_TABLE || watch.wishes.show == SHOW_JSON)
        show_once(&watch);
    else
        watch_on(&watch);
    family_end(&watch.family);
    picture_end(&watch.picture);
    return EXIT_SUCCESS;
}
