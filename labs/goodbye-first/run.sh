#!/bin/sh
# Lab 5.1 goodbye-first: TIME_WAIT stays with the side that closes first.
. "$(dirname "$0")/../lib.sh"

# The port may have had another life in the last minute.
note_the_old() {
    old_sport=$(time_waits sport)
    old_dport=$(time_waits dport)
}

has_one_more() {
    count_new
    [ $((at_server + at_client)) -gt 0 ]
}

count_new() {
    at_server=$(($(time_waits sport) - old_sport))
    at_client=$(($(time_waits dport) - old_dport))
}

# The client says nothing, so the server closes at its deadline.
start_stage 1c --quiet --head-timeout 0.2
note_the_old
"$build/flood" --silent --quiet -n 1 -c 1 "localhost:$port" >/dev/null
wait_until 20 has_one_more || true
by_server="$at_server $at_client"
stop_stage
seen "the server closes first: $at_server at the server's port," \
    "$at_client at the client's"

# The server would keep the connection, but curl is done with it.
start_stage 1c --quiet
note_the_old
curl -s -o /dev/null "http://localhost:$port/hello.txt"
wait_until 20 has_one_more || true
stop_stage
seen "the client closes first: $at_server at the server's port," \
    "$at_client at the client's"

with_the_closer() {
    [ "$by_server" = '1 0' ] && [ "$at_server $at_client" = '0 1' ]
}
verdict 'the entry is with the side that closed first, whichever it is' \
    with_the_closer
