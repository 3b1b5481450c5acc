#!/bin/sh
# Lab 7.6 deaf-to-sigpipe: an ignored signal stays ignored after execve.
. "$(dirname "$0")/../lib.sh"

# What became of `yes` in `yes | head -n 1`. (Its complaint comes in pieces,
# and what `head` says may come in between.)
end_of_yes() {
    curl -s -m 5 "http://localhost:$port/cgi-bin/yes-head" >"$lab_dir/said" ||
        fail 'no answer'
    status=$(sed -n 's/^yes ended with status //p' "$lab_dir/said")
    complaint=$(grep -o 'Broken pipe' "$lab_dir/said")
}

start_twin 2a --quiet --cgi /cgi-bin=part2/cgi-bin
end_of_yes
twin_status=$status twin_complaint=$complaint
stop_stage
seen "twin: yes ends with status $twin_status, and says: $twin_complaint"

start_stage 2a --quiet --cgi /cgi-bin=part2/cgi-bin
end_of_yes
stop_stage
seen "2a:   yes ends with status $status, and says: ${complaint:-nothing}"

only_the_twin_complains() {
    [ "$twin_complaint" = 'Broken pipe' ] && [ "$twin_status" -eq 1 ] &&
        [ -z "$complaint" ] && [ "$status" -eq $((128 + 13)) ]
}
verdict 'the signal ends yes in silence, unless the server was deaf to it' \
    only_the_twin_complains
