#!/bin/sh
# 3c.sh - every SIGCHLD empties the graveyard.
. "$(dirname "$0")/lib.sh"

try 'as 1c: files, HEAD, keep-alive' \
    curl -i "$site/hello.txt"
try 'two slow pages at once: both take 0.5 s, a child for each' \
    curl --parallel --parallel-immediate --parallel-max 2 \
    -H 'Connection: close' -w '%{time_total} s\n' "$site/slow?ms=500" "$site/slow?ms=500"

[ -n "$server" ] || exit 0 # it is yours: scripts/zombies PID counts them
for _ in 1 2 3 4 5 6 7 8; do
    curl -s -o /dev/null "$site/hello.txt"
    wait_until 50 is_settled || fail 'its child does not end'
done
try 'one at a time: no zombie' \
    scripts/zombies "$server"
try 'a burst: none' \
    scripts/curl/burst.sh 3c
try 'stopped while 8 die: one signal, one loop, none stays' \
    scripts/freeze.sh 3c 8
