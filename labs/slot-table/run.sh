#!/bin/sh
# Lab 16.3 slot-table: what slot.c decides in every state, asked of itself.
. "$(dirname "$0")/../lib.sh"

show "$build/labs/slot-table/slot_table"

# Ten lines, and wherever a timer rings something is done.
nobody_is_stuck() {
    [ "$(wc -l <"$lab_dir/said")" -eq 10 ] &&
        ! awk '$2 ~ /^[0-9]/ && $7 == "-"' "$lab_dir/said" | grep -q .
}
verdict 'whatever is waited for has a timer, and every timer an action' \
    nobody_is_stuck
