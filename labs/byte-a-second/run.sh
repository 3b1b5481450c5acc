#!/bin/sh
# Lab 6.2 byte-a-second: one deadline for the whole head, however it drips.
. "$(dirname "$0")/../lib.sh"

# A byte each 20 ms, so the head would take about 2 s.
drip() {
    "$build/flood" --json --quiet -n 1 -c 1 --drip --gap 20 --timeout 20 \
        "localhost:$port/hello.txt" >"$lab_dir/told"
    ms=$(json_field max_ms "$lab_dir/told")
    ms=${ms%.*}
    ok=$(json_field status_2xx "$lab_dir/told")
    refused=$(json_field status_4xx "$lab_dir/told")
}

start_stage 1b --quiet
drip
whole_ms=$ms whole_ok=$ok
stop_stage
seen "1b, which has no deadline, listens to it for $ms ms and answers"
start_stage 1c --quiet --head-timeout 0.4
drip
stop_stage
seen "1c, with a deadline of 400 ms, answers 408 after $ms ms"

at_the_deadline() {
    [ "$whole_ok" -eq 1 ] && [ "$refused" -eq 1 ] && [ "$ok" -eq 0 ] &&
        [ "$ms" -ge 300 ] && [ "$ms" -lt "$whole_ms" ]
}
verdict 'a byte now and then does not renew the deadline' at_the_deadline
