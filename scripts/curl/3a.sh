#!/bin/sh
# 3a.sh - a child for every client; nobody waits for it.
. "$(dirname "$0")/lib.sh"

try 'as 1c: files, HEAD, keep-alive' \
    curl -i "$site/hello.txt"
if [ -n "$server" ]; then # else it is yours: scripts/zombies PID counts
    for _ in 1 2 3 4 5 6 7 8; do
        wait_until 50 is_settled || fail 'a child does not end'
        curl -s -o /dev/null "$site/hello.txt"
    done
    wait_until 50 is_settled || fail 'a child does not end'
    try 'every request so far left one' \
        scripts/zombies "$server"
fi
try 'two slow pages at once: both take 0.5 s, a child for each' \
    curl --parallel --parallel-immediate --parallel-max 2 \
    -H 'Connection: close' -w '%{time_total} s\n' "$site/slow?ms=500" "$site/slow?ms=500"
try 'a zombie for every request' \
    scripts/curl/burst.sh 3a
try 'stopped while 8 die: all 8 stay' \
    scripts/freeze.sh 3a 8
