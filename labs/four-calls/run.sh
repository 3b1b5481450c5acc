#!/bin/sh
# Lab 1.1 four-calls: three calls to be ready, and one for each client.
. "$(dirname "$0")/../lib.sh"

need strace
VISITORS=3

# The calls between the program's start and its end, one name a line.
calls() {
    sed -n 's/^[0-9 ]*\([a-z0-9]*\)(.*= [0-9].*/\1/p' "$lab_dir/trace"
}

accepted_all() {
    [ "$(calls | grep -c '^accept')" -ge "$VISITORS" ]
}

: >"$lab_dir/trace"
start_program strace -f -qq -o "$lab_dir/trace" \
    -e trace=socket,bind,listen,accept,accept4 "$(program_of 1a)" --port 0
traced=$(children_of "$server")
before=$(calls | tr '\n' ' ')
for _ in $(seq $VISITORS); do
    curl -s "http://localhost:$port/" >/dev/null || true
done
wait_until 50 accepted_all || true
kill "$traced" # strace ends with it
wait_until 50 is_dead "$server"
stop_stage
after=$(calls | sed 1,3d | tr '\n' ' ')
seen "before the first client: $before"
seen "for $VISITORS clients: $after"

in_this_order() {
    [ "$before" = 'socket bind listen ' ] &&
        [ "$after" = 'accept accept accept ' ]
}
verdict 'socket, bind, listen once; then one accept for each client' \
    in_this_order
