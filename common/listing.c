/* listing.c - reads a directory, sorts it and writes it as HTML. */
#include "listing.h"

#include "beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ENTRIES_MAX = 10000, // nobody reads more, and each costs memory
    ESCAPES_MAX = 6,     // for one character: "&quot;"
    ESCAPED_BYTES = ESCAPES_MAX * NAME_MAX + 1
};

struct entry {
    char *name;
    int64_t size;
    time_t modified;
    bool is_directory;
};

struct listing {
    struct entry *entries;
    size_t count, room;
    bool is_cut;
};

/* --- Text --- */

size_t listing_escape(const char *text, char *room, size_t size)
{
    size_t len = 0;
    if (size > 0)
        room[0] = '\0';
    for (; *text; text++) {
        char one[2] = {*text};
        const char *piece = *text == '&'    ? "&amp;"
                            : *text == '<'  ? "&lt;"
                            : *text == '>'  ? "&gt;"
                            : *text == '"'  ? "&quot;"
                            : *text == '\'' ? "&#39;"
                                            : one;
        len += (size_t)snprintf(room + len, len < size ? size - len : 0, "%s",
                                piece);
    }
    return len;
}

/* RFC 3986 2.3: what needs no escape anywhere. */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || strchr("-._~", c);
}

size_t listing_encode(const char *text, char *room, size_t size)
{
    size_t len = 0;
    if (size > 0)
        room[0] = '\0';
    for (; *text; text++)
        len += (size_t)snprintf(room + len, len < size ? size - len : 0,
                                is_unreserved(*text) ? "%c" : "%%%02X",
                                (unsigned char)*text);
    return len;
}

/* --- The directory --- */

/* What is behind a name, seen as a client would see it: by a link, but not
 * out of the root. */
static bool look_at(int root, const char *directory, const char *name,
                    struct stat *about)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s%s%s", directory,
                       *directory ? "/" : "", name);
    if (len < 0 || (size_t)len >= sizeof path)
        return false;
    return beneath_stat(root, path, about) == 0 &&
           (S_ISREG(about->st_mode) || S_ISDIR(about->st_mode));
}

static bool add(struct listing *listing, const char *name,
                const struct stat *about)
{
    if (listing->count == listing->room) {
        size_t wanted = listing->room ? 2 * listing->room : 64;
        void *larger =
            realloc(listing->entries, wanted * sizeof *listing->entries);
        if (!larger)
            return false;
        listing->entries = larger;
        listing->room = wanted;
    }
    char *copy = strdup(name);
    if (!copy)
        return false;
    listing->entries[listing->count++] =
        (struct entry){.name = copy,
                       .size = about->st_size,
                       .modified = about->st_mtime,
                       .is_directory = S_ISDIR(about->st_mode)};
    return true;
}

/* Returns false if there is no memory for it. */
static bool read_names(struct listing *listing, int root, DIR *stream,
                       const char *directory)
{
    const struct dirent *found;
    while ((found = readdir(stream)) != NULL) {
        struct stat about;
        if (found->d_name[0] == '.' ||
            !look_at(root, directory, found->d_name, &about))
            continue;
        listing->is_cut = listing->count == ENTRIES_MAX;
        if (listing->is_cut)
            return true;
        if (!add(listing, found->d_name, &about))
            return false;
    }
    return true;
}

static int compare_names(const void *one, const void *other)
{
    const struct entry *first = one, *second = other;
    return strcmp(first->name, second->name);
}

static void discard(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].name);
    free(listing->entries);
}

/* --- The page --- */

static void write_entry(FILE *page, const struct entry *entry)
{
    char link[ESCAPED_BYTES], name[ESCAPED_BYTES], date[32];
    const char *slash = entry->is_directory ? "/" : "";
    struct tm utc;
    listing_encode(entry->name, link, sizeof link);
    listing_escape(entry->name, name, sizeof name);
    if (!gmtime_r(&entry->modified, &utc) ||
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &utc) == 0)
        date[0] = '\0';
    fprintf(page, "<tr><td><a href=\"%s%s\">%s%s</a><td>%s<td align=\"right\">",
            link, slash, name, slash, date);
    if (!entry->is_directory)
        fprintf(page, "%lld", (long long)entry->size);
    fputc('\n', page);
}

static void write_page(FILE *page, const struct listing *listing,
                       const char *directory)
{
    char title[ESCAPES_MAX * PATH_MAX + 1];
    listing_escape(directory, title, sizeof title);
    const char *slash = *directory ? "/" : "";
    fprintf(page,
            "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width\">\n"
            "<title>/%s%s</title>\n<h1>/%s%s</h1>\n<table cellpadding=\"4\">\n",
            title, slash, title, slash);
    if (*directory)
        fputs("<tr><td><a href=\"../\">../</a><td><td>\n", page);
    for (size_t i = 0; i < listing->count; i++)
        write_entry(page, &listing->entries[i]);
    fputs("</table>\n", page);
    if (listing->is_cut)
        fputs("<p>There are more.\n", page);
    fputs("</html>\n", page);
}

/* Returns NULL if there is no memory for it. */
static char *make_page(const struct listing *listing, const char *directory,
                       size_t *len)
{
    char *text = NULL;
    FILE *page = open_memstream(&text, len);
    if (!page)
        return NULL;
    write_page(page, listing, directory);
    bool is_whole = !ferror(page);
    if (fclose(page) == 0 && is_whole)
        return text;
    free(text);
    return NULL;
}

char *listing_make(int root, int directory, const char *name, size_t *len)
{
    struct listing listing = {0};
    int own = fcntl(directory, F_DUPFD_CLOEXEC, 0); // closedir() closes it
    DIR *stream = own >= 0 ? fdopendir(own) : NULL;
    bool is_read = stream && read_names(&listing, root, stream, name);
    if (listing.count > 0)
        qsort(listing.entries, listing.count, sizeof *listing.entries,
              compare_names);
    char *page = is_read ? make_page(&listing, name, len) : NULL;
    if (stream)
        closedir(stream);
    else if (own >= 0)
        close(own);
    discard(&listing);
    return page;
}
