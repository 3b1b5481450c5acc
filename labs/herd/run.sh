#!/bin/sh
# Lab 15.3 herd: who waits in poll is woken for every client, and all others too.
. "$(dirname "$0")/../lib.sh"

need strace
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

# Those that were woken, and in accept found that nobody is there any more.
count_in_vain() {
    grep -c 'woken for nothing' "$log" || true
}

# runs_of WORKERS COMMAND...: COMMAND starts 3d or a twin, with that many.
runs_of() {
    workers=$1
    shift
    "$@" --quiet --workers "$workers"
    await_workers "$workers"
    runs=$(count_runs)
    in_vain=$(count_in_vain)
    stop_stage
}

# The twin looked at by strace, for which each of its workers has to wait when
# it comes out of poll, and meanwhile another is quicker.
look_at_twin() {
    start_program strace -f -qq -e trace=poll -e signal=none -o /dev/null \
        "$(twin_of "$lab" 3d)" --port 0 --root www --quiet --workers 8
    traced=$(children_of "$server")
    wait_until 100 has_children "$traced" 8 S || fail 'no 8 workers came'
    for _ in $(seq $rounds); do
        "$build/flood" --quiet -n 1 -c 1 "127.0.0.1:$port/hello.txt" \
            >/dev/null || fail 'the twin did not answer'
        wait_until 50 are_asleep "$traced" || fail 'the twin does not rest'
    done
    in_vain_seen=$(count_in_vain)
    kill "$traced" # strace ends with it
    wait_until 50 is_dead "$server"
    stop_stage
}

runs_of 8 start_stage 3d
good_few=$runs
runs_of 32 start_stage 3d
good_many=$runs
runs_of 8 start_twin 3d
bad_few=$runs in_vain_unseen=$in_vain
runs_of 32 start_twin 3d
bad_many=$runs
runs_of 32 start_twin_of herd+epoll 3d
epoll_many=$runs
look_at_twin

seen "workers that ran for $rounds clients, of 8:  3d $good_few, twin $bad_few"
seen "                              of 32: 3d $good_many, twin $bad_many," \
    "with epoll $epoll_many"
seen "times that accept of the twin's 8 found nobody: $in_vain_unseen," \
    "and while strace looks $in_vain_seen"

all_run() {
    [ "$good_few" -le $((rounds + 4)) ] && [ "$good_many" -le $((rounds + 4)) ] &&
        [ "$bad_few" -gt $((4 * rounds)) ] &&
        [ "$bad_many" -gt $((16 * rounds)) ] &&
        [ "$epoll_many" -gt $((16 * rounds)) ] && [ "$in_vain_seen" -gt 0 ]
}
verdict 'a client wakes one worker of 3d, and all of the twin' all_run
