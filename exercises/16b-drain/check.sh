#!/bin/sh
# check.sh - does it drain, and not for ever?
. "$(dirname "$0")/../lib.sh"

observations='starts serves finishes idle-go deadline status none-left'
try="make try EX=$exercise, and elsewhere:"

now_ms() {
    date +%s%3N
}

# ask_slowly MS: a client whose answer takes so long; it has a worker.
ask_slowly() {
    curl -s --max-time 20 "http://127.0.0.1:$port/slow?ms=$1" \
        >"$dir/answer" 2>/dev/null &
    helpers="$helpers $!"
    wait_until 40 has_clients 1
}

# end_by_term: sets took, in ms; ended, the status; and left, how many of its
# workers were still alive when it had gone. "never": not in ten seconds.
end_by_term() {
    workers=$(alive)
    began=$(now_ms)
    send TERM "$server"
    ended=never
    if wait_until 100 is_dead "$server"; then
        took=$(($(now_ms) - began))
        left=0
        for pid in $workers; do
            is_dead "$pid" || left=$((left + 1))
        done
        ended=0
        wait "$server" || ended=$?
        rm -f "$log"
        server=
    else
        took=$(($(now_ms) - began))
        for pid in $workers; do
            send KILL "$pid" "$server"
        done
        stop_graded
    fi
}

start_graded 3d --quiet --workers 4
again 15.1 "$try curl localhost:8080/hello.txt"
wait_until 40 has_children "$server" 4
got=$(answered -n 40 -c 4 "127.0.0.1:$port/hello.txt")
expect serves "of 40 requests $got were answered" [ "$got" = 40 ]

again 16.6 "$try
         curl 'localhost:8080/slow?ms=1000'
       and at once, in a third terminal: kill PID"
ask_slowly 1000
end_by_term
first=$ended
first_left=$left
await_helpers
expect finishes "SIGTERM came while a page was under way that takes 1 s; its
       client got: $(cat "$dir/answer")" grep -q 'slept 1000 ms' "$dir/answer"

again 16.6 "$try time kill PID"
start_graded 3d --quiet --workers 4
wait_until 40 has_children "$server" 4
end_by_term
went_at_once() {
    [ "$ended" != never ] && [ "$took" -lt 2500 ]
}
expect idle-go "nobody had a client; SIGTERM took $took ms (ended: $ended)" \
    went_at_once

again 16.6 "$try
         curl 'localhost:8080/slow?ms=60000'
       and in a third terminal: kill PID"
start_graded 3d --quiet --workers 4
wait_until 40 has_children "$server" 4
ask_slowly 60000
end_by_term
end_helpers
in_time() {
    [ "$ended" != never ] && [ "$took" -ge 2000 ] && [ "$took" -lt 9000 ]
}
expect deadline "a client had a page that takes a minute; SIGTERM took $took ms
       (ended: $ended)" in_time

again 16.6 "$try as before; then, where the server ran: echo \$?"
tells() {
    [ "$first" = 0 ] && [ "$ended" = 4 ]
}
expect status "all done in time: status $first; one killed: status $ended" tells

again 9.5 "$try as before; then: ps -C 3d_prefork"
expect none-left "when the server had gone $first_left of its workers lived on" \
    [ "$first_left" = 0 ]
conclude
