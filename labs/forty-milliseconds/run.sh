#!/bin/sh
# Lab 3.4 forty-milliseconds: two small writes wait for each other.
. "$(dirname "$0")/../lib.sh"

mkdir "$lab_dir/root"
head -c 20000 /dev/zero >"$lab_dir/root/page" # head and file: two writes

# The median of 30 answers on one connection, in microseconds.
median_us() { # PATH
    "$build/flood" --json --quiet --keep -n 30 -c 1 "localhost:$port$1" |
        json_field p50_ms | awk '{ printf "%d\n", $1 * 1000 }'
}

in_ms() {
    awk -v us="$1" 'BEGIN { printf "%.2f ms", us / 1000 }'
}

start_twin 1c --quiet --root "$lab_dir/root"
two=$(median_us /page)
one=$(median_us '/slow?ms=0')
stop_stage
start_stage 1c --quiet --root "$lab_dir/root"
no_delay=$(median_us /page)
stop_stage
seen "twin, head and file in two writes:  $(in_ms "$two")"
seen "twin, all of it in one write:       $(in_ms "$one")"
seen "1c (TCP_NODELAY), in two writes:    $(in_ms "$no_delay")"

ten_times_slower() {
    [ "$two" -gt 30000 ] && [ "$two" -gt $((10 * one)) ] &&
        [ "$two" -gt $((10 * no_delay)) ]
}
verdict 'the twin needs more than ten times as long, for two writes only' \
    ten_times_slower
