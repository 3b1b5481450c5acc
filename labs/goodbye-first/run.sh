#!/bin/sh
# Lab 5.1 goodbye-first: TIME_WAIT stays with the side that closes first.
. "$(dirname "$0")/../lib.sh"

waiting() { # sport|dport
    ss -Htan state time-wait "$1 = :$port" | wc -l
}

is_waiting() {
    [ "$(waiting "$1")" -ge 1 ]
}

# The client says nothing, so the server closes at its deadline.
start_stage 1c --quiet --head-timeout 0.2
"$build/flood" --silent --quiet -n 1 -c 1 "localhost:$port" >/dev/null
wait_until 20 is_waiting sport || true
by_server="$(waiting sport) $(waiting dport)"
stop_stage

# The server would keep the connection, but curl is done with it.
start_stage 1c --quiet
curl -s -o /dev/null "http://localhost:$port/hello.txt"
wait_until 20 is_waiting dport || true
by_client="$(waiting sport) $(waiting dport)"
stop_stage
seen "the server closes first: ${by_server% *} at the server's port," \
    "${by_server#* } at the client's"
seen "the client closes first: ${by_client% *} at the server's port," \
    "${by_client#* } at the client's"

with_the_closer() {
    [ "$by_server" = '1 0' ] && [ "$by_client" = '0 1' ]
}
verdict 'the entry is with the side that closed first, whichever it is' \
    with_the_closer
