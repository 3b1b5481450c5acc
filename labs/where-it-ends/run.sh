#!/bin/sh
# Lab 3.2 where-it-ends: by its length, by closing, by a lie, or never.
. "$(dirname "$0")/../lib.sh"

# The patch adds: /none tells no length, /wrong 100 too many, and what ends in
# /open is left connected.
ask() { # PATH
    curl -sv -m 0.7 -o /dev/null "http://localhost:$port$1" \
        2>"$lab_dir/said"
    ended=$?
    line=$(grep -iE 'assume close|bytes remaining|timed out|left intact' \
        "$lab_dir/said" | head -n 1 | tr -d '\r' | sed 's/^\* *//')
    printf '  %-22s curl %2d: %s\n' "$2" $ended "$line"
}

start_twin 1b --quiet
ask /right 'length, then closed'
right=$ended
ask /right/open 'length, left open'
right_open=$ended
ask /none 'no length, closed'
none=$ended
ask /none/open 'no length, left open'
none_open=$ended
ask /wrong 'wrong length, closed'

# curl: 18 is a part of a body only, 28 its own time limit.
as_told() {
    [ "$right" -eq 0 ] && [ "$right_open" -eq 0 ] && [ "$none" -eq 0 ] &&
        [ "$none_open" -eq 28 ] && [ "$ended" -eq 18 ]
}
verdict 'a length ends it; closing ends it; without either curl waits' as_told
