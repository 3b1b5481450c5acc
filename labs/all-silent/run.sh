#!/bin/sh
# Lab 15.5 all-silent: as many silent clients as workers, and nobody is served.
. "$(dirname "$0")/../lib.sh"

# As ss sees it from the side of the clients: we have not accepted them.
silent_are_let_in() {
    [ "$(ss -Htn state established "dport = :$port" | wc -l)" -eq "$1" ]
}

silent_are() {
    [ "$(ss -Htn state established "sport = :$port" | wc -l)" -eq "$1" ]
}

# fifth_waits NAME: four have a worker each; does a fifth client, whose answer
# goes to $lab_dir/NAME, wait in the queue?
fifth_waits() {
    wait_until 20 silent_are 4 && wait_until 20 has_queue 0
    curl -s -m 20 "http://localhost:$port/hello.txt" >"$lab_dir/$1" &
    helpers="$helpers $!"
    wait_until 20 has_queue 1 && [ ! -s "$lab_dir/$1" ]
}

start_stage 3d --quiet --workers 4 --head-timeout 3
await_workers 4
visit_silently 3
wait_until 20 silent_are 3 && wait_until 20 has_queue 0
curl -s -m 20 "http://localhost:$port/hello.txt" >"$lab_dir/three"
silent_are 3 && stayed=yes || stayed=no
seen "three are silent: the fourth worker says: $(cat "$lab_dir/three")"

visit_silently 1
fifth_waits four && waited=yes || waited=no
seen "four are silent: a fifth client waits in the queue: $waited"
await_helpers
seen "when the deadline has ended the silent: $(cat "$lab_dir/four")"

stop_stage

start_family --workers 4 --head-timeout 60
visit_silently 4
wait_until 20 silent_are_let_in 4 || fail 'they are not connected'
curl -s -m 20 "http://localhost:$port/hello.txt" >"$lab_dir/3e"
seen "3e, four are silent: a fifth client reads: $(cat "$lab_dir/3e")"
end_helpers

visit_hesitantly 4
fifth_waits letter && again=yes || again=no
seen "3e, four have said a letter: a fifth waits in the queue: $again"

dead_until_the_deadline() {
    [ "$stayed" = yes ] && [ "$waited" = yes ] && [ "$again" = yes ] &&
        cmp -s "$lab_dir/three" www/hello.txt &&
        cmp -s "$lab_dir/four" www/hello.txt &&
        cmp -s "$lab_dir/3e" www/hello.txt
}
verdict 'N clients stop N workers until their deadline; 3e lets the silent wait' \
    dead_until_the_deadline
