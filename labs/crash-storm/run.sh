#!/bin/sh
# Lab 16.4 crash-storm: a worker that dies at birth, with back-off and without.
. "$(dirname "$0")/../lib.sh"
. labs/crash-storm/storm.sh

is_whole() {
    curl -s -m 5 "http://localhost:$port/status.json" | grep -q '"up":4,'
}

# storm SECONDS COMMAND...: 3e in a crash storm, and ten clients so many
# seconds apart. Sets forks in so many ms, and answered by the other workers.
storm() {
    apart_s=$1
    shift
    begin_storm "$lab_dir" "$@"
    answered=0
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ! curl -s -m 5 "http://localhost:$port/app" | grep -q Hello ||
            answered=$((answered + 1))
        sleep "$apart_s"
    done
    forks=$(forks)
    ms=$(($(now_ms) - began))
}

a_second() { # FORKS MS
    awk -v forks="$1" -v ms="$2" 'BEGIN { printf "%.1f", 1000 * forks / ms }'
}

storm 0.1 start_twin 3e
bad=$forks bad_ms=$ms
stop_stage
storm 0.35 start_stage 3e
good=$forks good_ms=$ms
deploy "$build/apps/hello.so"
wait_until 150 is_whole && healed=yes || healed=no

seen "forks for one seat: twin $bad in $bad_ms ms, 3e $good in $good_ms ms"
seen "a second: twin $(a_second "$bad" "$bad_ms")," \
    "3e $(a_second "$good" "$good_ms")"
seen "of 10 requests the other three of 3e answered $answered"
seen "the program is repaired: all 4 workers are back: $healed"

# In 3.5 seconds and more, the most that back-off allows is under two a second.
no_storm() {
    [ "$good" -ge 3 ] && [ "$good" -le "$(most_forks "$good_ms")" ] &&
        [ $((1000 * good)) -le $((2 * good_ms)) ] &&
        [ $((1000 * bad)) -ge $((50 * bad_ms)) ] &&
        [ "$answered" -eq 10 ] && [ "$healed" = yes ]
}
verdict 'the twin forks without end, 3e waits longer each time and heals' \
    no_storm
