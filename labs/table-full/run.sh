#!/bin/sh
# Lab 10.4 table-full: zombies count; at the limit no more clients are served.
. "$(dirname "$0")/../lib.sh"
. labs/as-nobody.sh

LIMIT=60
CLIENTS=90

# Floods the stage and sets answered, failed, left and refusals.
fill_the_table() {
    start_limited $LIMIT "$(program_of "$1")" --quiet
    "$build/flood" --json --quiet -n $CLIENTS -c 5 \
        "localhost:$port/hello.txt" >"$lab_dir/tally"
    settle
    answered=$(json_field answered "$lab_dir/tally")
    failed=$(($(json_field reset "$lab_dir/tally") + \
        $(json_field closed_early "$lab_dir/tally")))
    left=$(zombies)
    refusals=$(grep -c 'fork: Resource temporarily unavailable' "$log")
    stop_stage
    seen "$1, $LIMIT processes allowed: $answered of $CLIENTS answered," \
        "$left zombies, fork failed $refusals times"
}

fill_the_table 3a
a_answered=$answered a_failed=$failed a_left=$left a_refusals=$refusals
fill_the_table 3c

full() {
    [ "$a_answered" -gt 0 ] && [ "$a_failed" -gt 0 ] &&
        [ $((a_answered + a_failed)) -eq "$CLIENTS" ] &&
        [ "$a_left" -eq "$a_answered" ] && [ "$a_left" -lt "$LIMIT" ] &&
        [ "$a_refusals" -eq "$a_failed" ] &&
        [ "$answered" -eq "$CLIENTS" ] && [ "$left" -eq 0 ]
}
verdict '3a answers until its zombies fill the limit; 3c answers all' full
