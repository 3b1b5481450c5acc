#!/bin/sh
# Lab 12.6 six-ways: all bury their dead; three learn how they died.
. "$(dirname "$0")/../lib.sh"

show "$build/labs/$lab/six_ways"

# In the order of the table: who leaves none, and who knows all or nothing.
of_all_ways() {
    awk -v column="$1" 'NR > 1 { printf "%s ", $column }' "$lab_dir/said"
}
all_or_nothing() {
    [ "$(of_all_ways 1)" = '0 0 0 0 0 0 ' ] && [ "$(of_all_ways 2)" = \
        '100/100 0/100 0/100 0/100 100/100 100/100 ' ]
}
verdict 'no zombies in all six ways; all statuses in three, none in three' \
    all_or_nothing
