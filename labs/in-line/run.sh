#!/bin/sh
# Lab 4.1 in-line: one slow page, and everyone waits.
. "$(dirname "$0")/../lib.sh"

WAIT_MS=500 # what one page takes

start_stage 1c --quiet
page="http://localhost:$port/slow?ms=$WAIT_MS"
curl -s -Z --parallel-immediate -H 'Connection: close' -w '%{time_total}\n' \
    -o "$lab_dir/1" -o "$lab_dir/2" "$page" "$page" 2>/dev/null |
    sort -n | awk '{ printf "%d\n", $1 * 1000 }' >"$lab_dir/both"
stop_stage
first=$(sed -n 1p "$lab_dir/both")
second=$(sed -n 2p "$lab_dir/both")
seen "a page takes $WAIT_MS ms; two who ask at once have theirs after" \
    "$first and $second ms"

one_after_the_other() {
    [ "$first" -ge "$WAIT_MS" ] && [ "$second" -ge $((2 * WAIT_MS - 100)) ]
}
verdict 'the second waits for the page of the first, and then for its own' \
    one_after_the_other
