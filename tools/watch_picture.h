/* watch_picture.h - a family as a picture of plain characters.
 *
 * A process is a line. Its trace moves from right to left, a column every
 * PICTURE_COLUMN_MS: `/\` when it has run since the last column, `_` when it
 * has not. Whoever is dead stays flat. No escape codes are needed to read it.
 *
 * Knows nothing of terminals and makes no system calls. */
#ifndef WATCH_PICTURE_H
#define WATCH_PICTURE_H

#include "family.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    PICTURE_COLUMN_MS = 100,
    PICTURE_BURIED_MS = 1200, // how long "+ buried" stays
    PICTURE_TRACE = 256,      // columns remembered for a line
    PICTURE_HISTORY = 600,    // columns remembered for the plot: 60 s
};

/* The oldest column comes first; a space is a time before it was born. */
struct trace {
    char columns[PICTURE_TRACE];
    bool owed; // ran while the last beat was still being drawn
};

struct line {
    struct process process;
    struct trace trace;
    uint64_t drawn_switches; // as they were at the last column
    uint64_t drawn_cpu_ticks;
    bool newborn; // not yet in any column
    int64_t left; // when it left the family, or UNKNOWN
    pid_t adopted_by;
};

struct picture {
    struct line *lines; // by pid
    size_t count;
    size_t room;
    int history[PICTURE_HISTORY]; // most zombies in each; UNKNOWN: before us
    int most;                     // since the last column
    int64_t next_column;
    bool began;
};

/* Start with an empty picture. */
void picture_begin(struct picture *picture);

/* Free what the picture holds. */
void picture_end(struct picture *picture);

/* Take in a family that has just been read. Draws nothing. */
void picture_see(struct picture *picture, const struct family *family,
                 int64_t now);

/* Write the picture: at most `height` lines of at most `width` columns, each
 * ended by a newline; 5 lines are the least. With `colour`, ANSI colours set
 * lines off; they take no columns and say nothing that the text does not. */
void picture_draw(const struct picture *picture, const struct family *family,
                  int width, int height, bool colour, FILE *out);

/* Add a column. A beat takes two and is followed by at least one of rest. */
void trace_grow(struct trace *trace, bool ran);

/* A round number, not below `most`, for the top of a scale that has a middle:
 * 4, 6, 8, 10, 20, 30, 40, 60, 80, 100, 200 ... */
int scale_top(int most);

#endif
