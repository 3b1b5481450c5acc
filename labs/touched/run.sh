#!/bin/sh
# Lab 17.2 touched: a touched file is a reload, one instance after the other.
. "$(dirname "$0")/../lib.sh"
. labs/emperor.sh

# How many instances of web were away at the same time, at most, from its
# reload on.
most_away() {
    awk '/: reload$/ && !/drain/ { on = 1 }
         on && / web .*drain: reload/ { if (++away > most) most = away }
         on && / web .*: ready/ { away-- }
         END { print most + 0 }' "$emperor_log"
}

# in_both LIST LIST: how many words.
in_both() {
    # shellcheck disable=SC2086 # a word each
    printf '%s\n' $1 $2 | sort | uniq -d | wc -l
}

start_emperor
put web 'command = sleep 1000' 'instances = 3'
becomes web up
before=$(pids_of web)
touch "$vassals/web.ini"
await_words ' web .*: ready' 6
becomes web up
kept=$(in_both "$before" "$(pids_of web)")
away=$(most_away)
seen "touched: $(up_of web) are up, $kept of them as before;" \
    "away at a time: $away"

# Its workers of before have gone, each after another had come.
is_reloaded() {
    [ "$(grep -c 'exited with status 0' "$lab_dir/told.log")" -eq 2 ]
}
put_server told '3e --workers 2' 'reload-signal = HUP'
ask_on told
before=$(pids_of told)
touch "$vassals/told.ini"
wait_until 100 is_reloaded && heard=yes || heard=no
told_answered=$(answered told)
[ "$(pids_of told)" = "$before" ] && same=yes || same=no
seen "touched, with reload-signal = HUP: all its workers are new: $heard;" \
    "the same process: $same"
seen "asked all the time, it has answered $told_answered"

one_by_one() {
    [ "$kept" -eq 0 ] && [ "$away" -eq 1 ] && [ "$heard$same" = yesyes ] &&
        [ "$told_answered" = all ]
}
verdict 'all are new, and never more than one was away; or told by a signal' \
    one_by_one
