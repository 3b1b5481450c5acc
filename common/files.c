/* files.c - from a path to a file of the root, and out again as an answer.
 *
 *   path -> file -> the neighbour that the client likes best
 *        -> conditions -> ranges -> answer
 *
 * The decisions are made by conditions.c, encodings.c and ranges.c, which know
 * no files; here is what they are decided about. */
#include "files.h"

#include "beneath.h"
#include "conditions.h"
#include "dates.h"
#include "encodings.h"
#include "exchange.h"
#include "file_cache.h"
#include "listing.h"
#include "log.h"
#include "media_types.h"
#include "ranges.h"
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    ETAG_BYTES = 96,
    JOINED_BYTES = 2048,
    PART_HEAD_BYTES = 512,
    BOUNDARY_BYTES = 33,
};

/* One form of a file: itself or one of its neighbours. */
struct representation {
    struct stat about;
    struct cached_file *cached; // its bytes; NULL if they are in `file`
    int file;                   // -1 if it is not open
    enum encoding encoding;
    bool varies; // there are others
    char type[MEDIA_TYPE_BYTES];
    char etag[ETAG_BYTES];
    time_t modified;
};

/* --- Names --- */

/* Does a segment of the path begin with a dot? That covers "..", and hidden
 * files; /.well-known/ is public by definition (RFC 8615). */
static bool is_hidden(const char *path)
{
    for (const char *dot = path; (dot = strstr(dot, "/.")); dot++)
        if (strncmp(dot, "/.well-known", 12) != 0 ||
            (dot[12] != '/' && dot[12] != '\0'))
            return true;
    return false;
}

static bool ends_with_slash(const char *path)
{
    size_t len = strlen(path);
    return len == 0 || path[len - 1] == '/';
}

/* Write both, one behind the other. Returns false if there is no room. */
static bool join(char *name, size_t size, const char *one, const char *other)
{
    if (strlen(one) + strlen(other) >= size)
        return false;
    stpcpy(stpcpy(name, one), other);
    return true;
}

/* The file behind the path of a target: "/a/" stands for "a/" and the index.
 * Returns false if the name is too long to be one. */
static bool name_file(const char *path, const char *index, char *name,
                      size_t size)
{
    path += strspn(path, "/");
    return join(name, size, path, ends_with_slash(path) ? index : "");
}

/* --- Answers without a file --- */

static int status_of_error(int error)
{
    switch (error) {
    case EACCES: return 403;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return 503;
    default: return 404; // what cannot be reached does not exist
    }
}

static void refuse(struct exchange *exchange, int status)
{
    response_error(&exchange->response, status, NULL);
}

/* The slash makes relative links of its index.html work. */
static void redirect_to_slash(struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    const char *path = request->local;
    /* "//host/dir" as a Location would name another server. */
    while (path[0] == '/' && path[1] == '/')
        path++;
    char location[2048];
    int path_len = (int)strcspn(path, "?");
    int len = snprintf(location, sizeof location, "%.*s/%s%s", path_len, path,
                       request->query ? "?" : "",
                       request->query ? request->query : "");
    if (len < 0 || (size_t)len >= sizeof location) {
        refuse(exchange, 404);
        return;
    }
    struct response *response = &exchange->response;
    response_start(response, 301);
    response_header(response, "Location", location);
    response_header(response, "Content-Length", "0");
    response_end(response);
}

/* --- The representation --- */

static bool is_older(const struct stat *one, const struct stat *other)
{
    return one->st_mtim.tv_sec != other->st_mtim.tv_sec
               ? one->st_mtim.tv_sec < other->st_mtim.tv_sec
               : one->st_mtim.tv_nsec < other->st_mtim.tv_nsec;
}

/* Is there a neighbour of `name` that has this encoding, and would do? One
 * that is older does not have the same content. */
static bool find_neighbour(int root, const char *name, enum encoding encoding,
                           const struct stat *original, struct stat *about)
{
    char path[PATH_MAX];
    return join(path, sizeof path, name, encoding_ending(encoding)) &&
           beneath_stat(root, path, about) == 0 && S_ISREG(about->st_mode) &&
           !is_older(about, original);
}

/* Choose the neighbour that is most welcome, if one is. Returns how welcome
 * the best is: 0 if nothing there can be accepted. One that is not wanted only
 * matters for Vary, and for that it is enough to look once a second. */
static int choose_encoding(struct representation *chosen,
                           const struct files *files, const char *name,
                           const char *accept, time_t now)
{
    const struct stat original = chosen->about;
    struct cached_file *cached = file_cache_find(files->cache, name, &original);
    bool seen = cached && cached->neighbours_seen == now;
    int best = encoding_quality(accept, ENCODING_IDENTITY);
    chosen->encoding = ENCODING_IDENTITY;
    chosen->varies = seen && cached->has_neighbours;
    for (int i = ENCODING_IDENTITY - 1; i >= 0; i--) {
        struct stat about;
        enum encoding encoding = (enum encoding)i;
        int quality = encoding_quality(accept, encoding);
        bool is_wanted = quality > 0 && quality >= best;
        if ((seen && !is_wanted) ||
            !find_neighbour(files->root, name, encoding, &original, &about))
            continue;
        chosen->varies = true;
        if (is_wanted) {
            chosen->about = about;
            chosen->encoding = encoding;
            best = quality;
        }
    }
    if (cached && !seen) {
        cached->neighbours_seen = now;
        cached->has_neighbours = chosen->varies;
    }
    return best;
}

/* Returns -1 with errno for all but regular files, which have an end one can
 * wait for. */
static int open_regular(int root, const char *path, struct stat *about)
{
    int file = beneath_open(root, path, O_RDONLY);
    if (file < 0 || (fstat(file, about) == 0 && S_ISREG(about->st_mode)))
        return file;
    close(file);
    errno = EACCES;
    return -1;
}

/* Get hold of it: of its bytes, or of the open file. Returns 0, or -1 with
 * errno. */
static int obtain(struct representation *it, const struct files *files,
                  const char *name, time_t now)
{
    char path[PATH_MAX];
    if (!join(path, sizeof path, name, encoding_ending(it->encoding)))
        return -1;
    it->cached = file_cache_find(files->cache, path, &it->about);
    if (it->cached)
        return 0;
    it->file = open_regular(files->root, path, &it->about);
    if (it->file < 0)
        return -1;
    it->cached = file_cache_keep(files->cache, path, it->file, &it->about, now);
    return 0;
}

/* Tags are made for each answer, so without printf. */
static char *put_hex(char *end, uint64_t number, char behind)
{
    int digits = 1;
    while (digits < 16 && number >> (4 * digits))
        digits++;
    while (digits-- > 0)
        *end++ = "0123456789abcdef"[number >> (4 * digits) & 15];
    *end++ = behind;
    return end;
}

/* RFC 9110 8.8. A file changes its inode when it is replaced, its size or its
 * time when it is written. But what has been written just now may be written
 * again before the clock moves: then the tag can only be weak. */
static void describe(struct representation *it, const char *name, time_t now)
{
    const struct stat *about = &it->about;
    bool is_settled = about->st_mtim.tv_sec <= now - FILE_SETTLED_SECONDS;
    /* 8.8.2.1: never later than the answer itself. Nor before 1970, which not
     * every client can count. */
    it->modified = about->st_mtim.tv_sec < now ? about->st_mtim.tv_sec : now;
    if (it->modified < 0)
        it->modified = 0;
    media_type(name, it->type);
    char *end = stpcpy(it->etag, is_settled ? "\"" : "W/\"");
    end = put_hex(end, about->st_ino, '-');
    end = put_hex(end, (uint64_t)about->st_size, '-');
    end = put_hex(end, (uint64_t)about->st_mtim.tv_sec, '.');
    end = put_hex(end, (uint64_t)about->st_mtim.tv_nsec, '\0');
    end = stpcpy(end - 1, encoding_ending(it->encoding));
    memcpy(end, "\"", 2);
}

/* --- What the request says of it --- */

/* The value of a header, its lines joined as RFC 9110 5.3 allows; NULL if
 * there is none. Lines beyond the room are left out: no client needs them. */
static const char *joined(const struct request *request, const char *name,
                          char room[JOINED_BYTES])
{
    const char *value = NULL;
    size_t len = 0;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct header *header = &request->headers[i];
        if (!rules_same_name(header->name, name))
            continue;
        if (!value) {
            value = header->value; // a single line needs no copy
            continue;
        }
        if (value != room) {
            len = (size_t)snprintf(room, JOINED_BYTES, "%s", value);
            if (len >= JOINED_BYTES)
                return value;
            value = room;
        }
        size_t more = strlen(header->value) + 2;
        if (len + more >= JOINED_BYTES)
            return value;
        snprintf(room + len, JOINED_BYTES - len, ", %s", header->value);
        len += more;
    }
    return value;
}

static int status_of_conditions(const struct request *request,
                                const struct validators *validators, time_t now)
{
    char rooms[4][JOINED_BYTES];
    struct conditions conditions = {
        .if_match = joined(request, "If-Match", rooms[0]),
        .if_unmodified_since = joined(request, "If-Unmodified-Since", rooms[1]),
        .if_none_match = joined(request, "If-None-Match", rooms[2]),
        .if_modified_since = joined(request, "If-Modified-Since", rooms[3]),
    };
    return conditions_status(&conditions, validators, now);
}

/* Which parts are asked for. RFC 9110 14.2: only GET has ranges, and they come
 * after the conditions. Parts of an encoded file would have nowhere to say how
 * they are encoded, so of those there is one at most. */
static enum ranges_answer read_ranges(const struct request *request,
                                      const struct representation *it,
                                      const struct validators *validators,
                                      time_t now, struct ranges *ranges)
{
    char range_room[JOINED_BYTES], if_range_room[JOINED_BYTES];
    const char *range = joined(request, "Range", range_room);
    const char *if_range = joined(request, "If-Range", if_range_room);
    if (!range || strcmp(request->method, "GET") != 0 ||
        it->about.st_size == 0 ||
        !conditions_allow_range(if_range, validators, now))
        return RANGES_WHOLE;
    enum ranges_answer answer = ranges_read(range, it->about.st_size, ranges);
    bool is_encoded = it->encoding != ENCODING_IDENTITY;
    return answer == RANGES_SOME && ranges->count > 1 && is_encoded
               ? RANGES_WHOLE
               : answer;
}

/* --- Answers with a directory --- */

/* There is no date to tell a listing by: a file that is written changes the
 * page, but not the directory. So its tag is a hash of the page (FNV-1a); weak,
 * since who looks for two pages of the same hash would find them. */
static void tag_page(const char *page, size_t len, char etag[ETAG_BYTES])
{
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)page[i]) * 0x100000001b3;
    char *end = put_hex(stpcpy(etag, "W/\""), hash, '"');
    *end = '\0';
}

static void send_listing(struct exchange *exchange, const char *page,
                         size_t len)
{
    struct response *response = &exchange->response;
    char etag[ETAG_BYTES];
    tag_page(page, len, etag);
    const struct validators validators = {etag, VALIDATORS_NO_DATE};
    int status =
        status_of_conditions(&exchange->request, &validators, time(NULL));
    if (status == 412) {
        refuse(exchange, 412);
        return;
    }
    response_start(response, status ? status : 200);
    response_header(response, "ETag", etag);
    if (status == 304)
        return;
    response_header(response, "Content-Type", "text/html; charset=utf-8");
    response_header(response, "Content-Security-Policy", "default-src 'none'");
    response_length(response, (int64_t)len);
    response_write(response, page, len);
}

/* A directory that has no index. */
static void answer_directory(struct exchange *exchange,
                             const struct files *files)
{
    char name[PATH_MAX];
    if (!files->list ||
        !name_file(exchange->request.path, "", name, sizeof name)) {
        refuse(exchange, 404);
        return;
    }
    size_t len = strlen(name);
    while (len > 0 && name[len - 1] == '/')
        name[--len] = '\0';
    int directory =
        beneath_open(files->root, *name ? name : ".", O_RDONLY | O_DIRECTORY);
    if (directory < 0) {
        refuse(exchange, status_of_error(errno));
        return;
    }
    char *page = listing_make(files->root, directory, name, &len);
    if (page)
        send_listing(exchange, page, len);
    else
        refuse(exchange, 503);
    free(page);
    close(directory);
}

/* --- Answers with a file --- */

/* RFC 9110 12.5.5: what another Accept-Encoding would change says so. */
static void start(struct response *response, int status,
                  const struct representation *it)
{
    response_start(response, status);
    if (it->varies)
        response_header(response, "Vary", "Accept-Encoding");
}

static void start_answer(struct response *response, int status,
                         const struct representation *it)
{
    char modified[DATE_BYTES];
    dates_format(it->modified, modified);
    start(response, status, it);
    response_header(response, "ETag", it->etag);
    response_header(response, "Last-Modified", modified);
}

/* What the body is, which an answer without it does not say. */
static void describe_body(struct response *response, const char *type,
                          int64_t len, const struct representation *it)
{
    response_header(response, "Accept-Ranges", "bytes");
    response_header(response, "Content-Type", type);
    if (it->encoding != ENCODING_IDENTITY)
        response_header(response, "Content-Encoding",
                        encoding_name(it->encoding));
    response_length(response, len);
}

static int send_range(struct response *response,
                      const struct representation *it,
                      const struct range *range)
{
    if (it->cached)
        return response_write(response, it->cached->bytes + range->first,
                              (size_t)range->len);
    int sent =
        response_write_file(response, it->file, range->first, range->len);
    if (sent < 0 && errno == EIO)
        log_line("a file became shorter while it was sent");
    return sent;
}

static void send_whole(struct response *response,
                       const struct representation *it)
{
    const struct range all = {0, it->about.st_size};
    start_answer(response, 200, it);
    describe_body(response, it->type, all.len, it);
    send_range(response, it, &all);
}

static void send_one_range(struct response *response,
                           const struct representation *it,
                           const struct range *range)
{
    char line[RANGES_LINE_BYTES];
    ranges_describe(range, it->about.st_size, line);
    start_answer(response, 206, it);
    response_header(response, "Content-Range", line);
    describe_body(response, it->type, range->len, it);
    send_range(response, it, range);
}

/* Random, so that nobody can put one into a file. */
static bool make_boundary(char boundary[BOUNDARY_BYTES])
{
    unsigned char bytes[(BOUNDARY_BYTES - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(boundary + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

static void send_many_ranges(struct response *response,
                             const struct representation *it,
                             const struct ranges *ranges)
{
    char boundary[BOUNDARY_BYTES], text[PART_HEAD_BYTES];
    if (!make_boundary(boundary)) {
        send_whole(response, it);
        return;
    }
    const struct multipart multipart = {boundary, it->type, it->about.st_size};
    start_answer(response, 206, it);
    snprintf(text, sizeof text, "multipart/byteranges; boundary=%s", boundary);
    describe_body(response, text, multipart_len(&multipart, ranges), it);
    for (size_t i = 0; i < ranges->count; i++) {
        const struct range *range = &ranges->list[i];
        size_t len = multipart_head(&multipart, i, range, text, sizeof text);
        if (response_write(response, text, len) < 0 ||
            send_range(response, it, range) < 0)
            return; // what was declared does not come: it is broken
    }
    response_write(response, text,
                   multipart_tail(&multipart, text, sizeof text));
}

static void refuse_with(struct response *response, int status,
                        const struct representation *it)
{
    start(response, status, it);
    response_end_with_page(response, NULL);
}

static void refuse_range(struct response *response,
                         const struct representation *it)
{
    char line[RANGES_LINE_BYTES];
    snprintf(line, sizeof line, "bytes */%lld", (long long)it->about.st_size);
    start(response, 416, it);
    response_header(response, "Content-Range", line); // RFC 9110 15.5.17
    response_header(response, "Content-Length", "0");
}

static void send_file(struct exchange *exchange,
                      const struct representation *it, time_t now)
{
    struct response *response = &exchange->response;
    const struct request *request = &exchange->request;
    const struct validators validators = {it->etag, it->modified};
    int status = status_of_conditions(request, &validators, now);
    if (status == 304) {
        start_answer(response, 304, it);
        return;
    }
    if (status) {
        refuse_with(response, status, it);
        return;
    }
    struct ranges ranges;
    switch (read_ranges(request, it, &validators, now, &ranges)) {
    case RANGES_WHOLE: send_whole(response, it); break;
    case RANGES_OUTSIDE: refuse_range(response, it); break;
    case RANGES_SOME:
        if (ranges.count == 1)
            send_one_range(response, it, &ranges.list[0]);
        else
            send_many_ranges(response, it, &ranges);
    }
}

static void answer_file(struct exchange *exchange, const struct files *files,
                        const char *name, const struct stat *original)
{
    char room[JOINED_BYTES];
    const char *accept = joined(&exchange->request, "Accept-Encoding", room);
    time_t now = time(NULL);
    struct representation it = {.about = *original, .file = -1};
    if (choose_encoding(&it, files, name, accept, now) == 0) {
        it.varies = true; // the refusal, if nothing else
        refuse_with(&exchange->response, 406, &it);
        return;
    }
    if (obtain(&it, files, name, now) < 0 &&
        it.encoding != ENCODING_IDENTITY) { // a neighbour nobody may read
        it.encoding = ENCODING_IDENTITY;
        it.about = *original;
        obtain(&it, files, name, now);
    }
    if (it.cached || it.file >= 0) {
        describe(&it, name, now);
        send_file(exchange, &it, now);
    } else {
        refuse(exchange, status_of_error(errno));
    }
    if (it.file >= 0)
        close(it.file);
}

void files_answer(struct exchange *exchange, const struct files *files)
{
    const struct request *request = &exchange->request;
    if (strcmp(request->method, "GET") != 0 &&
        strcmp(request->method, "HEAD") != 0) {
        response_refuse_method(&exchange->response, "GET, HEAD");
        return;
    }
    char name[PATH_MAX];
    if (is_hidden(request->path) ||
        !name_file(request->path, files->index, name, sizeof name)) {
        refuse(exchange, 404);
        return;
    }
    struct stat about;
    if (beneath_stat(files->root, name, &about) < 0) {
        if (errno == ENOENT && ends_with_slash(request->path))
            answer_directory(exchange, files);
        else
            refuse(exchange, status_of_error(errno));
    } else if (S_ISREG(about.st_mode)) {
        answer_file(exchange, files, name, &about);
    } else if (!S_ISDIR(about.st_mode)) {
        refuse(exchange, 403);
    } else if (ends_with_slash(request->path)) {
        answer_directory(exchange, files); // its index is a directory
    } else {
        redirect_to_slash(exchange);
    }
}
