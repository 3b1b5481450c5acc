#!/bin/sh
# Lab 11.1 all-well: one request at a time, and one wait per signal is enough.
. "$(dirname "$0")/../lib.sh"

start_stage 3b --quiet
answered=0
for _ in $(seq 50); do
    curl -s "http://localhost:$port/hello.txt" >/dev/null &&
        answered=$((answered + 1))
    # The next one comes only after this child has ended.
    settle
done
left=$(zombies)
seen "3b answered $answered requests, each after the death of the child before"
seen "it has $left zombies"

all_well() {
    [ "$answered" -eq 50 ] && [ "$left" -eq 0 ]
}
verdict 'a test that does one thing at a time finds nothing wrong' all_well
