#!/bin/sh
# check.sh - are workers replaced one at a time, the new one first?
. "$(dirname "$0")/../lib.sh"

observations='starts not-too-early all-new never-fewer one-at-a-time reload'
try="make try EX=$exercise, and elsewhere:"

# Everyone of those in $dir/first has gone, and there are three again.
are_all_new() {
    alive >"$dir/now"
    [ "$(wc -l <"$dir/now")" -eq 3 ] &&
        [ -z "$(comm -12 "$dir/first" "$dir/now")" ]
}

# All have had enough at about the same time. Then ask, ten at a time, until all
# are new or twenty rounds are over.
ask_until_all_new() {
    answered -n 60 -c 3 "127.0.0.1:$port/slow?ms=10" >/dev/null
    for _ in $(seq 20); do
        answered -n 10 -c 3 "127.0.0.1:$port/hello.txt" >/dev/null
        ! wait_until 2 are_all_new || return 0
    done
    return 1
}

# "READY-AND-NOT-TOLD-TO-GO" after each event since three were ready.
counts() {
    awk '
        { pid = $0; sub(/.*"pid":/, "", pid); sub(/[^0-9].*/, "", pid) }
        /"event":"ready"/ { up[pid] = 1; count++ }
        /"event":"(drain|exit)"/ && up[pid] { up[pid] = 0; count-- }
        count >= 3 { all = 1 }
        all { print count }' "$dir/events"
}
least() {
    counts | sort -n | head -n 1
}
most() {
    counts | sort -n | tail -n 1
}

start_graded 3e --quiet --workers 3 --max-requests 10 --events "$dir/events"
wait_until 50 has_children "$server" 3 S
alive >"$dir/first"

# It looks in every turn of its loop, and any signal makes it turn.
somebody_has_gone() {
    kill -CHLD "$server"
    ! has_children "$server" 3 || [ "$(alive)" != "$(cat "$dir/first")" ]
}
again 16.3 "$try build/flood -n 8 -c 1 localhost:8080
       who is there, before and after? curl localhost:8080/status"
answered -n 8 -c 1 "127.0.0.1:$port/hello.txt" >/dev/null
wait_until 6 somebody_has_gone
too_early=$?
expect not-too-early 'somebody was replaced after 8 requests to all of them' \
    [ $too_early -ne 0 ]

again 16.6 "$try
         build/flood -n 100 -c 3 localhost:8080
       who is there, before and after? curl localhost:8080/status"
ask_until_all_new
status=$?
expect all-new "$(($(grep -c '"ready"' "$dir/events") - 3)) workers were replaced
       after hundreds of requests; of the first three there are still:
       $(comm -12 "$dir/first" "$dir/now" | tr '\n' ' ')" [ $status -eq 0 ]
[ $status -eq 0 ] || conclude

again 16.6 "$try the same; look at the lines 'ready' and 'drain' in the log"
expect never-fewer "at one moment $(least) of 3 were ready and not told to go" \
    [ "$(least)" -ge 3 ]
expect one-at-a-time "at one moment $(most) workers were ready and not told to go,
       and three were wanted" [ "$(most)" -le 4 ]

again 16.6 "$try
         build/flood -n 5000 -c 4 localhost:8080
       and in a third terminal: kill -HUP PID"
stop_graded
: >"$dir/events"
start_graded 3e --quiet --workers 3 --events "$dir/events"
wait_until 50 has_children "$server" 3 S
alive >"$dir/first"
"$build/flood" --json -n 3000 -c 4 --timeout 20 \
    "127.0.0.1:$port/hello.txt" >"$dir/flood" 2>&1 &
helpers="$helpers $!"
kill -HUP "$server"
wait_until 60 are_all_new
status=$?
await_helpers
lossless() {
    [ "$status" -eq 0 ] && [ "$(json_field answered "$dir/flood")" = 3000 ] &&
        [ "$(least)" -ge 3 ] && [ "$(most)" -le 4 ]
}
expect reload "after SIGHUP $(comm -13 "$dir/first" "$dir/now" | wc -l) workers are
       new; $(json_field answered "$dir/flood") of 3000 were answered; at least $(least), at most $(most)
       were ready and not told to go" lossless
conclude
