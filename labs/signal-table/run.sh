#!/bin/sh
# Lab 16.5 signal-table: what obey() does about each signal, and what it changes.
. "$(dirname "$0")/../lib.sh"

code=part3/supervisor.c
good=0 tried=

# --- What the code says ---

body_of_obey() {
    sed -n '/^static void obey/,/^}/p' $code
}

signals_in_code() {
    body_of_obey | sed -n 's/.*case SIG\([A-Z0-9]*\):.*/\1/p'
}

# what_obey_does SIGNAL: the statement of its case, or nothing.
what_obey_does() {
    body_of_obey | awk -v case="case SIG$1:" '
        index($0, case) { found = 1 }
        found && /break;/ {
            sub(/^.*case SIG[A-Z0-9]*: */, "")
            sub(/; break;.*/, "")
            print
            exit
        }'
}

# --- What can be seen ---

number() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# Generations of those who are up, as "1 1".
generations() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        grep -o '"state":"up","pid":[0-9]*,"generation":[0-9]*' |
        sed 's/.*://' | sort | paste -sd ' '
}

exists() {
    [ -e "$1" ] && echo yes || echo no
}

upgrades() {
    grep -c 'upgraded: 0 workers of the last binary' "$log"
}

process_state() {
    sed -n 's/^State:.\(.\).*/\1/p' "/proc/$server/status"
}

is_now() {
    now=$("$@")
    [ "$now" = "$expected" ]
}

# row SIGNAL EFFECT
row() {
    tried="$tried $1"
    seen "$(printf '%-5s %-22s %s' "$1" "$(what_obey_does "$1")" "$2")"
}

# try SIGNAL WHAT EXPECTED LOOK...: what LOOK says of it before and after.
try() {
    signal=$1 what=$2 expected=$3
    shift 3
    before=$("$@")
    send_it "$signal"
    ! wait_until 100 is_now "$@" || good=$((good + 1))
    row "$signal" "$what: $before, then $now"
}

# SIGCHLD is sent by the kernel.
send_it() {
    case $1 in
    CHLD) kill -KILL "$(children_of "$server" | head -n 1)" ;;
    *) kill -"$1" "$server" ;;
    esac
}

# --- Those after which it lives on ---

start_family --workers 2 --max-workers 3 --events "$lab_dir/events"
try CHLD 'buried' 1 number died
expected=2
wait_until 100 is_now number up || fail 'the seat is not filled'
try TTIN 'up' 3 number up
try TTOU 'up' 2 number up
try HUP 'generations' '2 2' generations
mv "$lab_dir/events" "$lab_dir/events.1"
try USR1 'the events, moved away, are there' yes exists "$lab_dir/events"
try TSTP 'its state' T process_state
kill -CONT "$server"

# All that obey() does not name, but those that nobody can block.
others() {
    for number in $(seq 31); do
        name=$(kill -l "$number")
        case " KILL STOP CONT CHLD $(signals_in_code | paste -sd ' ') " in
        *" ${name#SIG} "*) ;;
        *) echo "$number" ;;
        esac
    done
}
snapshot() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        grep -o -e '"wanted":[0-9]*' -e '"spawned":[0-9]*,"died":[0-9]*' \
            -e '"pid":[0-9]*,"generation":[0-9]*' | paste -sd ' '
}
has_heard_all() {
    [ "$(pending)$(status_field SigPnd "$server")" = \
        00000000000000000000000000000000 ]
}
wait_until 100 has_children "$server" 2 || fail 'it is not as before'
before=$(snapshot)
for signal in $(others); do
    kill -"$signal" "$server"
done
wait_until 100 has_heard_all
after=$(snapshot)
[ -n "$after" ] && [ "$before" = "$after" ] && changed=nothing ||
    changed=something
unnamed="$(others | wc -l) others: $changed changes"

try USR2 'upgrades of this process' 1 upgrades
stop_stage

# --- Those after which it ends ---

under_way() {
    [ -n "$(ss -Htn state established "sport = :$port")" ] && has_queue 0
}

# A page is under way when it comes. end_by_signal SIGNAL STATUS OUTCOME
end_by_signal() {
    curl -s -o "$lab_dir/page" "http://127.0.0.1:$port/slow?ms=1000" &
    page=$!
    wait_until 50 under_way || fail 'nobody asks'
    kill -"$1" "$server"
    status=0
    wait "$server" || status=$?
    ! wait $page && outcome='cut off' || outcome=answered
    server=
    rm -f "$log"
    [ $status -ne "$2" ] || [ "$outcome" != "$3" ] || good=$((good + 1))
}

for signal in 'TERM 0 answered' 'INT 130 cut off' 'QUIT 131 cut off'; do
    start_family --workers 2
    # shellcheck disable=SC2086 # three words, and maybe a fourth
    set -- $signal
    end_by_signal "$1" "$2" "$3${4:+ $4}"
    row "$1" "ends with $status; the page under way is $outcome"
done
seen "$unnamed"

sorted() {
    tr ' ' '\n' | grep -v -e '^$' -e CHLD | sort
}
as_in_the_code() {
    [ "$good" -eq 10 ] && [ "$changed" = nothing ] &&
        [ "$(echo "$tried" | sorted)" = "$(signals_in_code | sorted)" ]
}
verdict 'each signal that obey() names has its effect, and no other has one' \
    as_in_the_code
