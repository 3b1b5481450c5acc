#!/bin/sh
# Lab 17.4 held-back: what cannot start is held back, and the others live on.
. "$(dirname "$0")/../lib.sh"
. labs/emperor.sh

why_held() {
    "$emperor" status "$vassals" | sed -n "s/^$1.ini is held back: //p"
}

both_are_up() {
    [ "$(up_of pair)" = 2/2 ]
}

start_emperor
put_server good 1c
put pair 'command = sleep 1000' 'instances = 2'
becomes pair up
good=$(pids_of good)
ask_on good
pair=$(pids_of pair)

put typo 'comand = sleep 1000'
put absent 'command = no-such-program'
becomes typo held
becomes absent held
seen "typo.ini is held back: $(why_held typo)"
seen "absent.ini is held back: $(why_held absent)"

put pair 'command = sleep 1000' 'instances = many'
await_words 'pair is held back'
[ "$(pids_of pair)" = "$pair" ] && goes_on=yes || goes_on=no
seen "pair.ini is changed and wrong: the old version goes on: $goes_on"

put pair 'command = false' 'instances = 2'
await_words 'pair is held back' 2
wait_until 100 both_are_up || true
seen "pair.ini is right, but its program ends at once:" \
    "$(up_of pair) of the old one are up"

put dying 'command = false'
await_words ' dying .*exited with status 1' 3
becomes dying failing
births=$(grep -c ' dying .*spawn' "$emperor_log")
seen "dying.ini ends at once, and always: $(state_of dying)"
answered=$(answered good)
seen "good, asked all the time, has answered $answered"

others_live_on() {
    why_held typo | grep -q comand && why_held absent | grep -q program &&
        [ "$goes_on" = yes ] && both_are_up &&
        [ "$births" -lt 20 ] && [ "$answered" = all ] &&
        [ "$(pids_of good)" = "$good" ]
}
verdict 'each is held back alone; what was up goes on' others_live_on
