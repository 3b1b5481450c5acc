#!/bin/sh
# Lab 9.5 never-leaves: a child that does not exit becomes a server itself.
. "$(dirname "$0")/../lib.sh"
. labs/as-nobody.sh

# Everyone below the server, as "DEPTH PID", a line each.
descendants() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v top="$1" '
        { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2 }
        END {
            for (pid in parent) {
                depth = 1
                for (up = parent[pid]; up in parent && up != top; depth++)
                    up = parent[up]
                if (up == top)
                    print depth, pid
            }
        }'
}

has_grandchild() {
    descendants "$server" | grep -q '^[2-9]'
}

is_refused() {
    ! curl -s "http://localhost:$port/hello.txt" >/dev/null
}

start_limited 30 "$(twin_of "$lab" 3a)" --quiet
visitors=0
until has_grandchild || [ $visitors -ge 20 ]; do
    curl -s "http://localhost:$port/hello.txt" >/dev/null
    visitors=$((visitors + 1))
done
below=$(descendants "$server" | wc -l)
deep=$(descendants "$server" | grep -c '^[2-9]')
dead=$(zombies)
stop_stage
wait_until 30 is_refused || fail "the twin's children outlive it"
seen "the twin, after $visitors visitors: $below processes below it," \
    "$deep of them a child's child, $dead dead"

start_stage 3a --quiet
for _ in 1 2 3; do
    curl -s "http://localhost:$port/hello.txt" >/dev/null
done
settle
alive=$(($(descendants "$server" | wc -l) - $(zombies)))
seen "3a, after 3 visitors: $alive alive below it"

nobody_leaves() {
    [ "$below" -eq "$visitors" ] && [ "$deep" -gt 0 ] && [ "$dead" -eq 0 ] &&
        [ "$alive" -eq 0 ]
}
verdict 'each visitor of the twin leaves one more server, and they fork too' \
    nobody_leaves
