/* watch_report.h - a family as text for logs, scripts and programs. */
#ifndef WATCH_REPORT_H
#define WATCH_REPORT_H

#include "family.h"

#include <stdint.h>
#include <stdio.h>

/* Tab-separated: the header, then a line a sample. `ms` counts from the start
 * of the watch; `pending` is as signal_names writes it. */
void report_tsv_header(FILE *out);
void report_tsv(const struct family *family, int64_t ms, FILE *out);

/* One line for people and logs. */
void report_plain(const struct family *family, int64_t ms, FILE *out);

/* One sample as a table of names and values. */
void report_table(const struct family *family, FILE *out);

/* One sample as one JSON object; what is not known is null. */
void report_json(const struct family *family, FILE *out);

#endif
