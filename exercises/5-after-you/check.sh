#!/bin/sh
# check.sh - does the client close first, and is the port free at once?
. "$(dirname "$0")/../lib.sh"

observations='starts answers clients-keep-it starts-again goes-on'
CURLS=5

start_graded 1a
again 1.1 "make try EX=$exercise, and elsewhere: curl localhost:8080"
old_at_server=$(time_waits sport)
old_at_clients=$(time_waits dport)
answered=0
for _ in $(seq $CURLS); do
    curl -s -m 5 "http://127.0.0.1:$port/" >"$dir/body"
    ! grep -qx 'Hello, world.' "$dir/body" || answered=$((answered + 1))
done
expect answers "of $CURLS curls $answered are answered" [ $answered -eq $CURLS ]

again 5.1 "make try EX=$exercise, and elsewhere: curl localhost:8080
         ss -tan state time-wait"
at_server=$(($(time_waits sport) - old_at_server))
at_clients=$(($(time_waits dport) - old_at_clients))
all_at_clients() {
    [ "$at_server" -le 0 ] && [ "$at_clients" -eq "$CURLS" ]
}
expect clients-keep-it "of $CURLS connections $at_clients wait at the client's
       side, and $at_server at the server's" all_at_clients

again 5.2 "make try EX=$exercise; curl, Ctrl-C, and again"
taken=$port
stop_graded
start_graded 1a --port "$taken"
expect starts-again "it says: $(tail -n 1 "$log")" [ "$port" = "$taken" ]

again 6.1 "make try EX=$exercise, and elsewhere:
         build/flood --hold -n 1 -c 1 localhost:8080 &
         curl localhost:8080"
"$build/flood" --hold --quiet -n 1 -c 1 --timeout 20 "127.0.0.1:$port" \
    >/dev/null 2>&1 &
helpers=$!
wait_until 50 has_client
curl -s -m 6 -o /dev/null "http://127.0.0.1:$port/"
expect goes-on 'behind a client that stays, nobody is answered in 6 s' \
    [ $? -eq 0 ]
conclude
