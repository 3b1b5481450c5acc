#!/bin/sh
# 3e.sh - a family that looks after itself, and shows how it is.
stage_options='--workers 2'
. "$(dirname "$0")/lib.sh"

has_drained_twice() {
    [ "$(grep -c ': reload$' "$log")" -ge 4 ] # told to go, and gone
}

try 'as 3d' \
    curl -i "$site/hello.txt"
try 'how the family is; in a browser this page draws itself anew' \
    curl "$site/status"
try 'the same for programs' \
    curl "$site/status.json"
if [ -n "$server" ]; then # else it is yours: kill -9, kill -HUP
    await_family
    try 'a worker is killed' \
        kill -9 "$(children_of "$server" | head -n 1)"
    wait_until 50 grep -q 'killed by signal 9' "$log"
    wait_until 50 has_children "$server" 2
    try 'nobody is missed: its seat was filled' \
        curl "$site/hello.txt"
    try 'the programs are loaded anew: one worker after the other is replaced' \
        kill -HUP "$server"
    wait_until 50 has_drained_twice
    try 'what happened, so far' \
        cat "$log"
fi
