#!/bin/sh
# Lab 2.1 drip: a request in pieces is a request, unless one reads once.
. "$(dirname "$0")/../lib.sh"

# What becomes of a request: in one piece, and byte by byte.
statuses() {
    whole=$(curl -s -o /dev/null -w '%{http_code}' "http://localhost:$port/")
    "$build/flood" --json --quiet -n 1 -c 1 --drip "localhost:$port" \
        >"$lab_dir/told"
    dripped=$(json_field status_2xx "$lab_dir/told")
    if [ "$dripped" -eq 1 ]; then
        dripped=200
    else
        dripped='not 200'
    fi
}

start_twin 1b
statuses
twin_whole=$whole twin_dripped=$dripped
stop_stage
seen "twin: in one piece $whole, byte by byte $dripped"
start_stage 1b
statuses
stop_stage
seen "1b:   in one piece $whole, byte by byte $dripped"

only_whole() {
    [ "$twin_whole" = 200 ] && [ "$twin_dripped" != 200 ] &&
        [ "$whole" = 200 ] && [ "$dripped" = 200 ]
}
verdict 'the twin understands whole requests only, 1b both' only_whole
