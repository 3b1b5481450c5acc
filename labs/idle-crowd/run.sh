#!/bin/sh
# Lab 15.6 idle-crowd: a kept connection costs a process, also while it is idle.
. "$(dirname "$0")/../lib.sh"

# 50 clients ask once, and stay.
crowd_comes() {
    come_and_stay 50 --hold
}

answered() {
    grep -c '"GET ' "$log"
}

has_answered() {
    [ "$(answered)" -eq "$1" ]
}

start_stage 3c --idle-timeout 30
crowd_comes
wait_until 100 has_answered 50
forked=$(count_children "$server")
served_by_3c=$(answered)
end_helpers
stop_stage

start_stage 3d --workers 8 --idle-timeout 30
await_workers 8
crowd_comes
wait_until 50 has_answered 8 && wait_until 50 has_queue 42
workers=$(count_children "$server")
served_by_3d=$(answered)
waiting=$(queue)
end_helpers

seen "50 clients who stay: 3c has $forked processes and $served_by_3c answers"
seen "3d has $workers processes and $served_by_3d answers; $waiting wait"

either_way() {
    [ "$forked" -eq 50 ] && [ "$served_by_3c" -eq 50 ] &&
        [ "$workers" -eq 8 ] && [ "$served_by_3d" -eq 8 ] &&
        [ "$waiting" -eq 42 ]
}
verdict '3c needs a process for each, 3d lets all but N wait' either_way
