#!/bin/sh
# check.sh - does the script tell 1c from 3c, and soon enough?
. "$(dirname "$0")/../lib.sh"

observations='names-many names-one in-time'
script=$work/one-or-many.sh
TIMES=10

slowest=0 # ms
now_ms() {
    awk '{ printf "%d", $1 * 1000 }' /proc/uptime
}

# ask WORD: how often the script says it of the running stage.
ask() {
    right=0
    for _ in $(seq $TIMES); do
        began=$(now_ms)
        said=$(timeout 5 "$script" "localhost:$port" 2>"$dir/err")
        took=$(($(now_ms) - began))
        [ "$took" -le "$slowest" ] || slowest=$took
        [ "$said" != "$1" ] || right=$((right + 1))
    done
}

again 4.3 "make run-3c, and elsewhere: $script localhost:8080"
start_stage 3c --quiet --head-timeout 1
ask many
stop_graded
expect names-many "of $TIMES times it said \"many\" of 3c $right times" \
    [ "$right" -eq $TIMES ]

again 4.3 "make run-1c, and elsewhere: $script localhost:8080"
start_stage 1c --quiet --head-timeout 1
ask one
stop_graded
expect names-one "of $TIMES times it said \"one\" of 1c $right times" \
    [ "$right" -eq $TIMES ]
again 4.3 "make run-1c, and elsewhere: time $script localhost:8080"
expect in-time "it took $slowest ms" [ "$slowest" -lt 1000 ]
conclude
