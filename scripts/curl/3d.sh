#!/bin/sh
# 3d.sh - workers made beforehand; whoever dies is missed.
stage_options='--workers 2'
. "$(dirname "$0")/lib.sh"

try 'as 3c, but who answers was there before you came' \
    curl -i "$site/hello.txt"
try 'two slow pages at once: both take 0.5 s, a worker for each' \
    curl --parallel --parallel-immediate --parallel-max 2 \
    -H 'Connection: close' -w '%{time_total} s\n' \
    "$site/slow?ms=500" "$site/slow?ms=500"
if [ -n "$server" ]; then # else they are yours to kill
    await_workers 2
    try 'one of the two is killed' \
        kill -9 "$(children_of "$server" | head -n 1)"
    wait_until 50 has_children "$server" 1
    try 'it is buried' \
        scripts/zombies "$server"
    try 'and not replaced' \
        tail -n 1 "$log"
    try 'the other one answers, alone' \
        curl "$site/hello.txt"
fi
