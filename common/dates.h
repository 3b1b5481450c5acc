/* dates.h - the dates of HTTP (RFC 9110 5.6.7), free of any locale. */
#ifndef COMMON_DATES_H
#define COMMON_DATES_H

#include <time.h>

enum { DATE_BYTES = 40 }; // room for any date that dates_format() writes

/* Read a date in one of its three forms; the year of the obsolete form with
 * two digits is the one nearest to `now`. Returns -1 if it is no date. */
time_t dates_parse(const char *text, time_t now);

/* Write the form that servers send: "Sun, 06 Nov 1994 08:49:37 GMT". */
void dates_format(time_t when, char text[DATE_BYTES]);

#endif
