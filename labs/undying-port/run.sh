#!/bin/sh
# Lab 7.5 undying-port: whoever has inherited the listener keeps the port.
. "$(dirname "$0")/../lib.sh"

need ss

# Sets sleeper, the pid of what a program leaves behind; then the server ends.
leave_and_end() {
    sleeper=$(curl -s -m 10 "http://localhost:$port/cgi-bin/leave-sleep" |
        sed -n 's/^sleep \([0-9]*\) stays behind$/\1/p')
    [ -n "$sleeper" ] || fail 'nobody was left behind'
    old=$port
    stop_stage
}

# It is nobody's child any more: only if it is still what it was.
end_sleeper() {
    [ "$(tr '\0' ' ' 2>/dev/null <"/proc/${sleeper:-none}/cmdline")" != \
        'sleep 60 ' ] || kill "$sleeper"
}
end_by 'end_sleeper; lab_clean_up'

# start_anew: 2a itself at that port. Sets said, if it does not start.
start_anew() {
    said=
    try_to_start "$(program_of 2a)" --port "$old" --quiet ||
        said=$(sed 's/^[^ ]* //' "$log")
    stop_stage
}

holder() {
    ss -Hltnp "sport = :$old" | sed -n 's/.*users:(("\([^"]*\)",.*/\1/p'
}

start_twin_of who-sees-what 2a --quiet --cgi /cgi-bin=part2/cgi-bin
leave_and_end
start_anew
refused=$said
holder=$(holder)
curl -s -m 0.5 "http://localhost:$old/" >/dev/null
visitor=$?
seen "after the twin: $refused"
seen "ss -ltnp says who listens there: $holder; curl there: $visitor" \
    "(connected, and waits)"
end_sleeper
wait_until 50 is_dead "$sleeper"
start_anew
seen "without that $holder: a new server ${said:-starts}"
later=$said

start_stage 2a --quiet --cgi /cgi-bin=part2/cgi-bin
leave_and_end
start_anew
is_dead "$sleeper" && alive=dead || alive=alive
seen "after 2a, sleep is $alive: a new server ${said:-starts}"

only_with_the_listener() {
    case $refused in *'Address already in use') ;; *) return 1 ;; esac
    [ "$holder" = sleep ] && [ "$visitor" -eq 28 ] && [ -z "$later" ] &&
        [ "$alive" = alive ] && [ -z "$said" ]
}
verdict 'the port is taken as long as somebody holds its listener' \
    only_with_the_listener
