/* fuzz_request.c - whatever a client sends, and however it is cut into
 * pieces, request_feed() gives one verdict and keeps its promises.
 *
 * The first two bytes choose the cuts, the others are what the client sends:
 * up to a few requests in a row. `make fuzz` runs it. */
#include "common/request.h"

#include <stdlib.h>
#include <string.h>

enum { CHOICE_BYTES = 2, REQUESTS_MAX = 8, BLOCK_MAX = 65536 };

/* Small, so that small inputs reach them. */
static const struct limits limits = {
    .target_bytes = 256, .head_bytes = 1024, .body_bytes = 512};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A trap, not assert(): it must hold however this is compiled. */
static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* --- What is promised of one request --- */

static void must_be_inside_head(const struct request *request, const char *text)
{
    must(text >= request->head);
    size_t start = (size_t)(text - request->head);
    must(start < request->head_len);
    must(memchr(text, '\0', request->head_len - start) != NULL);
}

static void check_header(const struct request *request,
                         const struct header *header)
{
    must_be_inside_head(request, header->name);
    size_t len = strlen(header->value);
    if (len > 0)
        must_be_inside_head(request, header->value);
    must(rules_is_token(header->name, strlen(header->name)));
    must(rules_is_field_value(header->value, len));
    must(len == 0 || !strchr(" \t", header->value[0]));
    must(len == 0 || !strchr(" \t", header->value[len - 1]));
    must(request_header(request, header->name) != NULL);
}

static void check_head(const struct request *request)
{
    must(rules_is_token(request->method, strlen(request->method)));
    must_be_inside_head(request, request->target);
    must(strlen(request->target) <= limits.target_bytes);
    must(request->path[0] == '/' || request->path[0] == '\0');
    must(strlen(request->path) <= strlen(request->target) + 1);
    if (request->query)
        must_be_inside_head(request, request->query);
    must(request->minor >= 0 && request->minor <= 9);
    must(request->header_count <= REQUEST_HEADERS_MAX);
    must(request->minor == 0 || request_header(request, "Host"));
    for (size_t i = 0; i < request->header_count; i++)
        check_header(request, &request->headers[i]);
}

static bool is_known(int status)
{
    return status == 0 || status == 400 || status == 413 || status == 414 ||
           status == 417 || status == 431 || status == 501 || status == 505;
}

static void check_promises(const struct request *request, int status)
{
    must(is_known(status));
    must(request->body.len <= limits.body_bytes);
    must(!request->complete || request->head_complete);
    must(!request->complete || status == 0);
    if (status == 0 && request->head_complete)
        check_head(request);
}

/* --- Two ways to feed --- */

struct verdict {
    int status;
    size_t used;
};

/* Feed a copy that ends where its memory ends, and is gone afterwards. */
static int feed_copy(struct request *request, const uint8_t *bytes, size_t len)
{
    char *copy = malloc(len ? len : 1);
    must(copy != NULL);
    memcpy(copy, bytes, len);
    int status = request_feed(request, copy, len);
    must(request->used <= len);
    memset(copy, 'x', len);
    free(copy);
    return status;
}

static struct verdict feed_whole(struct request *request, const uint8_t *bytes,
                                 size_t len)
{
    int status = feed_copy(request, bytes, len);
    return (struct verdict){status, request->used};
}

static struct verdict feed_pieces(struct request *request, const uint8_t *bytes,
                                  size_t len, unsigned choice)
{
    struct verdict verdict = {0, 0};
    while (verdict.used < len && verdict.status == 0 && !request->complete) {
        choice = choice * 1103515245u + 12345u;
        size_t piece = choice >> 16 & 15; // none, one, or a few
        if (choice >> 24 & 1)
            piece *= 11;
        if (piece > len - verdict.used)
            piece = len - verdict.used;
        verdict.status = feed_copy(request, bytes + verdict.used, piece);
        check_promises(request, verdict.status);
        must(verdict.status || request->complete || request->used == piece);
        verdict.used += request->used;
    }
    return verdict;
}

/* --- The same request by both? --- */

static bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

static void must_be_alike(const struct request *one,
                          const struct request *other)
{
    must(one->head_complete == other->head_complete);
    must(one->complete == other->complete);
    must(same_text(one->method, other->method));
    must(same_text(one->target, other->target));
    must(same_text(one->local, other->local));
    must(same_text(one->path, other->path));
    must(same_text(one->query, other->query));
    must(one->minor == other->minor);
    must(one->keep_alive == other->keep_alive);
    must(one->expects_continue == other->expects_continue);
    must(one->header_count == other->header_count);
    for (size_t i = 0; i < one->header_count; i++)
        must(same_text(one->headers[i].name, other->headers[i].name) &&
             same_text(one->headers[i].value, other->headers[i].value));
    char bodies[2][512];
    ssize_t len = body_read(&one->body, bodies[0], sizeof bodies[0], 0);
    must(one->body.len == (size_t)len && other->body.len == (size_t)len);
    must(body_read(&other->body, bodies[1], sizeof bodies[1], 0) == len);
    must(memcmp(bodies[0], bodies[1], (size_t)len) == 0);
}

/* What came as a target is good enough for a redirect, and means the same. */
static void redirect_to_itself(struct request *one, const struct request *other)
{
    if (one->target[0] != '/')
        return;
    must(request_redirect(one, one->target) == 0);
    must(same_text(one->local, other->local));
    must(same_text(one->path, other->path));
    must(same_text(one->query, other->query));
    must(one->body.len == 0);
}

/* Feed one request both ways. Returns how much of it the request took, 0 if
 * nothing can follow. */
static size_t feed_both(struct request *whole, struct request *pieces,
                        const uint8_t *bytes, size_t len, unsigned choice)
{
    struct verdict one = feed_whole(whole, bytes, len);
    check_promises(whole, one.status);
    struct verdict other = feed_pieces(pieces, bytes, len, choice);
    must(one.status == other.status);
    if (one.status)
        return 0;
    must(one.used == other.used);
    must(whole->complete || one.used == len);
    must_be_alike(whole, pieces);
    if (whole->complete)
        redirect_to_itself(whole, pieces);
    return whole->complete ? one.used : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES || size > BLOCK_MAX)
        return 0;
    unsigned choice = data[0] * 256u + data[1];
    const uint8_t *bytes = data + CHOICE_BYTES;
    size_t len = size - CHOICE_BYTES;
    static struct request whole, pieces;
    must(request_open(&whole, &limits) == 0);
    must(request_open(&pieces, &limits) == 0);
    for (int i = 0; i < REQUESTS_MAX && len > 0; i++) {
        size_t used = feed_both(&whole, &pieces, bytes, len, choice);
        if (used == 0)
            break;
        bytes += used;
        len -= used;
        request_reset(&whole);
        request_reset(&pieces);
    }
    request_close(&whole);
    request_close(&pieces);
    return 0;
}
