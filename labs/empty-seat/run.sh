#!/bin/sh
# Lab 15.7 empty-seat: a worker of 3d that dies is buried, and not replaced.
. "$(dirname "$0")/../lib.sh"

# kill_one LEFT: the first of the workers; wait until so many are left.
kill_one() {
    worker=$(children_of "$server" | head -n 1)
    kill -KILL "$worker"
    wait_until 50 has_children "$server" "$1" || fail 'it is not buried'
}

hello() {
    curl -s -m 5 "http://localhost:$port/hello.txt"
}

start_stage 3d --quiet --workers 4
await_workers 4
kill_one 3
seen "one of 4 workers is killed; the log: $(sed -n '$s/^[^ ]* //p' "$log")"
for _ in $(seq 20); do
    ask_calmly
done
left=$(count_children "$server" '[^Z]')
seen "20 requests later: $left workers, $(zombies) zombies"
kill_one 2
kill_one 1
one=$(hello)
seen "with one left: $one"
kill -KILL "$(children_of "$server")"
status=0
wait "$server" || status=$?
curl -s "http://localhost:$port/" || refused=$?
seen "with none: 3d ends with status $status; curl with $refused (refused)"
rm -f "$log"
server=

for_ever() {
    [ "$left" -eq 3 ] && [ "$one" = "$(cat www/hello.txt)" ] &&
        [ "$status" -eq 1 ] && [ "$refused" -eq 7 ]
}
verdict 'a place stays empty for ever, and the last one ends the server' \
    for_ever
