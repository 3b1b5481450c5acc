#!/bin/sh
# Lab 15.3 herd: who waits in poll is woken for every client, and all others too.
. "$(dirname "$0")/../lib.sh"
rounds=10

# "FILE TIMES" lines: how often each worker has gone to sleep so far.
sleeps() {
    # shellcheck disable=SC2086 # one word a worker
    awk '/^voluntary/ { print FILENAME, $2 }' $files
}

# How many workers ran for a client, over all rounds.
count_runs() {
    files=$(children_of "$server" | sed 's|.*|/proc/&/status|' | sort)
    for _ in $(seq $rounds); do
        sleeps >"$lab_dir/before"
        ask_calmly
        sleeps | comm -13 "$lab_dir/before" -
    done | wc -l
}

# runs_of WORKERS start_stage|start_twin: that many workers.
runs_of() {
    "$2" 3d --quiet --workers "$1"
    await_workers "$1"
    runs=$(count_runs)
    in_vain=$(grep -c 'woken for nothing' "$log")
    stop_stage
}

runs_of 8 start_stage
good_few=$runs
runs_of 32 start_stage
good_many=$runs
runs_of 8 start_twin
bad_few=$runs
runs_of 32 start_twin
bad_many=$runs

seen "workers that ran for $rounds clients, of 8:  3d $good_few, twin $bad_few"
seen "                              of 32: 3d $good_many, twin $bad_many"
seen "times that accept of the twin's 32 found nobody: $in_vain"

all_run() {
    [ "$good_few" -le $((rounds + 4)) ] && [ "$good_many" -le $((rounds + 4)) ] &&
        [ "$bad_few" -gt $((4 * rounds)) ] &&
        [ "$bad_many" -gt $((16 * rounds)) ] &&
        [ "$in_vain" -lt "$bad_many" ]
}
verdict 'a client wakes one worker of 3d, and all of the twin' all_run
