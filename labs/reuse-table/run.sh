#!/bin/sh
# Lab 5.2 reuse-table: both runs must have SO_REUSEADDR.
. "$(dirname "$0")/../lib.sh"

bound=
for first in set unset; do
    for second in set unset; do
        if scripts/reuse.sh $first $second >"$lab_dir/said" 2>&1; then
            bound="$bound $first/$second"
        elif ! grep -q 'Address already in use' "$lab_dir/said"; then
            fail "$(cat "$lab_dir/said")"
        fi
        seen "$(cat "$lab_dir/said")"
    done
done

only_both() {
    [ "$bound" = ' set/set' ]
}
verdict 'it listens only if both of them had set the option' only_both
