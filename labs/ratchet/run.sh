#!/bin/sh
# Lab 11.3 ratchet: zombies of 3b never become fewer by themselves.
. "$(dirname "$0")/../lib.sh"

start_stage 3b --quiet
requests=0
while [ "$(zombies)" -le 5 ] && [ $requests -lt 2000 ]; do
    ask_all 'slow?ms=200' 100 100 # together they come, together they go
    requests=$((requests + 100))
done
after_flood=$(zombies)
seen "after $requests requests, 100 at a time:  $after_flood zombies"

ask_all hello.txt 50 1
after_quiet=$(zombies)
seen "after 50 more, one at a time:        $after_quiet zombies"

# A SIGCHLD for which nobody has died buries an old one.
left=$after_quiet
by_one=0
falling=
for _ in 1 2 3 4 5; do
    kill -CHLD "$server"
    settle
    now=$(zombies)
    [ "$now" -ne $((left - 1)) ] || by_one=$((by_one + 1))
    left=$now
    falling="$falling $now"
done
seen "after each of five kill -CHLD:      $falling"

is_a_ratchet() {
    [ "$after_flood" -gt 5 ] && [ "$after_quiet" -ge "$after_flood" ] &&
        [ "$by_one" -eq 5 ]
}
verdict 'later children never make them fewer, each extra signal by one' \
    is_a_ratchet
