#!/bin/sh
# check.sh - is there one deadline for a request, however it comes?
. "$(dirname "$0")/../lib.sh"

observations='starts answers dripping-ends silent-ends honest-stays goes-on'

start_graded 1b --quiet

# field NAME: of what the last flood told.
field() {
    json_field "$1" "$dir/told"
}

one_client() { # FLOOD-OPTION...
    "$build/flood" --json --quiet -n 1 -c 1 --timeout 4 "$@" \
        "localhost:$port/page" >"$dir/told" 2>&1
    seconds=$(field seconds)
}

ends_in_time() {
    echo "$seconds" | awk '{ exit !($1 > 1.0 && $1 < 3.0) }'
}

again 2.1 "make try EX=$exercise, and elsewhere: curl localhost:8080/page"
one_client
expect answers "an ordinary request is not answered with 200" \
    [ "$(field status_2xx)" = 1 ]

again 6.2 "make try EX=$exercise, and elsewhere:
         build/flood -n 1 -c 1 --drip --gap 100 localhost:8080"
one_client --drip --gap 100
expect dripping-ends "a byte each 0.1 s: it is over after $seconds s" ends_in_time

again 6.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 1 -c 1 --silent localhost:8080"
one_client --silent
silent_ended() {
    ends_in_time && [ "$(field timed_out)" = 0 ]
}
expect silent-ends "one who says nothing: it is over after $seconds s" \
    silent_ended

again 6.2 "make try EX=$exercise, and elsewhere:
         build/flood -n 1 -c 1 --drip --gap 8 localhost:8080"
one_client --drip --gap 8
expect honest-stays "a slow one who is done in time is not answered with 200" \
    [ "$(field status_2xx)" = 1 ]

again 6.1 "make try EX=$exercise, and elsewhere: curl localhost:8080/page"
one_client
expect goes-on "after all of them an ordinary request is not answered" \
    [ "$(field status_2xx)" = 1 ]
conclude
