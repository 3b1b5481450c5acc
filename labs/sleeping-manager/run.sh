#!/bin/sh
# Lab 16.1 sleeping-manager: N workers, one more process, and that one sleeps.
. "$(dirname "$0")/../lib.sh"

start_stage 3e --quiet --workers 4
await_family
workers=$(children_of "$server")
at_first=$(ticks "$server") # it has made four workers
flood() {
    "$build/flood" --quiet -n 5000 -c 8 --timeout 20 \
        "127.0.0.1:$port/hello.txt" >/dev/null || fail '3e did not answer all'
}
rounds=0
# shellcheck disable=SC2086 # words
until [ "$(ticks $workers)" -ge 200 ] || [ $rounds -ge 100 ]; do
    flood
    rounds=$((rounds + 1))
done
# shellcheck disable=SC2086
by_workers=$(ticks $workers)
by_manager=$(($(ticks "$server") - at_first))

seen "$((rounds * 5000)) requests answered by $(count_children "$server")" \
    "workers; with their supervisor they are" \
    "$(($(count_children "$server") + 1)) processes"
seen "ticks of processor time: workers $by_workers, supervisor $by_manager"

it_sleeps() {
    [ "$(count_children "$server")" -eq 4 ] &&
        [ $((by_manager * 100)) -le "$by_workers" ]
}
verdict 'the supervisor needs not a hundredth of what its workers need' \
    it_sleeps
