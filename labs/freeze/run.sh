#!/bin/sh
# Lab 11.4 freeze: however many die while the parent is stopped, one signal.
. "$(dirname "$0")/../lib.sh"

left_by() {
    scripts/freeze.sh "$1" "$2" | sed -n 's/.*goes on: \([0-9]*\) zombies/\1/p'
}

three=$(left_by 3b 3)
eight=$(left_by 3b 8)
looped=$(left_by 3c 8)
seen "3b, 3 die: $three zombies; 8 die: $eight zombies"
seen "3c, 8 die: $looped zombies"

all_but_one() {
    [ "$three" -eq 2 ] && [ "$eight" -eq 7 ] && [ "$looped" -eq 0 ]
}
verdict 'one wait per signal leaves n-1 of n, the loop leaves none' all_but_one
