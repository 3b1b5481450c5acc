#!/bin/sh
# Lab 8.3 two-pipes: who writes all and then reads may never come to reading.
. "$(dirname "$0")/../lib.sh"

# echoed BYTES [SECONDS]: what comes back of so many, in so much time.
echoed() {
    head -c "$1" /dev/zero >"$lab_dir/sent"
    ended=0
    curl -s -m "${2:-20}" --data-binary "@$lab_dir/sent" -o "$lab_dir/got" \
        "http://localhost:$port/cgi-bin/cat" || ended=$?
    if [ $ended -ne 0 ]; then
        echo "nothing ($ended)"
    elif cmp -s "$lab_dir/sent" "$lab_dir/got"; then
        echo all
    else
        echo 'other bytes'
    fi
}

# all_sizes [SECONDS]: the last of them in so much time.
all_sizes() {
    came="$(echoed 60000), $(echoed 131072), $(echoed 200000 "$@")"
}

# asleep_in PID: where in the kernel; 0 if the kernel keeps that to itself.
asleep_in() {
    cat "/proc/$1/wchan"
}

# "pipe_write", or however this kernel calls it.
is_in_a_pipe() {
    case $(asleep_in "$1") in
    *pipe* | 0) ;;
    *) return 1 ;;
    esac
}

both_sleep() {
    is_in_a_pipe "$server" && is_in_a_pipe "$program"
}

start_stage 2b --quiet --cgi /cgi-bin=part2/cgi-bin
all_sizes
good=$came
stop_stage

start_twin 2b --quiet --cgi /cgi-bin=part2/cgi-bin
all_sizes 1
program=$(children_of "$server")
wait_until 50 both_sleep || true

seen "2b gives back, of 60000, 131072 and 200000 bytes: $good"
seen "the twin: $came"
seen "the twin $(status_field State "$server") in $(asleep_in "$server")," \
    "its program $(status_field State "$program") in $(asleep_in "$program")"

only_the_twin_sleeps() {
    [ "$good" = 'all, all, all' ] && [ "$came" = 'all, all, nothing (28)' ] &&
        both_sleep
}
verdict 'the twin and its program wait for each other; 2b gives all back' \
    only_the_twin_sleeps
