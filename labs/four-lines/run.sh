#!/bin/sh
# Lab 14.1 four-lines: the same flood for four designs, and what each leaves.
. "$(dirname "$0")/../lib.sh"

show scripts/over-time.sh --ms 100 --dir "$lab_dir" 3a 3b 3c 3d

# numbers ROW: what stands in it, a line each.
numbers() {
    sed -n "s/^$1 *//p" "$lab_dir/said" | tr -s ' ' '\n'
}

shapes() {
    [ "$(numbers 3a)" = "$(numbers answers)" ] &&
        numbers 3b | sort -nc 2>/dev/null &&
        [ "$(numbers 3b | tail -n 1)" -gt 0 ] &&
        [ "$(numbers 3c | sort -u)" = 0 ] && [ "$(numbers 3d | sort -u)" = 0 ]
}
verdict '3a a staircase, 3b never falls, 3c and 3d come back to none' shapes
