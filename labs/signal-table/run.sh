#!/bin/sh
# Lab 16.5 signal-table: each signal that the supervisor obeys, and its effect.
. "$(dirname "$0")/../lib.sh"
good=0 tried=

number() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

is_number() {
    [ "$(number "$1")" = "$2" ]
}

# after SIGNAL EFFECT TEST...: the effect, once the test holds.
after() {
    signal=$1
    effect=$2
    shift 2
    tried="$tried $signal"
    [ "$signal" = CHLD ] || kill -"$signal" "$server"
    if wait_until 100 "$@"; then
        good=$((good + 1))
        seen "$(printf '%-5s %s' "$signal" "$effect")"
    else
        seen "$(printf '%-5s NOT: %s' "$signal" "$effect")"
    fi
}

# ends_with STATUS: it has, and is forgotten.
ends_with() {
    is_dead "$server" || return 1
    status=0
    wait "$server" || status=$?
    server=
    rm -f "$log"
    [ "$status" -eq "$1" ]
}

start_family --workers 2 --max-workers 3 --events "$lab_dir/events"
generations() {
    # of those who are up
    curl -s -m 5 "http://localhost:$port/status.json" |
        grep -o '"state":"up","pid":[0-9]*,"generation":[0-9]*' |
        sed 's/.*://' | sort | uniq -c | tr -s ' \n' ' '
}
are_of() {
    [ "$(generations)" = "$1" ]
}
is_replaced() {
    is_number died 1 && is_number up 2
}
kill -KILL "$(children_of "$server" | head -n 1)"
after CHLD 'the dead are buried, and their seats filled' is_replaced
after TTIN 'a worker more: 3' is_number up 3
after TTOU 'a worker less: 2' has_children "$server" 2
after HUP 'all workers anew, one after the other: generation 2' are_of ' 2 2 '
mv "$lab_dir/events" "$lab_dir/events.1"
after USR1 'files that were moved away are opened anew' [ -e "$lab_dir/events" ]
after TSTP 'it stops itself, as after Ctrl-Z' is_stopped "$server"
kill -CONT "$server"
after USR2 'the same process becomes the next binary' is_upgraded
after TERM 'drains, then ends with status 0' ends_with 0
start_family --workers 2
after INT 'ends at once, with status 130' ends_with 130
start_family --workers 2
after QUIT 'ends at once, with status 131' ends_with 131

# Those that obey() knows, and those tried here.
in_code=$(sed -n '/^static void obey/,/^}/s/.*case SIG\([A-Z0-9]*\):.*/\1/p' \
    part3/supervisor.c | sort | tr '\n' ' ')
here=$(echo "$tried" | tr ' ' '\n' | grep -v -e '^$' -e CHLD | sort |
    tr '\n' ' ')
seen "signals in obey(): $(echo "$in_code" | wc -w)," \
    "tried here: $(echo "$here" | wc -w)"

as_in_the_code() {
    [ "$good" -eq 10 ] && [ "$in_code" = "$here" ]
}
verdict 'every signal has the effect that obey() says' as_in_the_code
