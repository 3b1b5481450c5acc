/* watch_report.c - writes a family as a line, a table or JSON. */

#include "watch_report.h"

#include <inttypes.h>

/* ---- lines ---- */

void report_tsv_header(FILE *out)
{
    (void)fputs("ms\talive\tzombies\toldest_ms\tfds\trss_kb\tcpu_ms\t"
                "pending\n",
                out);
}

void report_tsv(const struct family *family, int64_t ms, FILE *out)
{
    char names[512];

    (void)fprintf(out,
                  "%" PRId64 "\t%d\t%d\t%" PRId64 "\t%d\t%" PRId64 "\t%" PRId64
                  "\t%s\n",
                  ms, family->alive, family->zombies, family->oldest_ms,
                  family->fds, family->rss_kb, family->cpu_ms,
                  signal_names(family->pending, names, sizeof names));
}

static const char *format_age(const struct family *family, char *text,
                              size_t size)
{
    if (family->zombies == 0)
        (void)snprintf(text, size, "-");
    else
        (void)snprintf(text, size, "%s%.1f s",
                       family->oldest_at_least ? ">" : "",
                       (double)family->oldest_ms / 1000);
    return text;
}

static const char *format_kb(int64_t kb, char *text, size_t size)
{
    if (kb == UNKNOWN)
        (void)snprintf(text, size, "-");
    else
        (void)snprintf(text, size, "%" PRId64 " kB", kb);
    return text;
}

void report_plain(const struct family *family, int64_t ms, FILE *out)
{
    char age[32];
    char pss[32];
    char names[512];

    (void)fprintf(out,
                  "%6.1f s  alive %d  zombies %d  oldest %s  fds %d  "
                  "rss %" PRId64 " kB  pss %s  cpu %.0f %%  pending %s\n",
                  (double)ms / 1000, family->alive, family->zombies,
                  format_age(family, age, sizeof age), family->fds,
                  family->rss_kb, format_kb(family->pss_kb, pss, sizeof pss),
                  family->cpu_percent,
                  signal_names(family->pending, names, sizeof names));
}

/* ---- one sample ---- */

static void print_printable(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        (void)fputc(*text < ' ' || *text > '~' ? '?' : *text, out);
}

void report_table(const struct family *family, FILE *out)
{
    char text[512];

    print_printable(family->name, out);
    (void)fprintf(out, "  pid %d", (int)family->root);
    if (family->port != UNKNOWN)
        (void)fprintf(out, "  port %d", family->port);
    (void)fputc('\n', out);

    (void)fprintf(out, "alive          %d\n", family->alive);
    (void)fprintf(out, "zombies        %d\n", family->zombies);
    (void)fprintf(out, "oldest         %s\n",
                  format_age(family, text, sizeof text));
    (void)fprintf(out, "fds            %d\n", family->fds);
    (void)fprintf(out, "rss            %s\n",
                  format_kb(family->rss_kb, text, sizeof text));
    (void)fprintf(out, "pss            %s\n",
                  format_kb(family->pss_kb, text, sizeof text));
    (void)fprintf(out, "private        %s\n",
                  format_kb(family->private_kb, text, sizeof text));
    (void)fprintf(out, "private dirty  %s\n",
                  format_kb(family->private_dirty_kb, text, sizeof text));
    (void)fprintf(out, "cpu            %" PRId64 " ms\n", family->cpu_ms);
    (void)fprintf(out, "switches       %" PRId64 "\n", family->switches);
    (void)fprintf(out, "pending        %016" PRIx64 " %s\n", family->pending,
                  signal_names(family->pending, text, sizeof text));
}

static void json_string(const char *key, const char *value, FILE *out)
{
    (void)fprintf(out, "\"%s\":\"", key);
    for (; *value != '\0'; value++) {
        unsigned char byte = (unsigned char)*value;
        if (byte == '"' || byte == '\\')
            (void)fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte > '~')
            (void)fprintf(out, "\\u%04x", byte);
        else
            (void)fputc(byte, out);
    }
    (void)fputc('"', out);
}

static void json_number(const char *key, int64_t value, FILE *out)
{
    if (value == UNKNOWN)
        (void)fprintf(out, ",\"%s\":null", key);
    else
        (void)fprintf(out, ",\"%s\":%" PRId64, key, value);
}

void report_json(const struct family *family, FILE *out)
{
    char text[512];

    (void)fputc('{', out);
    json_string("name", family->name, out);
    json_number("pid", family->root, out);
    json_number("port", family->port, out);
    json_number("alive", family->alive, out);
    json_number("zombies", family->zombies, out);
    json_number("oldest_ms", family->oldest_ms, out);
    (void)fprintf(out, ",\"oldest_at_least\":%s",
                  family->oldest_at_least ? "true" : "false");
    json_number("fds", family->fds, out);
    json_number("rss_kb", family->rss_kb, out);
    json_number("pss_kb", family->pss_kb, out);
    json_number("private_kb", family->private_kb, out);
    json_number("private_dirty_kb", family->private_dirty_kb, out);
    json_number("cpu_ms", family->cpu_ms, out);
    json_number("switches", family->switches, out);
    (void)fprintf(out, ",\"pending_mask\":\"%016" PRIx64 "\",",
                  family->pending);
    json_string("pending", signal_names(family->pending, text, sizeof text),
                out);
    (void)fputs("}\n", out);
}
