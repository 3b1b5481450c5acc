/* cgi.h - the gateway to programs (RFC 3875). */
#ifndef PART2_CGI_H
#define PART2_CGI_H

#include "cgi_options.h"
#include "common/exchange.h"

/* Let a program of `mount`, which the request's path lies below, answer the
 * exchange: 404 or 403 if there is none, 502 if what it says is no answer,
 * 504 if it says nothing. Blocks until the program has exited and is reaped,
 * but not while it neither reads nor writes for the time-out of `options`.
 * The caller ignores SIGPIPE, and does not reap children behind our back. */
void cgi_answer(struct exchange *exchange, const struct cgi_mount *mount,
                const struct cgi_options *options);

#endif
