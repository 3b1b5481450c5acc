/* cgi_options.h - what the command line says about CGI. */
#ifndef PART2_CGI_OPTIONS_H
#define PART2_CGI_OPTIONS_H

#include <argp.h>
#include <stddef.h>

enum { CGI_MOUNTS_MAX = 16 };

/* The programs in a directory, and the prefix they have in URLs. */
struct cgi_mount {
    const char *prefix; // "/cgi-bin"; without a final slash, so "/" is ""
    const char *path;   // of the directory: absolute, without links
    int directory;      // the same, open
};

struct cgi_options {
    struct cgi_mount mounts[CGI_MOUNTS_MAX];
    size_t mount_count;
    int timeout_ms;            // longest time without a byte in or out
    const char *document_root; // absolute, for DOCUMENT_ROOT
};

/* No mounts, 30 seconds. */
extern const struct cgi_options cgi_options_default;

/* --cgi and --cgi-timeout, for options_parse(), whose `own` is then the
 * struct cgi_options to fill in. */
extern const struct argp cgi_options_argp;

/* The path of an open directory. For start-up: ends the program if there is
 * none. The text lives as long as the program. */
const char *cgi_options_root(int directory);

/* The mount with the longest prefix that `path` lies below, or NULL. "", the
 * path of "OPTIONS *", lies below none. */
const struct cgi_mount *cgi_options_mount(const struct cgi_options *options,
                                          const char *path);

#endif
