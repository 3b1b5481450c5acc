#!/bin/sh
# Lab 11.2 interrupted: without SA_RESTART the first death ends accept.
. "$(dirname "$0")/../lib.sh"

start_twin 3b --quiet
curl -s "http://localhost:$port/hello.txt" >/dev/null || true
wait_until 50 grep -q 'accept' "$log" || true
seen "the twin says: $(sed -n 's/^[^ ]* //; /accept/p' "$log")"
interrupted=$(grep -c 'accept: Interrupted system call' "$log" || true)
stop_stage

start_stage 3b --quiet
for _ in 1 2 3; do
    curl -s "http://localhost:$port/hello.txt" >/dev/null
done
answered=$(curl -s "http://localhost:$port/hello.txt")
seen "3b, after four requests: $answered"

ended_once() {
    [ "$interrupted" -eq 1 ] && [ -n "$answered" ]
}
verdict 'the twin is ended by its first dead child, 3b is not' ended_once
