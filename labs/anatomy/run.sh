#!/bin/sh
# Lab 10.3 anatomy: a zombie has no memory and no descriptors, only its pid.
. "$(dirname "$0")/../lib.sh"

# field VmRSS PID: what its status says there, without the unit.
field() {
    status_field "$1" "$2" | sed 's/ .*//'
}

# One dead child and one that works.
start_stage 3a --quiet
curl -s "http://localhost:$port/hello.txt" >/dev/null
wait_until 50 has_children "$server" 1 Z || fail 'the first child lives on'
curl -s "http://localhost:$port/slow?ms=60000" >/dev/null &
helpers=$!
wait_until 50 has_children "$server" 1 S || fail 'no second child came'
living=$(children_of "$server" S)
dead=$(children_of "$server" Z)

for pid in "$living" "$dead"; do
    memory=$(field VmRSS "$pid")
    seen "$(status_field State "$pid"):" \
        "pid $(field Pid "$pid"), ${memory:-no} kB of memory," \
        "room for $(field FDSize "$pid") descriptors"
done

only_a_pid() {
    [ "$(field VmRSS "$living")" -gt 0 ] &&
        [ "$(field FDSize "$living")" -gt 0 ] &&
        [ -z "$(field VmRSS "$dead")" ] &&
        [ "$(field FDSize "$dead")" -eq 0 ] &&
        [ "$(field Pid "$dead")" = "$dead" ]
}
verdict 'the dead one holds nothing but its pid' only_a_pid
