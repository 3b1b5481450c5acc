#!/bin/sh
# Lab 12.6 six-ways: all bury their dead; three learn how they died.
. "$(dirname "$0")/../lib.sh"

"$build/labs/$lab/six_ways" >"$lab_dir/table" || fail 'six_ways failed'
while IFS= read -r line; do
    seen "$line"
done <"$lab_dir/table"

# In the order of the table: who leaves none, and who knows all or nothing.
of_all_ways() {
    awk -v column="$1" 'NR > 1 { printf "%s ", $column }' "$lab_dir/table"
}
all_or_nothing() {
    [ "$(of_all_ways 1)" = '0 0 0 0 0 0 ' ] && [ "$(of_all_ways 2)" = \
        '100/100 0/100 0/100 0/100 100/100 100/100 ' ]
}
verdict 'no zombies in all six ways; all statuses in three, none in three' \
    all_or_nothing
