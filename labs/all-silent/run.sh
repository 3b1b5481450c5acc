#!/bin/sh
# Lab 15.5 all-silent: as many silent clients as workers, and nobody is served.
. "$(dirname "$0")/../lib.sh"

silent_are() {
    [ "$(ss -Htn state established "sport = :$port" | wc -l)" -eq "$1" ]
}

start_stage 3d --quiet --workers 4 --head-timeout 3
await_workers 4
visit_silently 3
wait_until 20 silent_are 3 && wait_until 20 has_queue 0
curl -s -m 20 "http://localhost:$port/hello.txt" >"$lab_dir/three"
silent_are 3 && stayed=yes || stayed=no
seen "three are silent: the fourth worker says: $(cat "$lab_dir/three")"

visit_silently 1
wait_until 20 silent_are 4 && wait_until 20 has_queue 0
curl -s -m 20 "http://localhost:$port/hello.txt" >"$lab_dir/four" &
helpers="$helpers $!"
wait_until 20 has_queue 1 && [ ! -s "$lab_dir/four" ] && waited=yes ||
    waited=no
seen "four are silent: a fifth client waits in the queue: $waited"
await_helpers
seen "when the deadline has ended the silent: $(cat "$lab_dir/four")"

dead_until_the_deadline() {
    [ "$stayed" = yes ] && [ "$waited" = yes ] &&
        cmp -s "$lab_dir/three" www/hello.txt &&
        cmp -s "$lab_dir/four" www/hello.txt
}
verdict 'N silent clients stop N workers until their deadline' \
    dead_until_the_deadline
