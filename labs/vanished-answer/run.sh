#!/bin/sh
# Lab 2.2 vanished-answer: close with bytes unread, and the answer is torn up.
. "$(dirname "$0")/../lib.sh"

TIMES=20
ANSWER=200000 # bytes
mkdir "$lab_dir/root"
head -c $ANSWER /dev/zero >"$lab_dir/root/big"

# How many of the answers to so large a request were cut, and where.
ask_with_a_body_of() { # BYTES
    head -c "$1" /dev/zero >"$lab_dir/body"
    for _ in $(seq $TIMES); do
        curl -s -X GET -H Expect: --data-binary "@$lab_dir/body" -o /dev/null \
            -w '%{exitcode} %{size_download}\n' \
            "http://localhost:$port/big"
    done >"$lab_dir/told"
    whole=$(grep -c "^0 $ANSWER\$" "$lab_dir/told")
    lost=$((TIMES - whole))
    # 56: "failure in receiving network data"; 55: the same for sending
    reset=$(grep -cE '^5[56] ' "$lab_dir/told")
}

ask_all_sizes() { # WHO
    unexplained=0
    several=0
    for bytes in 500 5000 100000; do
        ask_with_a_body_of $bytes
        [ $bytes -gt 500 ] || small=$lost
        [ $bytes -eq 500 ] || several=$((several + lost))
        unexplained=$((unexplained + lost - reset))
        told="$told, $bytes bytes: $lost"
    done
    seen "$1, of $TIMES answers lost after a request of" "${told#, }"
    told=
}

start_twin 1b --quiet
ask_all_sizes twin
twin_small=$small twin_lost=$several twin_odd=$unexplained
stop_stage
start_stage 1c --quiet --root "$lab_dir/root"
ask_all_sizes 1c
stop_stage

only_what_was_not_read() {
    [ "$twin_small" -eq 0 ] && [ "$twin_lost" -gt 0 ] &&
        [ "$twin_odd" -eq 0 ] && [ $((small + several)) -eq 0 ]
}
verdict 'none lost where all was read, and some where it was not' \
    only_what_was_not_read
