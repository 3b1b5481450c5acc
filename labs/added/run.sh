#!/bin/sh
# Lab 17.1 added: a file that comes is started; who dies is started again.
. "$(dirname "$0")/../lib.sh"
. labs/emperor.sh

start_emperor
put_server early 1c
early=$(pids_of early)
ask_on early
put late 'command = sleep 1000' 'instances = 3'
becomes late up
came=$(up_of late)
seen "late.ini comes, with instances = 3: $came are up"

# shellcheck disable=SC2046 # a word each
set -- $(pids_of late)
kill -KILL "$1"
await_words "late . (pid $1): killed by signal 9"
becomes late up
again=$(up_of late)
seen "one of them is killed: $again are up again;" \
    "buried: $([ -e "/proc/$1" ] && echo no || echo yes)"
# shellcheck disable=SC2046 # a word each
others=$(printf '%s\n' $(pids_of late) | grep -c -x -e "$2" -e "$3")
seen "the other two are as they were: $others"
early_answered=$(answered early)
[ "$(pids_of early)" = "$early" ] && same=yes || same=no
seen "early, asked all the time, has answered $early_answered;" \
    "the same process: $same"

follows_its_files() {
    [ "$came" = 3/3 ] && [ "$again" = 3/3 ] && [ ! -e "/proc/$1" ] &&
        [ "$others" -eq 2 ] && [ "$early_answered" = all ] &&
        [ "$same" = yes ]
}
verdict 'a file is a wish, kept; a neighbour notices nothing' \
    follows_its_files "$1"
