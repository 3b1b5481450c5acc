#!/bin/sh
# Lab 10.2 kill-a-zombie: kill succeeds and changes nothing; wait ends it.
. "$(dirname "$0")/../lib.sh"

# A child is ended by SIGTERM while its visitor says nothing; sets zombie.
leave_a_zombie() {
    visit_silently 1
    wait_until 50 has_children "$server" 1 || fail 'no child came'
    [ "${1:-}" != frozen ] || pause "$server"
    zombie=$(children_of "$server")
    kill -TERM "$zombie"
    wait_until 50 has_children "$server" 1 Z || fail 'the child lives on'
    await_helpers
}

# One letter; ps would add whether it was nice, and more.
state_of() {
    ps -o state= -p "$1" | tr -d ' '
}

# What wait would say: the last field of stat (proc(5): exit_code). Below 128
# it is the signal that ended it.
kept_status() {
    sed 's/.* //' "/proc/$1/stat"
}

start_stage 3a --quiet
leave_a_zombie
before=$(kept_status "$zombie")
kill -KILL "$zombie" && killed=yes || killed=no
kill -0 "$zombie" && exists=yes || exists=no
state=$(state_of "$zombie")
after=$(kept_status "$zombie")
stop_stage
seen "a zombie of 3a: kill -9 succeeds: $killed; then kill -0: $exists;" \
    "state: $state"
seen "how it died, kept for wait: signal $before; after kill -9: $after"

start_stage 3c --quiet
leave_a_zombie frozen
kill -KILL "$zombie" && [ "$(state_of "$zombie")" = Z ] && as_dead=yes
kill -CONT "$server"
settle
kill -0 "$zombie" 2>"$lab_dir/error" && exists_after=yes || exists_after=no
seen "a zombie of 3c, after 3c has waited for it:" \
    "$(sed 's/.*: *//' "$lab_dir/error")"

only_wait_helps() {
    [ "$killed" = yes ] && [ "$exists" = yes ] && [ "$state" = Z ] &&
        [ "$before" = 15 ] && [ "$after" = 15 ] &&
        [ "${as_dead:-}" = yes ] && [ "$exists_after" = no ]
}
verdict 'kill succeeds and changes nothing; wait removes it' only_wait_helps
