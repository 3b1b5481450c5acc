#!/bin/sh
# Lab 12.4 stolen-child: waitpid(-1) in a handler takes the gateway's child.
. "$(dirname "$0")/../lib.sh"

# Each program exits with status 3, which the gateway should learn and log.
ask_a_hundred_times() {
    "$build/flood" --quiet -n 100 -c 1 "localhost:$port/cgi-bin/exit3" \
        >/dev/null
    wait_until 50 has_children "$server" 0 || fail 'a program lives on'
    lost=$((100 - $(grep -c 'exited with status 3 ' "$log")))
}

# Its log, each line once with how often it came: "100x cgi exit3: ...".
what_it_logged() {
    sed -n 's/^[^ ]* \(cgi .*\)/\1/p' "$log" | sort | uniq -c |
        sed 's/^ *\([0-9]*\) /\1x /'
}

start_twin 2a --quiet --cgi /cgi-bin=part2/cgi-bin
ask_a_hundred_times
twin_lost=$lost
what_it_logged >"$lab_dir/log"
while read -r line; do
    seen "twin: $line"
done <"$lab_dir/log"
stop_stage

start_stage 2a --quiet --cgi /cgi-bin=part2/cgi-bin
ask_a_hundred_times
seen "2a:   $(what_it_logged)"
stop_stage
seen "statuses lost of 100: twin $twin_lost, 2a $lost"

only_the_twin_steals() {
    [ "$twin_lost" -gt 0 ] && [ "$lost" -eq 0 ]
}
verdict 'the twin loses statuses, 2a none' only_the_twin_steals
