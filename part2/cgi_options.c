/* cgi_options.c - reads --cgi and all that begins like it. */
#include "cgi_options.h"

#include "service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_CGI = 0x2a00,
    KEY_CGI_TIMEOUT,
    KEY_CGI_TIME,
    KEY_CGI_CPU,
    KEY_CGI_MEMORY,
    KEY_CGI_FILES,
    LONGEST_CPU_S = 24 * 3600,
    MOST_FILES = 1 << 20
};

struct cgi_options cgi_options = {.timeout_ms = 30000};

/* "K", "M" or "G": how often a number is doubled. -1: something else. */
static int doublings(const char *suffix)
{
    static const char letters[] = "KMG";
    const char *letter = *suffix ? strchr(letters, *suffix) : NULL;
    if (!*suffix)
        return 0;
    return letter && !suffix[1] ? (int)(letter - letters + 1) * 10 : -1;
}

static rlim_t take_bytes(struct argp_state *state, const char *name,
                         const char *arg)
{
    char *suffix;
    errno = 0;
    long long number = strtoll(arg, &suffix, 10);
    int times = doublings(suffix);
    if (suffix == arg || errno || number < 0 || times < 0 ||
        number > INT64_MAX >> times)
        argp_error(state, "--%s must be a size like 64M or 2G, not '%s'", name,
                   arg);
    return (rlim_t)number << times;
}

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    struct cgi_limits *limits = &cgi_options.limits;
    switch (key) {
    case KEY_CGI: service_mount(state, "cgi", arg, &cgi_gateway); return 0;
    case KEY_CGI_TIMEOUT:
        cgi_options.timeout_ms = options_ms(state, "cgi-timeout", arg);
        return 0;
    case KEY_CGI_TIME:
        cgi_options.time_ms = options_ms(state, "cgi-time", arg);
        return 0;
    case KEY_CGI_CPU:
        limits->cpu_s =
            (rlim_t)options_number(state, "cgi-cpu", arg, 0, LONGEST_CPU_S);
        return 0;
    case KEY_CGI_MEMORY:
        limits->memory = take_bytes(state, "cgi-memory", arg);
        return 0;
    case KEY_CGI_FILES:
        limits->files =
            (rlim_t)options_number(state, "cgi-files", arg, 0, MOST_FILES);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0,
     "Programs that answer (CGI); where 0 means no limit:", 0},
    {"cgi", KEY_CGI, "/PREFIX=DIR", 0,
     "Let the programs in DIR answer below /PREFIX; may be repeated", 0},
    {"cgi-timeout", KEY_CGI_TIMEOUT, "S", 0,
     "End a program that neither reads nor writes for so long (30)", 0},
    {"cgi-time", KEY_CGI_TIME, "S", 0,
     "End a program that has run for so long, whatever it does (0)", 0},
    {"cgi-cpu", KEY_CGI_CPU, "S", 0,
     "Seconds of processor time that each of its processes may use (0)", 0},
    {"cgi-memory", KEY_CGI_MEMORY, "N", 0,
     "Bytes of address space that each of them may have: 512M (0)", 0},
    {"cgi-files", KEY_CGI_FILES, "N", 0,
     "Descriptors that each of them may have open (0: as the server)", 0},
    {0},
};

const struct argp cgi_options_argp = {
    .options = table,
    .parser = take_option,
};
