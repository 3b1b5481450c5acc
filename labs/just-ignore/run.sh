#!/bin/sh
# Lab 12.5 just-ignore: no zombies without a handler, and nobody knows a status.
. "$(dirname "$0")/../lib.sh"

start_twin 3c --quiet
ask_all hello.txt 200 40
left=$(zombies)
stop_stage
seen "the twin, after 200 requests: $left zombies"

show "$build/labs/$lab/just_ignore"

# told WHO STATUSES RESULT
told() {
    grep -q "^$1: $2 of 10 statuses, system(\"true\") is $3" "$lab_dir/said"
}
costs_the_statuses() {
    [ "$left" -eq 0 ] && told 'by default' 10 0 && told ignored 0 -1 &&
        told 'its heir' 0 -1
}
verdict 'no zombies, no statuses, and system() fails, also in heirs' \
    costs_the_statuses
