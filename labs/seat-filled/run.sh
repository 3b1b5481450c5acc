#!/bin/sh
# Lab 16.2 seat-filled: whoever dies is followed by another in the same seat.
. "$(dirname "$0")/../lib.sh"

# seat N FIELD: what /status.json says of it.
seat() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        sed "s/.*\"slot\":$1,\([^}]*\)}.*/\1/" | tr , '\n' |
        sed -n "s/^\"$2\":\"*\([^\"]*\).*/\1/p"
}

start_stage 3e --quiet --workers 4
await_family
before=$(seat 1 pid)
kill -KILL "$before"
wait_until 50 is_dead "$before" || fail "process $before lives on"
# One of the others sleeps for this page, and then we look, once.
curl -s -m 20 "http://localhost:$port/slow?ms=1000" >/dev/null
after=$(seat 1 pid) state=$(seat 1 state)
seen "seat 1: pid $before is killed; a page of one second later it is" \
    "pid $after, $state, deaths $(seat 1 deaths), zombies $(zombies)"

# Killed while many ask: a death costs one request at most.
"$build/flood" --json -n 5000 -c 8 --timeout 20 \
    "127.0.0.1:$port/hello.txt" >"$lab_dir/flood" &
flood=$!
killed=0
while kill -0 $flood 2>/dev/null; do
    victim=$(seat 2 pid)
    ! send KILL "$victim" "$server" || killed=$((killed + 1))
    sleep 0.1
done
wait $flood
answered=$(json_field answered "$lab_dir/flood")
refused=$(json_field refused "$lab_dir/flood")
seen "5000 requests while $killed workers are killed: $answered answered," \
    "$refused refused"

nobody_else_is_harmed() {
    [ "$after" != "$before" ] && [ "$state" = up ] &&
        [ "$killed" -gt 0 ] && [ "$answered" -ge $((5000 - killed)) ] &&
        [ "$refused" -eq 0 ] && [ "$(zombies)" -eq 0 ]
}
verdict 'every seat is filled, and a death costs its own request at most' \
    nobody_else_is_harmed
