#!/bin/sh
# Lab 11.5 curve: how many visitors at a time does it take?
. "$(dirname "$0")/../lib.sh"

show scripts/curve.sh --tsv "$lab_dir/curve.tsv" 3b 3c

left() { # left STAGE AT: zombies
    awk -v stage="$1" -v at="$2" '$1 == stage && $2 == at { print $5 }' \
        "$lab_dir/curve.tsv"
}
rises_only_for_3b() {
    [ "$(left 3b 1)" -eq 0 ] && [ "$(left 3b 128)" -gt "$(left 3b 2)" ] &&
        awk '$1 == "3c" && $5 > 0 { exit 1 }' "$lab_dir/curve.tsv"
}
verdict '3b: none at one, many at many; 3c: none anywhere' rises_only_for_3b
