#!/bin/sh
# Lab 7.6 deaf-to-sigpipe: an ignored signal stays ignored after execve.
. "$(dirname "$0")/../lib.sh"

# What became of `yes` in `yes | head -n 1`, a word or two a line.
end_of_yes() {
    curl -s -m 5 "http://localhost:$port/cgi-bin/yes-head" >"$lab_dir/said" ||
        fail 'no answer'
    status=$(sed -n 's/^yes ended with status //p' "$lab_dir/said")
    complaint=$(sed -n 's/^yes: *//p' "$lab_dir/said")
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
    case $twin_complaint in *'Broken pipe') ;; *) return 1 ;; esac
    [ "$twin_status" -eq 1 ] && [ "$status" -eq $((128 + 13)) ] &&
        [ -z "$complaint" ]
}
verdict 'the signal ends yes in silence, unless the server was deaf to it' \
    only_the_twin_complains
