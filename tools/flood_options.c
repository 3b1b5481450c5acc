/* flood_options.c - the command line, by argp. */
#include "flood_options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS_MAX = 10000000, CONCURRENCY_MAX = 1000000 };

enum long_option {
    OPTION_TOGETHER = 256,
    OPTION_HOLD,
    OPTION_HALF_CLOSE,
    OPTION_ABORT,
    OPTION_SILENT,
    OPTION_DRIP,
    OPTION_GAP,
    OPTION_TIMEOUT,
    OPTION_JSON,
    OPTION_ANYWHERE,
};

static const struct argp_option known_options[] = {
    {NULL, 0, NULL, 0, "How much:", 1},
    {"requests", 'n', "N", 0, "send N requests (200)", 0},
    {"concurrency", 'c', "C", 0, "from C clients at a time (10)", 0},
    {"keep", 'k', NULL, 0,
     "each client sends its N/C requests over one connection; "
     "otherwise every request has its own",
     0},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0,
     "longest time for one request, connecting included (10)", 0},

    {NULL, 0, NULL, 0, "What is sent:", 2},
    {"header", 'H', "NAME:VALUE", 0,
     "add a header, or replace Host, Connection or Content-Length", 0},
    {"body", 'b', "BYTES", 0, "POST that many bytes instead of GET", 0},

    {NULL, 0, NULL, 0, "How it is sent:", 3},
    {"together", OPTION_TOGETHER, NULL, 0,
     "all C clients connect; when all stand, they speak one after the "
     "other, the last to connect first, each when the one before it "
     "has its answer",
     0},
    {"drip", OPTION_DRIP, NULL, 0, "send one byte at a time", 0},
    {"gap", OPTION_GAP, "MS", 0, "pause between the bytes of --drip (1)", 0},

    {NULL, 0, NULL, 0, "Manners, one of:", 4},
    {"hold", OPTION_HOLD, "SECONDS", OPTION_ARG_OPTIONAL,
     "stay connected after the answer: all N at once, for SECONDS after "
     "the last answer or until Ctrl-C",
     0},
    {"half-close", OPTION_HALF_CLOSE, NULL, 0,
     "close the sending side after the request, read on", 0},
    {"abort", OPTION_ABORT, "MS", OPTION_ARG_OPTIONAL,
     "reset the connection at the first byte of the answer, or MS after "
     "the request",
     0},
    {"silent", OPTION_SILENT, NULL, 0,
     "connect and say nothing until the server closes", 0},

    {NULL, 0, NULL, 0, "What is told:", 5},
    {"json", OPTION_JSON, NULL, 0, "one line of JSON, not the table", 0},
    {"quiet", 'q', NULL, 0, "nothing but the result", 0},

    {NULL, 0, NULL, 0, "And:", 6},
    {"anywhere", OPTION_ANYWHERE, NULL, 0,
     "allow a target that is not this machine", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char about[] =
    "Send many requests to one server and count what becomes of them."
    "\v"
    "Examples:\n"
    "  flood localhost:8080              200 requests, 10 at a time\n"
    "  flood -n 2000 -c 128 localhost:8080/hello.txt\n"
    "  flood -k -n 30 -c 1 localhost:8080\n"
    "  flood --together -n 4 -c 4 --timeout 1 localhost:8080\n"
    "  flood --silent -n 1 --timeout 30 localhost:8080\n"
    "  flood --json localhost:8080 | jq .p99_ms\n"
    "\n"
    "With --together the clock of a request starts when it is its turn to "
    "speak; a server that serves one client at a time answers exactly one "
    "of them. Times are from connecting (with --keep: from sending) to the "
    "last byte of the answer; with --silent, to the server's closing.\n"
    "\n"
    "Exit status: 0 every request was answered (--abort: aborted by us; "
    "--silent: closed by the server), 1 some were not, 2 it could not "
    "start, 64 wrong usage.";

static int64_t read_number(struct argp_state *state, const char *name,
                           const char *text, int64_t low, int64_t high)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < low ||
        number > high)
        argp_error(state, "%s: '%s' is not a whole number from %lld to %lld",
                   name, text, (long long)low, (long long)high);
    return number;
}

/* Seconds, which may have a fraction, as us. */
static int64_t read_seconds(struct argp_state *state, const char *name,
                            const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value < 0.001 ||
        value > 86400)
        argp_error(state, "%s: '%s' is not a number from 0.001 to 86400", name,
                   text);
    return (int64_t)(value * 1e6);
}

static int64_t read_ms(struct argp_state *state, const char *name,
                       const char *text)
{
    return 1000 * read_number(state, name, text, 0, 86400L * 1000);
}

static void add_header(struct argp_state *state, struct options *options,
                       const char *header)
{
    const char *colon = strchr(header, ':');
    if (colon == NULL || colon == header)
        argp_error(state, "--header: '%s' is not NAME:VALUE", header);
    for (const char *at = header; *at != '\0'; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
            argp_error(state, "--header: a control character in it");
    if (options->header_count == OPTIONS_HEADERS_MAX)
        argp_error(state, "--header: at most %d", OPTIONS_HEADERS_MAX);
    options->headers[options->header_count++] = header;
}

static void set_manners(struct argp_state *state, struct options *options,
                        enum manners manners)
{
    if (options->manners != MANNERS_GOOD && options->manners != manners)
        argp_error(state, "--hold, --half-close, --abort and --silent "
                          "exclude each other");
    options->manners = manners;
}

static void check_combination(struct argp_state *state,
                              const struct options *options)
{
    if (options->target == NULL)
        argp_error(state, "no target: write HOST:PORT[/PATH]");
    if (options->keep && options->manners != MANNERS_GOOD)
        argp_error(state, "--keep goes with none of --hold, --half-close, "
                          "--abort and --silent");
    if (options->manners == MANNERS_SILENT &&
        (options->drip || options->together || options->has_body))
        argp_error(state, "who is --silent sends nothing: --together, "
                          "--drip and --body do not go with it");
    if (options->gap >= 0 && !options->drip)
        argp_error(state, "--gap is for --drip");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'n':
        options->requests =
            (uint64_t)read_number(state, "--requests", arg, 1, REQUESTS_MAX);
        return 0;
    case 'c':
        options->concurrency = (uint64_t)read_number(state, "--concurrency",
                                                     arg, 1, CONCURRENCY_MAX);
        return 0;
    case 'k': options->keep = true; return 0;
    case 'H': add_header(state, options, arg); return 0;
    case 'b':
        options->has_body = true;
        options->body_bytes =
            (uint64_t)read_number(state, "--body", arg, 0, INT64_MAX / 2);
        return 0;
    case 'q': options->quiet = true; return 0;
    case OPTION_TOGETHER: options->together = true; return 0;
    case OPTION_HOLD:
        set_manners(state, options, MANNERS_HOLD);
        if (arg != NULL)
            options->hold = read_seconds(state, "--hold", arg);
        return 0;
    case OPTION_HALF_CLOSE:
        set_manners(state, options, MANNERS_HALF_CLOSE);
        return 0;
    case OPTION_ABORT:
        set_manners(state, options, MANNERS_ABORT);
        if (arg != NULL)
            options->abort = read_ms(state, "--abort", arg);
        return 0;
    case OPTION_SILENT: set_manners(state, options, MANNERS_SILENT); return 0;
    case OPTION_DRIP: options->drip = true; return 0;
    case OPTION_GAP: options->gap = read_ms(state, "--gap", arg); return 0;
    case OPTION_TIMEOUT:
        options->timeout = read_seconds(state, "--timeout", arg);
        return 0;
    case OPTION_JSON: options->json = true; return 0;
    case OPTION_ANYWHERE: options->anywhere = true; return 0;
    case ARGP_KEY_ARG:
        if (options->target != NULL)
            argp_error(state, "one target only, but there are '%s' and '%s'",
                       options->target, arg);
        options->target = arg;
        return 0;
    case ARGP_KEY_END: check_combination(state, options); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

struct options options_parse(int argc, char **argv)
{
    const struct argp argp = {.options = known_options,
                              .parser = parse_option,
                              .args_doc = "HOST:PORT[/PATH]",
                              .doc = about};
    struct options options = {.requests = 200,
                              .concurrency = 10,
                              .hold = UNTIL_INTERRUPTED,
                              .abort = AT_FIRST_BYTE,
                              .gap = -1, // not given
                              .timeout = 10L * 1000000};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.gap < 0)
        options.gap = 1000;
    if (options.concurrency > options.requests)
        options.concurrency = options.requests;
    return options;
}
