/* conditions.h - "only if it has changed", "only if it has not".
 *
 * Pure functions over validators and header values (RFC 9110 13). A value is
 * NULL if the request has no such header; several lines of one header come
 * joined by ", ". `now` is needed for dates with two-digit years. */
#ifndef COMMON_CONDITIONS_H
#define COMMON_CONDITIONS_H

#include <stdbool.h>
#include <time.h>

enum { VALIDATORS_NO_DATE = -1 };

/* What tells one state of a representation from the next. */
struct validators {
    const char *etag; // quoted; with W/ in front if it is weak
    time_t modified;  // as strong or weak as the tag; or VALIDATORS_NO_DATE
};

struct conditions {
    const char *if_match;
    const char *if_unmodified_since;
    const char *if_none_match;
    const char *if_modified_since;
};

/* For GET and HEAD of what exists: 0 to go on, 304 or 412 to answer. */
int conditions_status(const struct conditions *conditions,
                      const struct validators *validators, time_t now);

/* Is the part that the client has of this very representation, so that it
 * may be given the rest? True without an If-Range. */
bool conditions_allow_range(const char *if_range,
                            const struct validators *validators, time_t now);

#endif
