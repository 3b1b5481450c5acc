#!/bin/sh
# Lab 9.3 many-logs: fork copies what printf still keeps; exit writes it out.
. "$(dirname "$0")/../lib.sh"

ten_visitors() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        curl -s "http://localhost:$port/hello.txt" >/dev/null
    done
    wait_until 50 has_children "$server" 10 Z || fail 'ten children never ended'
}

# printf and exit
start_twin 3a --quiet >"$lab_dir/said"
ten_visitors
stop_stage
by_printf=$(wc -l <"$lab_dir/said")
first=$(grep -cx 'client 1' "$lab_dir/said")
last=$(grep -cx 'client 10' "$lab_dir/said")
seen "the twin's file after ten visitors: $by_printf lines"
seen "'client 1' stands there $first times, 'client 10' $last time"

# write and _exit
start_stage 3a
ten_visitors
by_write=$(grep -c hello.txt "$log")
stop_stage
seen "3a's log after ten visitors: $by_write lines about them"

each_child_says_all() {
    [ "$by_printf" -eq $((10 * 11 / 2)) ] && [ "$first" -eq 10 ] &&
        [ "$last" -eq 1 ] && [ "$by_write" -eq 10 ]
}
verdict 'the n-th child of the twin writes n lines, of 3a one' \
    each_child_says_all
