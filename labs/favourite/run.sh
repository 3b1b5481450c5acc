#!/bin/sh
# Lab 15.4 favourite: epoll wakes the same worker again and again.
. "$(dirname "$0")/../lib.sh"

# The busiest worker's part of 100 requests, one at a time.
share_of_the_busiest() {
    for _ in $(seq 100); do
        ask_calmly
    done
    answerers | sort | uniq -c |
        awk '$1 > most { most = $1 } END { print most + 0 }'
}

start_stage 3d --workers 8
await_workers 8
good=$(share_of_the_busiest)
stop_stage

start_twin 3d --workers 8
await_workers 8
bad=$(share_of_the_busiest)
# It is no fault that shows under load: who is busy is not woken.
visit_silently 8
wait_until 50 has_queue 0 && all_served=yes || all_served=no
visit_silently 1
wait_until 50 has_queue 1 && ninth=yes || ninth=no

seen "100 requests, one at a time, 8 workers; the busiest has: 3d $good," \
    "twin $bad"
seen "8 clients who stay: the twin serves all: $all_served; a ninth waits: $ninth"

one_does_it_all() {
    [ "$good" -le 15 ] && [ "$bad" -ge 80 ] &&
        [ "$all_served" = yes ] && [ "$ninth" = yes ]
}
verdict 'blocking accept takes turns, EPOLLEXCLUSIVE has a favourite' \
    one_does_it_all
