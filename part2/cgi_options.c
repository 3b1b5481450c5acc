/* cgi_options.c - reads --cgi and --cgi-timeout. */
#include "cgi_options.h"

#include "service.h"

enum { KEY_CGI = 0x2a00, KEY_CGI_TIMEOUT };

struct cgi_options cgi_options = {.timeout_ms = 30000};

static error_t take_option(int key, char *arg, struct argp_state *state)
{
    switch (key) {
    case KEY_CGI: service_mount(state, "cgi", arg, &cgi_gateway); return 0;
    case KEY_CGI_TIMEOUT:
        cgi_options.timeout_ms = options_ms(state, "cgi-timeout", arg);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "Programs that answer (CGI):", 0},
    {"cgi", KEY_CGI, "/PREFIX=DIR", 0,
     "Let the programs in DIR answer below /PREFIX; may be repeated", 0},
    {"cgi-timeout", KEY_CGI_TIMEOUT, "S", 0,
     "End a program that neither reads nor writes for so long (30)", 0},
    {0},
};

const struct argp cgi_options_argp = {
    .options = table,
    .parser = take_option,
};
