#!/bin/sh
# Lab 13.3 being-init: process 1 inherits every orphan, whoever it is.
. "$(dirname "$0")/../lib.sh"
. labs/as-init.sh

VISITORS=3

# dead_below NAME: how many dead children of that name process 1 has.
dead_below() {
    for pid in $(children_of "$init" Z); do
        cat "/proc/$pid/comm"
    done | grep -cx "$1"
}

nobody_lives() {
    has_children "$init" 0 '[^Z]'
}

# Each visitor calls a program that leaves an orphan, which ends soon.
# Sets orphans to how many of them lie dead below process 1, own to its other
# children.
leave_orphans() {
    start_stage_as_init "$1"
    for _ in $(seq $VISITORS); do
        call orphan >>"$lab_dir/said" || fail 'no answer'
    done
    wait_until 50 nobody_lives || fail 'an orphan lives on'
    orphans=$(dead_below sleep)
    own=$(($(count_children "$init") - orphans))
    dead=$(children_of "$init" Z)
    inside=$(status_field NSpid "$init" | cut -f 2)
    stop_init
    seen "$1 as process $inside: $orphans of $VISITORS orphans lie dead below" \
        "it, and $own of its own children"
}

# how_many PID...: are still in the process table.
how_many() {
    count=0
    for pid; do
        [ ! -e "/proc/$pid" ] || count=$((count + 1))
    done
    echo $count
}

leave_orphans 3a
orphans_3a=$orphans own_3a=$own
# shellcheck disable=SC2086 # a word each
left=$(how_many $dead)
seen "3a is killed, and with it process 1: $left of its dead are left"
leave_orphans 3c

only_who_waits_is_an_init() {
    [ "$inside" = 1 ] && [ "$orphans_3a" -eq "$VISITORS" ] &&
        [ "$own_3a" -eq "$VISITORS" ] && [ "$left" -eq 0 ] &&
        [ $((orphans + own)) -eq 0 ]
}
verdict '3a keeps dead it never started; 3c buries those too' \
    only_who_waits_is_an_init
