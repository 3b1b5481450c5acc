#!/bin/sh
# check.sh - does the board agree with /proc?
. "$(dirname "$0")/../lib.sh"

observations='starts everybody silent-is-busy idle-again idle-killed busy-killed
    one-writer'

# page [STATE]: the pids on the page, all or those in that state; a line each.
page() {
    curl -s --max-time 5 "http://127.0.0.1:$port/status" |
        awk -v state="${1:-.}" '/^[0-9]+ (idle|busy)$/ && $2 ~ state { print $1 }' |
        sort
}

lists_all() {
    [ "$(alive | wc -l)" -eq "$1" ] && [ "$(page)" = "$(alive)" ]
}

# So many are busy beside the one that answers us, and these are among them.
busy_are() {
    page busy >"$dir/busy"
    with_client >"$dir/clients"
    [ "$(wc -l <"$dir/busy")" -eq $(($1 + 1)) ] &&
        [ "$(wc -l <"$dir/clients")" -eq "$1" ] &&
        [ -z "$(comm -13 "$dir/busy" "$dir/clients")" ]
}

words() {
    tr '\n' ' '
}

start_graded 3d --quiet --workers 4 --head-timeout 30
try="make try EX=$exercise, and elsewhere:"

again 15.1 "$try curl localhost:8080/status"
wait_until 12 lists_all 4
status=$?
expect everybody "4 workers live: $(alive | words)
       on the page are: $(page | words)" [ $status -eq 0 ]
[ $status -eq 0 ] || conclude

again 15.5 "$try
         build/flood --silent -n 2 -c 2 localhost:8080
         curl localhost:8080/status"
visit_silently 2
wait_until 50 has_clients 2
wait_until 6 busy_are 2
status=$?
expect silent-is-busy "2 workers have a client who is silent: $(with_client | words)
       busy on the page, the one that answers included: $(page busy | words)" \
    [ $status -eq 0 ]

end_helpers
wait_until 6 busy_are 0
status=$?
expect idle-again "the silent clients have left; busy on the page, and not only
       the one that answers: $(page busy | words)" [ $status -eq 0 ]

again 15.7 "$try
         kill -9 PID     (of a worker)
         curl localhost:8080/status"
send KILL "$(alive | head -n 1)" "$server"
wait_until 8 lists_all 3
status=$?
expect idle-killed "a worker was killed; there live: $(alive | words)
       on the page are: $(page | words)" [ $status -eq 0 ]
[ $status -eq 0 ] || conclude

kill_a_busy_one() {
    visit_silently 1
    wait_until 50 has_clients 1
    send KILL "$(with_client)" "$server"
    wait_until 50 has_clients 0
    end_helpers
}
is_forgotten() {
    lists_all 2 && busy_are 0
}
kill_a_busy_one
wait_until 6 is_forgotten
status=$?
expect busy-killed "a busy worker was killed; there live: $(alive | words)
       on the page are: $(page | words), of them busy: $(page busy | words)" \
    [ $status -eq 0 ]
[ $status -eq 0 ] || conclude
stop_graded

start_noting 3d --quiet --workers 4 --head-timeout 30
wait_until 20 lists_all 4
kill_a_busy_one
wait_until 20 lists_all 3
answered -n 200 -c 4 "127.0.0.1:$port/hello.txt" >/dev/null
expect_one_writer 9.2
conclude
