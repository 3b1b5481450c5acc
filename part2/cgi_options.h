/* cgi_options.h - what the command line says about CGI. */
#ifndef PART2_CGI_OPTIONS_H
#define PART2_CGI_OPTIONS_H

#include "cgi_process.h"

#include <argp.h>

struct cgi_options {
    int timeout_ms; // longest time without a byte in or out (30 s)
    int time_ms;    // for the whole run of a program; 0: any
    struct cgi_limits limits;
};

/* Written by the command line, read by everyone. */
extern struct cgi_options cgi_options;

/* --cgi and its kin; see gateway.h. */
extern const struct argp cgi_options_argp;

#endif
