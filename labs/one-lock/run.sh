#!/bin/sh
# Lab 18.4 one-lock: two Python threads wait for each other, two processes not.
. "$(dirname "$0")/../lib.sh"

need python
python3 labs/one-lock/jobs.py >"$lab_dir/jobs" 2>"$lab_dir/why" ||
    skip "$(tail -n 1 "$lab_dir/why")"

awk -F '\t' -v row='%-10s %9s %11s %14s\n' '
    BEGIN { printf row, "seconds", "compute", "keep lock", "give it back" }
    { printf row, $1, $2, $3, $4 }' "$lab_dir/jobs" >"$lab_dir/table"
show cat "$lab_dir/table"

# How fast two jobs compute depends on who else does. That two threads never
# have more than a processor does not; nor what sleepers do, who need none.
# Each sleeps 0.4 s.
threads_share_a_lock() {
    awk -F '\t' '{ keep[$1] = $3; back[$1] = $4; processors[$1] = $5 }
        END { exit !(processors["threads"] < 1.2 &&
                     keep["threads"] >= 0.8 &&
                     keep["processes"] < 0.85 * keep["threads"] &&
                     back["threads"] < 0.85 * keep["threads"]) }' \
        "$lab_dir/jobs"
}
verdict 'who keeps the lock keeps all threads of it waiting, and no process' \
    threads_share_a_lock
