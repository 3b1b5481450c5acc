/* media_types.c - the system's table of types, and a small one for systems
 * without. */
#include "media_types.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TABLE_BYTES_MAX = 1 << 20 };

struct media {
    const char *ending, *type;
};

static const struct media built_in[] = {
    {"avif", "image/avif"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"md", "text/markdown"},
    {"mjs", "text/javascript"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"ogg", "audio/ogg"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"svg", "image/svg+xml"},
    {"tsv", "text/tab-separated-values"},
    {"txt", "text/plain"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xml", "application/xml"},
    {"zip", "application/zip"},
};

/* The system's, sorted like the one above; written by media_types_read(). */
static struct {
    char *text; // into which the list points
    struct media *list;
    size_t count, room;
} table;

static int compare_endings(const void *one, const void *other)
{
    const struct media *first = one, *second = other;
    return strcasecmp(first->ending, second->ending);
}

/* The whole file, with a NUL behind it; NULL with errno. */
static char *read_text(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return NULL;
    char *text = malloc(TABLE_BYTES_MAX + 1);
    ssize_t len = text ? read(file, text, TABLE_BYTES_MAX) : -1;
    close(file);
    if (len < 0) {
        free(text);
        return NULL;
    }
    text[len] = '\0';
    char *fitting = realloc(text, (size_t)len + 1);
    if (fitting)
        text = fitting;
    return text;
}

/* A type is two tokens with a slash, and goes into a header. */
static bool is_type(const char *text)
{
    size_t len = strlen(text);
    const char *slash = strchr(text, '/');
    return slash && slash != text && slash[1] &&
           len + sizeof "; charset=utf-8" <= MEDIA_TYPE_BYTES &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789!#$&^_.+-/") == len;
}

static bool append(struct media media)
{
    if (table.count == table.room) {
        size_t room = table.room ? table.room * 2 : 1024;
        void *larger = realloc(table.list, room * sizeof *table.list);
        if (!larger)
            return false;
        table.list = larger;
        table.room = room;
    }
    table.list[table.count++] = media;
    return true;
}

/* One line: a type, and the endings that have it. */
static bool read_line(char *line)
{
    char *rest;
    line[strcspn(line, "#")] = '\0';
    const char *type = strtok_r(line, " \t\r", &rest);
    if (!type || !is_type(type))
        return true;
    const char *ending;
    while ((ending = strtok_r(NULL, " \t\r", &rest)) != NULL)
        if (!append((struct media){ending, type}))
            return false;
    return true;
}

/* Both point into the text of the table: what stands first comes first. */
static int compare_entries(const void *one, const void *other)
{
    const struct media *first = one, *second = other;
    int by_ending = compare_endings(one, other);
    return by_ending ? by_ending : first->ending < second->ending ? -1 : 1;
}

/* Of several types for one ending the first one stays. */
static void sort_table(void)
{
    size_t kept = 0;
    if (table.count > 0)
        qsort(table.list, table.count, sizeof *table.list, compare_entries);
    for (size_t i = 0; i < table.count; i++)
        if (kept == 0 ||
            compare_endings(&table.list[kept - 1], &table.list[i]) != 0)
            table.list[kept++] = table.list[i];
    table.count = kept;
}

int media_types_read(const char *path)
{
    char *text = read_text(path);
    if (!text)
        return -1;
    free(table.text);
    table.text = text;
    table.count = 0;
    char *rest;
    for (char *line = strtok_r(text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        if (!read_line(line))
            break; // no memory: what is there is sound
    sort_table();
    return 0;
}

static const char *find_type(const char *ending)
{
    struct media wanted = {.ending = ending};
    const struct media *found = NULL;
    if (table.count > 0)
        found = bsearch(&wanted, table.list, table.count, sizeof *table.list,
                        compare_endings);
    if (!found)
        found = bsearch(&wanted, built_in, sizeof built_in / sizeof *built_in,
                        sizeof *built_in, compare_endings);
    return found ? found->type : "application/octet-stream";
}

/* No type in the tables is too long: see is_type(). */
void media_type(const char *name, char type[MEDIA_TYPE_BYTES])
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    const char *found = find_type(dot ? dot + 1 : "");
    bool is_text = strncasecmp(found, "text/", 5) == 0;
    stpcpy(stpcpy(type, found), is_text ? "; charset=utf-8" : "");
}
