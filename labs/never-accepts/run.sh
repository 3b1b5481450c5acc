#!/bin/sh
# Lab 4.2 never-accepts: the kernel connects one more than the number.
. "$(dirname "$0")/../lib.sh"

CLIENTS=12

# What the kernel has connected and nobody has accepted.
queue() {
    ss -Hltn "sport = :$port" | awk '{ print $2 }'
}

# Who has called and heard nothing.
callers() {
    ss -Htn state syn-sent "dport = :$port" | wc -l
}

has() { # QUEUED CALLING
    [ "$(queue)" -eq "$1" ] && [ "$(callers)" -eq "$2" ]
}

overflows() {
    nstat -asz TcpExtListenOverflows | awk '/Overflows/ { print $2 }'
}

before=$(overflows)
as_said=0
for backlog in 0 1 5; do
    export BACKLOG=$backlog
    start_twin 1b --quiet
    pause "$server" # so it never accepts
    "$build/flood" --json --quiet -n $CLIENTS -c $CLIENTS --timeout 20 \
        "localhost:$port" >"$lab_dir/told" &
    helpers=$!
    if wait_until 5 has $((backlog + 1)) $((CLIENTS - backlog - 1)); then
        as_said=$((as_said + 1))
    fi
    seen "backlog $backlog: $(queue) of $CLIENTS connected," \
        "$(callers) still calling"
    [ $backlog -ne 5 ] || break
    end_helpers
    stop_stage
done
rose=$(($(overflows) - before))
seen "ListenOverflows rose by $rose"
kill -CONT "$server"
await_helpers
stop_stage
answered=$(json_field answered "$lab_dir/told")
slowest=$(json_field max_ms "$lab_dir/told")
slowest=${slowest%.*}
seen "then it accepts: $answered of $CLIENTS answered, the last after" \
    "$slowest ms"

one_more_than_the_number() {
    [ "$as_said" -eq 3 ] && [ "$rose" -gt 0 ] &&
        [ "$answered" -eq "$CLIENTS" ] && [ "$slowest" -ge 900 ]
}
verdict 'backlog + 1 connected; the rest neither refused nor told, but late' \
    one_more_than_the_number
