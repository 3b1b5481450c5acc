#!/bin/sh
# Lab 6.4 half-closed: the end of its input is not the client's goodbye.
. "$(dirname "$0")/../lib.sh"

BYTES=200000000 # so that the server has to wait for the reader
mkdir "$lab_dir/root"
truncate -s $BYTES "$lab_dir/root/big"

# It has said all it has to say, closes that side, and reads.
fetch() {
    "$build/flood" --json --quiet --half-close -n 1 -c 1 "localhost:$port/big" \
        >"$lab_dir/told"
    arrived=$(json_field body_bytes "$lab_dir/told")
    stop_stage
}

start_twin 1c --quiet --root "$lab_dir/root"
fetch
twin_arrived=$arrived
seen "twin: $arrived of $BYTES bytes arrive"
start_stage 1c --quiet --root "$lab_dir/root"
fetch
seen "1c:   $arrived of $BYTES bytes arrive"

every_byte() {
    [ "$twin_arrived" -lt "$BYTES" ] && [ "$arrived" -eq "$BYTES" ]
}
verdict 'the twin takes the end of input for a goodbye; 1c sends every byte' \
    every_byte
