#!/bin/sh
# Lab 15.2 shared-pages: what workers have in memory is mostly the same memory.
. "$(dirname "$0")/../lib.sh"
need python
[ -e "$build/wsgi.so" ] || skip "the kit was built without Python"

# sum_of NAME: of all workers, in kB (proc_pid_smaps: smaps_rollup).
sum_of() {
    for pid in $(children_of "$server"); do
        cat "/proc/$pid/smaps_rollup"
    done | awk -v name="$1:" '$1 == name { sum += $2 } END { print sum + 0 }'
}

# measure: sets resident and own.
measure() {
    resident=$(sum_of Rss)
    own=$(($(sum_of Private_Dirty) + $(sum_of Private_Clean)))
}

start_stage 3d --quiet --workers 32
await_workers 32
measure
stop_stage
seen "32 workers of 3d: $((resident / 32)) KiB resident each," \
    "$((own / 32)) KiB of it its own"
plain_resident=$resident plain_own=$own

start_python() {
    start_stage 3e --quiet --workers 4 --wsgi-path part2/wsgi \
        --wsgi /plain=plain:app "$@"
}
start_python
await_family
measure
stop_stage
after=$own
start_python --preload
await_family
measure
seen "4 workers with Python: loaded in each $((after / 4)) KiB of their own," \
    "before the fork $((own / 4)) KiB"

most_is_shared() {
    [ $((plain_own * 4)) -lt "$plain_resident" ] && [ $((own * 2)) -lt "$after" ]
}
verdict 'what is there before the fork is there once' most_is_shared
