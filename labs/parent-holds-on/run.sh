#!/bin/sh
# Lab 9.4 parent-holds-on: a connection is closed when its last holder closes.
. "$(dirname "$0")/../lib.sh"

descriptors() {
    # shellcheck disable=SC2012 # these names are numbers
    ls "/proc/$server/fd" | wc -l
}

# How many descriptors more after five visitors.
left_open_by_five() {
    before=$(descriptors)
    for _ in 1 2 3 4 5; do
        curl -s -m 2 -o /dev/null "http://localhost:$port/hello.txt" ||
            fail 'no answer'
    done
    settle
    echo $(($(descriptors) - before))
}

# curl's status when the child that serves it is killed.
curl_when_child_dies() {
    curl -s -m 0.5 "http://localhost:$port/slow?ms=60000" >/dev/null &
    visitor=$!
    wait_until 50 has_children "$server" 1 '[^Z]' || fail 'no child came'
    kill -KILL "$(children_of "$server" '[^Z]')"
    wait "$visitor"
    echo $?
}

close_wait() {
    ss -Htn state close-wait "sport = :$port" | wc -l
}

start_stage 3a --quiet
good_more=$(left_open_by_five)
good_end=$(curl_when_child_dies)
good_stale=$(close_wait)
stop_stage

start_twin 3a --quiet
bad_more=$(left_open_by_five)
bad_end=$(curl_when_child_dies)
bad_stale=$(close_wait)
prlimit --pid "$server" --nofile="$(descriptors)"
# accept has chosen its descriptor before it sleeps, so one more gets in.
curl -s -m 2 "http://localhost:$port/hello.txt" >/dev/null
curl -s -m 0.3 "http://localhost:$port/hello.txt" >/dev/null
no_room=$?

seen "descriptors more after 5 visitors: 3a $good_more, twin $bad_more"
seen "curl, when its child is killed: 3a $good_end (empty answer)," \
    "twin $bad_end (still waits)"
seen "connections in CLOSE-WAIT after that: 3a $good_stale, twin $bad_stale"
seen "twin at its limit: $(sed -n 's/^[^ ]* \(accept.*\)/\1/p' "$log")"

# curl: 52 is an empty answer, 28 is its own time limit.
one_each() {
    [ "$good_more" -eq 0 ] && [ "$bad_more" -eq 5 ] &&
        [ "$good_end" -eq 52 ] && [ "$bad_end" -eq 28 ] &&
        [ "$good_stale" -eq 0 ] && [ "$bad_stale" -eq 1 ] &&
        [ "$no_room" -eq 28 ] && grep -q 'Too many open files' "$log"
}
verdict 'the twin keeps one descriptor of every client, 3a none' one_each
