/* listing.c - reads a directory, sorts it and writes it as HTML. */
#include "listing.h"

#include "beneath.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ENTRIES_MAX = 10000, // nobody reads more, and each costs memory
    ESCAPED_BYTES = 6 * NAME_MAX + 1,
    LINE_BYTES = 2 * ESCAPED_BYTES + 256
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
    int file = beneath_open(root, path, O_PATH);
    if (file < 0)
        return false;
    bool known = fstat(file, about) == 0;
    close(file);
    return known && (S_ISREG(about->st_mode) || S_ISDIR(about->st_mode));
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

static int write_text(struct response *response, const char *text)
{
    return response_write(response, text, strlen(text));
}

static int write_entry(struct response *response, const struct entry *entry)
{
    char link[ESCAPED_BYTES], name[ESCAPED_BYTES], line[LINE_BYTES];
    char date[32], size[32] = "";
    const char *slash = entry->is_directory ? "/" : "";
    struct tm utc;
    listing_encode(entry->name, link, sizeof link);
    listing_escape(entry->name, name, sizeof name);
    if (!gmtime_r(&entry->modified, &utc) ||
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &utc) == 0)
        date[0] = '\0';
    if (!entry->is_directory)
        snprintf(size, sizeof size, "%lld", (long long)entry->size);
    snprintf(line, sizeof line,
             "<tr><td><a href=\"%s%s\">%s%s</a><td>%s<td align=\"right\">%s\n",
             link, slash, name, slash, date, size);
    return write_text(response, line);
}

static void write_page(struct response *response, const struct listing *listing,
                       const char *directory)
{
    static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>/";
    char title[6 * PATH_MAX + 1];
    listing_escape(directory, title, sizeof title);
    const char *slash = *directory ? "/" : "";
    if (write_text(response, head) < 0 || write_text(response, title) < 0 ||
        write_text(response, slash) < 0 ||
        write_text(response, "</title>\n<h1>/") < 0 ||
        write_text(response, title) < 0 || write_text(response, slash) < 0 ||
        write_text(response, "</h1>\n<table cellpadding=\"4\">\n") < 0)
        return; // the client has gone
    if (*directory)
        write_text(response, "<tr><td><a href=\"../\">../</a><td><td>\n");
    for (size_t i = 0; i < listing->count; i++)
        if (write_entry(response, &listing->entries[i]) < 0)
            return;
    write_text(response, "</table>\n");
    if (listing->is_cut)
        write_text(response, "<p>There are more.\n");
    write_text(response, "</html>\n");
}

void listing_answer(struct response *response, int root, int directory,
                    const char *name)
{
    struct listing listing = {0};
    int own = fcntl(directory, F_DUPFD_CLOEXEC, 0); // closedir() closes it
    DIR *stream = own >= 0 ? fdopendir(own) : NULL;
    if (!stream || !read_names(&listing, root, stream, name)) {
        response_error(response, 503, NULL);
    } else {
        if (listing.count > 0)
            qsort(listing.entries, listing.count, sizeof *listing.entries,
                  compare_names);
        response_start(response, 200);
        response_header(response, "Content-Type", "text/html; charset=utf-8");
        response_header(response, "Content-Security-Policy",
                        "default-src 'none'");
        write_page(response, &listing, name);
    }
    if (stream)
        closedir(stream);
    else if (own >= 0)
        close(own);
    discard(&listing);
}
