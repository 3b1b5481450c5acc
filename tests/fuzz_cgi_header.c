/* fuzz_cgi_header.c - whatever a program writes, and however it is cut into
 * pieces, cgi_header_feed() gives one verdict, and what it calls sound can be
 * sent as it is.
 *
 * The first two bytes choose the cuts, the others are what the program
 * writes. `make fuzz` runs it. */
#include "common/rules.h"
#include "part2/cgi_header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHOICE_BYTES = 2, BLOCK_MAX = 2 * CGI_HEADER_BYTES };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A trap, not assert(): it must hold however this is compiled. */
static void must(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* --- What is promised of one header --- */

static void must_be_inside(const struct cgi_header *header, const char *text)
{
    must(text >= header->text);
    size_t start = (size_t)(text - header->text);
    must(start < header->used);
    must(memchr(text, '\0', header->used - start) != NULL);
}

/* These decide how an answer is read: never two of them. */
static bool comes_once(const char *name)
{
    return strcasecmp(name, "Content-Type") == 0 ||
           strcasecmp(name, "Content-Length") == 0 ||
           strcasecmp(name, "Location") == 0;
}

static size_t count(const struct cgi_header *header, const char *name)
{
    size_t found = 0;
    for (size_t i = 0; i < header->count; i++)
        found += strcasecmp(header->lines[i].name, name) == 0;
    return found;
}

static void check_line(const struct cgi_header *header,
                       const struct header *line)
{
    must_be_inside(header, line->name);
    must_be_inside(header, line->value);
    size_t len = strlen(line->value);
    must(rules_is_token(line->name, strlen(line->name)));
    must(rules_is_field_value(line->value, len));
    must(len == 0 || !strchr(" \t", line->value[0]));
    must(len == 0 || !strchr(" \t", line->value[len - 1]));
    must(strcasecmp(line->name, "Status") != 0);
    must(!comes_once(line->name) || count(header, line->name) == 1);
}

static void check_promises(const struct cgi_header *header)
{
    must(header->used <= sizeof header->text);
    must(header->count <= CGI_HEADER_LINES);
    must(!header->complete || !header->fault);
    if (!header->complete)
        return;
    must(header->status >= 200 && header->status <= 599);
    for (size_t i = 0; i < header->count; i++)
        check_line(header, &header->lines[i]);
    if (header->local)
        must(header->local[0] == '/' && header->count == 1 &&
             header->local == header->lines[0].value);
}

/* --- Two ways to feed --- */

/* Feed a copy that ends where its memory ends, and is gone afterwards. */
static size_t feed_copy(struct cgi_header *header, const uint8_t *bytes,
                        size_t len)
{
    char *copy = malloc(len ? len : 1);
    must(copy != NULL);
    memcpy(copy, bytes, len);
    size_t used = cgi_header_feed(header, copy, len);
    must(used <= len);
    must(used == len || header->complete || header->fault);
    memset(copy, 'x', len);
    free(copy);
    check_promises(header);
    return used;
}

static size_t feed_pieces(struct cgi_header *header, const uint8_t *bytes,
                          size_t len, unsigned choice)
{
    size_t used = 0;
    while (used < len && !header->complete && !header->fault) {
        choice = choice * 1103515245u + 12345u;
        size_t piece = choice >> 16 & 15; // none, one, or a few
        if (choice >> 24 & 1)
            piece *= 11;
        if (piece > len - used)
            piece = len - used;
        used += feed_copy(header, bytes + used, piece);
    }
    return used;
}

/* --- The same header by both? --- */

static void must_be_alike(const struct cgi_header *one,
                          const struct cgi_header *other)
{
    must(one->complete == other->complete);
    must(one->fault == other->fault);
    must(one->status == other->status);
    must(one->count == other->count);
    must(!one->local == !other->local);
    for (size_t i = 0; i < one->count; i++)
        must(strcmp(one->lines[i].name, other->lines[i].name) == 0 &&
             strcmp(one->lines[i].value, other->lines[i].value) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < CHOICE_BYTES || size > BLOCK_MAX)
        return 0;
    unsigned choice = data[0] * 256u + data[1];
    const uint8_t *bytes = data + CHOICE_BYTES;
    size_t len = size - CHOICE_BYTES;
    static struct cgi_header whole, pieces;
    whole = pieces = (struct cgi_header){0};
    size_t used = feed_copy(&whole, bytes, len);
    must(feed_pieces(&pieces, bytes, len, choice) == used);
    must_be_alike(&whole, &pieces);
    return 0;
}
