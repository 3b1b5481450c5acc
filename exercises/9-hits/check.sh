#!/bin/sh
# check.sh - does /status tell the hits of all children?
. "$(dirname "$0")/../lib.sh"

observations='starts one-by-one side-by-side kept-connections one-writer'

hits() {
    curl -s --max-time 5 "http://127.0.0.1:$port/status" |
        sed -n 's/^hits \([0-9]*\)$/\1/p'
}

says() {
    [ "$(hits)" = "$1" ]
}

start_graded 3a --quiet
target=127.0.0.1:$port/hello.txt

# flooded NAME TOTAL OPTION...: after one more flood, does it say the total?
flooded() {
    name=$1
    total=$2
    shift 2
    again 9.2 "make try EX=$exercise, and elsewhere:
         build/flood $* localhost:8080/hello.txt
         curl localhost:8080/status"
    got=$(answered "$@" "$target")
    wait_until 10 says "$total"
    expect "$name" "$total requests so far, $got answers to the last flood,
       and the page says: hits $(hits)" says "$total"
}
flooded one-by-one 200 -n 200 -c 1
flooded side-by-side 600 -n 400 -c 32
flooded kept-connections 1000 -k -n 400 -c 20
stop_graded

start_noting 3a --quiet
target=127.0.0.1:$port/hello.txt
answered -n 300 -c 8 "$target" >/dev/null
answered -k -n 40 -c 4 "$target" >/dev/null
expect_one_writer 9.2
conclude
