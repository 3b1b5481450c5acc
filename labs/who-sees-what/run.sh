#!/bin/sh
# Lab 7.4 who-sees-what: what is open when a program starts stays open for it.
. "$(dirname "$0")/../lib.sh"

need python

get() {
    curl -s -m 10 "$@"
}

# start_with_programs start_stage|start_twin: that 2a.
start_with_programs() {
    "$1" 2a --quiet --cgi /cgi-bin=part2/cgi-bin --cgi "/own=labs/$lab/programs"
    url=http://localhost:$port
}

# The descriptors that a program was given: all but the one by which ls looks.
given() {
    get "$url/cgi-bin/fds" |
        sed -n -e '/proc\/[0-9]*\/fd$/d' -e 's/.* \([0-9]*\) -> .*/\1/p' |
        sort -n | paste -s -d ' ' -
}

sockets() {
    get "$url/own/nosy" | sort -u | paste -s -d ',' - | sed 's/,/, /g'
}

has_begun() {
    has_children "$server" 1 || is_dead "$first"
}

# One client's program wants to answer the next client, who asks for a file.
# Sets stolen, what the first is told of the second, and body, what the second
# reads.
steal() {
    get "$url/own/nosy?steal" >"$lab_dir/told" &
    first=$!
    wait_until 50 has_begun || fail 'the program did not start'
    body=$(get -H 'Cookie: id=secret' "$url/hello.txt")
    wait "$first"
    stolen=$(grep Cookie "$lab_dir/told")
}

start_with_programs start_twin
twin_given=$(given)
twin_sockets=$(sockets)
steal
twin_stolen=$stolen
twin_body=$body
stop_stage
seen "twin: a program is given $twin_given; among them: $twin_sockets"
seen "      ... and tells its client: $twin_stolen"
seen "      ... who reads, instead of a file: $twin_body"

start_with_programs start_stage
given=$(given)
sockets=$(sockets)
steal
stop_stage
seen "2a:   a program is given $given; among them: ${sockets:-no socket}"
seen "      ... the next client reads: $body"

only_the_twin_shares() {
    [ "$twin_sockets" = \
        'a client of the server, the listener of the server' ] &&
        [ -n "$twin_stolen" ] && [ "$twin_body" = 'This is no file.' ] &&
        [ "$given" = '0 1 2' ] && [ -z "$sockets" ] && [ -z "$stolen" ] &&
        [ "$body" = "$(cat www/hello.txt)" ]
}
verdict 'the twin hands over its sockets, and the next client with them; 2a 0 1 2' \
    only_the_twin_shares
