#!/bin/sh
# Lab 6.1 silent: who says nothing stops everybody, unless there is a deadline.
. "$(dirname "$0")/../lib.sh"

# A silent client is there; how does the next one fare?
next_one() {
    visit_silently 1
    wait_until 50 has_client || fail 'the silent one did not connect'
    ms=$(curl -s -m "$1" -o /dev/null -w '%{time_total}' \
        "http://localhost:$port/hello.txt")
    ended=$?
    ms=$(echo "$ms" | awk '{ printf "%d", $1 * 1000 }')
    end_helpers
    stop_stage
}

start_twin 1c --quiet --head-timeout 0.5
next_one 1.5
twin_ended=$ended
seen "twin, without an end to its patience: curl gives up ($ended)" \
    "after $ms ms"
start_stage 1c --quiet --head-timeout 0.5
next_one 8
seen "1c, with a deadline of 500 ms: answered after $ms ms"

after_the_deadline() {
    [ "$twin_ended" -eq 28 ] && [ "$ended" -eq 0 ] && [ "$ms" -ge 250 ]
}
verdict '1c answers after the deadline of the silent one, the twin never' \
    after_the_deadline
