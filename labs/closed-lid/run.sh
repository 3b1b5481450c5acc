#!/bin/sh
# Lab 16.3 closed-lid: a family that was stopped as a whole has lost no time.
. "$(dirname "$0")/../lib.sh"

BEAT_S=2
STOPPED_S=3

counted() {
    curl -s -m 20 "http://localhost:$port/status.json" |
        sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# stop_all_of NAME start_twin|start_stage: a family, and then all of it.
stop_all_of() {
    "$2" 3e --quiet --workers 4 --beat-timeout $BEAT_S
    await_family
    helpers="$helpers $server"
    workers=$(children_of "$server")
    echo "$server" "$port" "$log" >"$lab_dir/$1"
    echo "$workers" >"$lab_dir/$1.workers"
    for pid in $server $workers; do
        pause "$pid"
    done
    server=
}

is_whole() {
    [ "$(counted up)" = 4 ]
}

# let_go_on NAME: the supervisor is the first, and sees the others stopped. Sets
# suspected and died.
let_go_on() {
    read -r server port log <"$lab_dir/$1"
    kill -CONT "$server"
    wait_until 50 is_calm || fail 'the supervisor does not go on'
    # shellcheck disable=SC2046 # words; some may be dead
    kill -CONT $(cat "$lab_dir/$1.workers") 2>/dev/null || true
    wait_until 100 is_whole || fail 'the workers do not come back'
    suspected=$(grep -c 'suspect: no heart-beat' "$log")
    died=$(counted died)
    rm -f "$log"
    server=
}

stop_all_of twin start_twin
stop_all_of 3e start_stage
sleep $STOPPED_S # as long as the lid is closed
let_go_on twin
twin_died=$died twin_suspected=$suspected
let_go_on 3e
seen "4 workers and their supervisor are stopped for $STOPPED_S s;" \
    "a beat may take $BEAT_S s"
seen "twin: $twin_suspected are suspected, $twin_died die;" \
    "3e: $suspected are suspected, $died die"

nobody_is_late() {
    [ "$twin_died" -eq 4 ] && [ "$twin_suspected" -eq 4 ] &&
        [ "$died" -eq 0 ] && [ "$suspected" -eq 0 ]
}
verdict 'the twin suspects all of its workers, 3e nobody' nobody_is_late
