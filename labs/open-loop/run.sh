#!/bin/sh
# Lab 14.2 open-loop: who waits for an answer before asking again sees little.
. "$(dirname "$0")/../lib.sh"

REQUESTS=40 # of which most fall into a time in which the server stands still
GAP_S=0.05
STOP_AFTER=2
GO_ON_AFTER=33

# The server stands still after some requests, and goes on after more.
stand_still() {
    case $1 in
    "$STOP_AFTER") pause "$server" ;;
    "$GO_ON_AFTER") kill -CONT "$server" ;;
    esac
}

# middle_and_most FILE: the middle one and the longest, in ms.
middle_and_most() {
    sort -n "$1" | awk '{ t[NR] = $1 }
        END { printf "%d %d\n", t[int((NR + 1) / 2)], t[NR] }'
}

# One client, which asks again when it has its answer.
closed_loop() {
    "$build/flood" --json --quiet -n $REQUESTS -c 1 --timeout 60 \
        "localhost:$port/slow?ms=20" >"$lab_dir/tally" &
    asking=$!
    helpers=$asking
    for number in $(seq $REQUESTS); do
        stand_still "$number"
        sleep $GAP_S
    done
    await_helpers
    closed_median=$(json_field p50_ms "$lab_dir/tally")
    closed_max=$(json_field max_ms "$lab_dir/tally")
}

# Clients that come by the clock, whether the one before has its answer or not.
open_loop() {
    for number in $(seq $REQUESTS); do
        stand_still "$number"
        "$build/flood" --json --quiet -n 1 -c 1 --timeout 60 \
            "localhost:$port/slow?ms=20" >"$lab_dir/tally-$number" &
        helpers="$helpers $!"
        sleep $GAP_S
    done
    await_helpers
    for number in $(seq $REQUESTS); do
        json_field max_ms "$lab_dir/tally-$number"
    done >"$lab_dir/times"
    read -r open_median open_max <<END
$(middle_and_most "$lab_dir/times")
END
}

start_stage 3c --quiet
closed_loop
open_loop
seen "3c stands still for most of a time in which $REQUESTS clients would come"
seen "one after the other's answer: half within ${closed_median%.*} ms," \
    "the slowest ${closed_max%.*} ms"
seen "by the clock: half within $open_median ms, the slowest $open_max ms"

hides_it() {
    [ "${open_median%.*}" -gt $((4 * ${closed_median%.*})) ] &&
        [ "${closed_max%.*}" -gt $((4 * ${closed_median%.*})) ]
}
verdict 'the closed loop counts one slow answer, the open loop all of them' \
    hides_it
