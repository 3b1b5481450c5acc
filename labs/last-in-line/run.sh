#!/bin/sh
# Lab 16.7 last-in-line: who waits at the door when the server is told to stop.
. "$(dirname "$0")/../lib.sh"

WORKERS=4
WAITING=20

connections() {
    ss -Htn state established "sport = :$port" | wc -l
}

# Each worker has one who has read its page and stays, and nobody waits yet.
all_are_busy() {
    [ "$(connections)" -eq "$WORKERS" ] && has_queue 0
}

# stop_with_a_queue start_twin|start_stage: sets answered, reset and status.
stop_with_a_queue() {
    "$1" 3e --quiet --workers $WORKERS
    await_family
    come_and_stay $WORKERS --hold=2
    wait_until 50 all_are_busy || fail 'some workers are idle'
    "$build/flood" --json --quiet -n $WAITING -c $WAITING --timeout 20 \
        "127.0.0.1:$port/hello.txt" >"$lab_dir/flood" &
    helpers="$helpers $!"
    wait_until 50 has_queue $WAITING || fail "nobody waits: $(queue)"
    kill -TERM "$server"
    await_helpers
    status=0
    wait "$server" || status=$?
    server=
    rm -f "$log"
    answered=$(json_field answered "$lab_dir/flood")
    reset=$(json_field reset "$lab_dir/flood")
}

stop_with_a_queue start_twin
twin=$answered
seen "$WORKERS workers are busy, $WAITING clients wait, and TERM comes"
seen "twin: $answered are answered, $reset are reset; it ends with $status"
stop_with_a_queue start_stage
seen "3e: $answered are answered, $reset are reset; it ends with $status"

everyone_is_answered() {
    [ "$twin" -lt "$WAITING" ] && [ "$answered" -eq "$WAITING" ] &&
        [ "$reset" -eq 0 ] && [ "$status" -eq 0 ]
}
verdict 'who is in the queue is answered before it is closed' \
    everyone_is_answered
