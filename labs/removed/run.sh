#!/bin/sh
# Lab 17.3 removed: a file that goes ends what it started, at last by KILL.
. "$(dirname "$0")/../lib.sh"
. labs/emperor.sh

# end_of NAME: how it ended, in the emperor's words.
end_of() {
    sed -n "s/^.* $1 0 (pid [0-9]*): \(killed by signal [0-9]*\).*/\1/p" \
        "$emperor_log"
}

# remove NAME: sets how.
remove() {
    rm "$vassals/$1.ini"
    wait_until 100 has_left "$1" || fail "$1 did not leave"
    how=$(end_of "$1")
    seen "$1.ini goes: $how"
}

start_emperor
put polite 'command = sleep 1000'
cat >"$lab_dir/deaf" <<'END'
trap '' TERM
echo deaf
while :; do sleep 0.1; done
END
put stubborn "command = sh $lab_dir/deaf" "log = $lab_dir/said" \
    'stop-time = 0.5'
becomes polite up
becomes stubborn up
wait_until 50 grep -q deaf "$lab_dir/said" || fail 'stubborn did not start'
put_server neighbour 1c
neighbour=$(pids_of neighbour)
ask_on neighbour
remove polite
polite=$how
remove stubborn
stubborn=$how
answered=$(answered neighbour)
left=$(count_children "$emperor_pid")
[ "$(children_of "$emperor_pid")" = "$neighbour" ] &&
    who='the neighbour as it was' || who=others
seen "children of the emperor: $left, $who;" \
    "asked all the time, it has answered $answered"

all_end() {
    [ "$polite" = 'killed by signal 15' ] &&
        [ "$stubborn" = 'killed by signal 9' ] &&
        [ "$left" -eq 1 ] && [ "$who" != others ] && [ "$answered" = all ]
}
verdict 'TERM, and KILL for who does not listen; the neighbour lives on' all_end
