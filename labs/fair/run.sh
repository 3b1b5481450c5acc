#!/bin/sh
# Lab 15.1 fair: who waits in accept for the longest time is the next.
. "$(dirname "$0")/../lib.sh"

start_stage 3d --workers 8
await_workers 8
for _ in $(seq 200); do
    ask_calmly
done
shares=$(answerers | sort | uniq -c | awk '{ print $1 }' | sort -n)
# shellcheck disable=SC2086 # one word a worker
set -- $shares
most=$(echo "$shares" | tail -n 1)
seen "200 requests, one at a time, among 8 workers: $*"

are_even() {
    [ $# -eq 8 ] && [ $((most - $1)) -le 2 ]
}
verdict 'every worker has had its turn, again and again' are_even "$@"
