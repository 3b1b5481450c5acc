#!/bin/sh
# 3c.sh - every SIGCHLD empties the graveyard.
. "$(dirname "$0")/lib.sh"

try 'as 1c: files, HEAD, keep-alive' \
    curl -i "$site/hello.txt"
if [ -n "$server" ]; then # else it is yours: scripts/zombies PID counts
    for _ in 1 2 3 4 5 6 7 8; do
        wait_until 50 is_settled || fail 'a child does not end'
        curl -s -o /dev/null "$site/hello.txt"
    done
    wait_until 50 is_settled || fail 'a child does not end'
    try 'one at a time: no zombie' \
        scripts/zombies "$server"
fi
try 'two slow pages at once: both take 0.5 s, a child for each' \
    curl --parallel --parallel-immediate --parallel-max 2 \
    -H 'Connection: close' -w '%{time_total} s\n' "$site/slow?ms=500" "$site/slow?ms=500"
try 'a burst: none' \
    scripts/curl/burst.sh 3c
try 'stopped while 8 die: one signal, one loop, none stays' \
    scripts/freeze.sh 3c 8
