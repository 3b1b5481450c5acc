#!/bin/sh
# Lab 3.5 like-a-browser: one visitor is more than one connection.
. "$(dirname "$0")/../lib.sh"

DEADLINE_MS=800 # for a connection that says nothing

# How long the page took, of what the script prints.
visit() { # STAGE
    start_stage "$1" --quiet --head-timeout 0.8
    scripts/like-a-browser "localhost:$port/hello.txt" >"$lab_dir/told" ||
        fail "$(cat "$lab_dir/told")"
    stop_stage
    took=$(sed -n 's/^the page: .* after \([0-9]*\) ms$/\1/p' "$lab_dir/told")
    seen "$1: the page came after $took ms, the rest:" \
        "$(sed -n 's/^.*: \([0-9]*\) after.*/\1/p' "$lab_dir/told" |
            sed 1d | tr '\n' ' ')"
}

visit 1c
one=$took
visit 3c

stands_still() {
    [ "$one" -ge $((DEADLINE_MS - 300)) ] && [ "$took" -lt "$one" ] &&
        [ "$took" -lt $((DEADLINE_MS - 300)) ]
}
verdict '1c stands still until the silent one is closed; 3c does not' \
    stands_still
