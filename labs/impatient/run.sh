#!/bin/sh
# Lab 6.3 impatient: writing to a client that has left can end the server.
. "$(dirname "$0")/../lib.sh"

mkdir "$lab_dir/root"
truncate -s 20M "$lab_dir/root/big"

# "Ignored" is inherited, also by the server under test.
is_sigpipe_ignored() {
    [ $((0x$(status_field SigIgn $$) & 0x1000)) -ne 0 ]
}

# Somebody is served for a while. Somebody else waits in line, and leaves.
leave_before_the_answer() {
    curl -s -o /dev/null "http://localhost:$port/slow?ms=600" &
    helpers=$!
    wait_until 50 has_client || fail 'the slow page was not asked for'
    curl -s -m 0.2 "http://localhost:$port/big" >/dev/null
    left_with=$?
    await_helpers
}

# Somebody takes a little of the answer, and leaves while more is coming.
leave_amid_the_answer() {
    curl -s "http://localhost:$port/big" 2>/dev/null | head -c 10 >/dev/null
}

# Sets status: alive if it still answers, else how it ended.
see_how_it_is() {
    if curl -s -m 5 -o /dev/null "http://localhost:$port/slow?ms=0"; then
        status=alive
        return
    fi
    wait_until 20 is_dead "$server" || fail 'it neither answers nor ends'
    wait "$server"
    status=$?
}

if is_sigpipe_ignored; then
    skip 'whoever started this ignores SIGPIPE, and so does all it starts'
fi
start_twin 1c --quiet --root "$lab_dir/root"
leave_before_the_answer
see_how_it_is
twin_status=$status
seen "twin: the client in line has left with curl's $left_with;" \
    "the server has ended with status $twin_status"
[ "$twin_status" = alive ] || server= # it is nobody's any more
rm -f "$log"
stop_stage

start_stage 1c --quiet --root "$lab_dir/root"
leave_before_the_answer
see_how_it_is
before=$status
for _ in 1 2 3 4 5; do
    leave_amid_the_answer
done
see_how_it_is
seen "1c:   after the same it is $before; after five who left amid a" \
    "download it is $status"

# curl: 28 is its own time limit. 141 is 128 + 13, SIGPIPE.
dies_of_sigpipe() {
    [ "$left_with" -eq 28 ] && [ "$twin_status" = 141 ] &&
        [ "$before" = alive ] && [ "$status" = alive ]
}
verdict 'SIGPIPE ends the twin; 1c takes it for an error and goes on' \
    dies_of_sigpipe
