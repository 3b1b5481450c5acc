#!/bin/sh
# Lab 4.3 phone-queue: the kernel answers the phone, whoever may be served.
. "$(dirname "$0")/../lib.sh"

# Two tests of "can it serve four clients at a time?"; each counts answers.
of_four() { # FLOOD-OPTION...
    "$build/flood" --json --quiet -n 4 -c 4 --timeout 0.7 "$@" \
        "localhost:$port/hello.txt" | json_field answered
}

test_both() { # STAGE
    start_stage "$1" --quiet --head-timeout 5
    naive=$(of_four)
    strict=$(of_four --together)
    stop_stage
    seen "$1: four come at once: $naive answered;" \
        "the last to come speaks first: $strict answered"
}

test_both 1c
one_naive=$naive one_strict=$strict
test_both 3c

told_apart() {
    [ "$one_naive" -eq 4 ] && [ "$one_strict" -lt 4 ] &&
        [ "$naive" -eq 4 ] && [ "$strict" -eq 4 ]
}
verdict '1c passes the first test and fails the second; 3c passes both' \
    told_apart
