#!/bin/sh
# Lab 12.2 unsafe: a handler that needs a lock waits for its own process.
. "$(dirname "$0")/../lib.sh"

getconf GNU_LIBC_VERSION >"$lab_dir/libc" 2>/dev/null ||
    skip 'only the GNU C library locks here in a process without threads'
unset TZ # so that each ctime() looks for the time zone, as it does by default

# visit: 2000 requests, 8 at a time, in the background.
visit() {
    "$build/flood" --json --quiet -n 2000 -c 8 --timeout 2 \
        "localhost:$port/hello.txt" >"$lab_dir/flood" &
    helpers=$!
}
answers() {
    curl -s -m 1 "http://localhost:$port/hello.txt" >/dev/null
}
sleeps_in() {
    cat "/proc/$server/wchan"
}
waits_for_a_lock() {
    case $(sleeps_in) in *futex*) ;; *) return 1 ;; esac
}

says_where() {
    [ "$(sleeps_in)" != 0 ]
}

start_twin 3c --quiet
wait_until 50 says_where ||
    skip 'this kernel does not say what a process sleeps in (/proc/PID/wchan)'
visit
wait_until 80 waits_for_a_lock || true
where=$(sleeps_in)
end_helpers
twin_answers=no
! answers || twin_answers=yes
came=$(grep -c 'a client came' "$log")
seen "the twin fell silent after $came clients; it sleeps in $where"
stop_stage

start_stage 3c --quiet
visit
await_helpers
good=$(json_field answered "$lab_dir/flood")
stage_answers=no
! answers || stage_answers=yes
seen "3c answered $good of 2000, and the next one: $stage_answers"

only_the_twin_hangs() {
    case $where in *futex*) ;; *) return 1 ;; esac
    [ "$twin_answers" = no ] && [ "$good" -eq 2000 ] &&
        [ "$stage_answers" = yes ]
}
verdict 'the twin waits for ever for a lock it holds; 3c does not' \
    only_the_twin_hangs
