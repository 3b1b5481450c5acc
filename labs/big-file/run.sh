#!/bin/sh
# Lab 18.3 big-file: a reader of all of it keeps all of it, in each worker.
. "$(dirname "$0")/../lib.sh"

READERS=4
MIB=32

all_are_ready() {
    grep -q "ready, with $READERS workers" "$log"
}

# Each has received the head and something more.
all_have_some() {
    [ "$(find "$lab_dir" -name 'got.*' -size +0 | wc -l)" -eq "$READERS" ]
}

# The private memory of each worker, in KiB, least first.
private_kib() {
    for pid in $(children_of "$server"); do
        awk '/^Private/ { sum += $2 } END { print sum }' \
            "/proc/$pid/smaps_rollup"
    done | sort -n
}

all_are_small() {
    [ "$(private_kib | tail -n 1)" -lt 4096 ]
}

# serve TITLE PATH: slow readers of PATH, one a worker. Sets least and most,
# the private memory of a worker meanwhile.
serve() {
    start_stage 3e --quiet --workers $READERS --max-workers $READERS \
        --root "$lab_dir" --min-rate 0 \
        --app "/whole=$build/labs/big-file/whole_app.so" \
        --app "/pieces=$build/labs/big-file/pieces_app.so"
    wait_until 200 all_are_ready || fail 'not all workers came'
    for reader in $(seq $READERS); do
        curl -s --limit-rate 64k --max-time 60 -o "$lab_dir/got.$reader" \
            "http://127.0.0.1:$port$2" &
        helpers="$helpers $!"
    done
    wait_until 200 all_have_some || fail 'not all readers were served'
    least=$(private_kib | head -n 1)
    most=$(private_kib | tail -n 1)
    seen "$(printf '%-25s %6d to %6d KiB in each of %d workers' \
        "$1:" "$least" "$most" $READERS)"
    end_helpers
    rm -f "$lab_dir"/got.*
}

export BIG_FILE="$lab_dir/big.bin"
truncate -s ${MIB}M "$BIG_FILE"
serve 'read all, then send' /whole
whole=$least
wait_until 200 all_are_small && given_back=yes || given_back=no
stop_stage
serve 'send while reading' /pieces
pieces=$most
stop_stage
serve 'a file, by the kernel' /big.bin
file=$most
seen "given back when the readers have left: $given_back"

reading_all_costs_all() {
    [ "$whole" -gt $((30 * 1024)) ] && [ "$pieces" -lt 1024 ] &&
        [ "$file" -lt 1024 ] && [ "$given_back" = yes ]
}
verdict "$MIB MiB in each worker that reads all, under one in the others" \
    reading_all_costs_all
