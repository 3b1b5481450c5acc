#!/bin/sh
# Lab 9.1 at-once: two slow pages at a time; a child each makes them overlap.
. "$(dirname "$0")/../lib.sh"

WAIT_MS=400 # what one page takes

# The time in ms until both of two clients, come together, have their page.
both_answered_by() {
    start_stage "$1" --quiet
    page="http://localhost:$port/slow?ms=$WAIT_MS"
    curl -s -Z --parallel-immediate -H 'Connection: close' \
        -o "$lab_dir/1" -o "$lab_dir/2" -w '%{time_total}\n' "$page" "$page" \
        2>/dev/null |
        awk '$1 > longest { longest = $1 } END { printf "%d", longest * 1000 }'
    stop_stage
}

in_line=$(both_answered_by 1c)
at_once=$(both_answered_by 3a)
seen "1c: a page takes $WAIT_MS ms; two clients have theirs after $in_line ms"
seen "3a: the same after $at_once ms"

overlap() {
    [ "$in_line" -ge $((2 * WAIT_MS)) ] && [ "$at_once" -ge "$WAIT_MS" ] &&
        [ "$at_once" -lt $((2 * WAIT_MS)) ]
}
verdict '1c makes them wait for two pages, 3a for one' overlap
