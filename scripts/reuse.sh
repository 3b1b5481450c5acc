#!/bin/sh
# reuse.sh - can a port be bound while a connection of the run before lingers?
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/reuse.sh set|unset set|unset
Runs 1a twice on the same port. The first answers a client, closes that
connection first, as 1a does, and ends; so the port keeps an entry in
TIME_WAIT. Then the second is started. "set" is 1a as it is, "unset" its twin
without SO_REUSEADDR; the first word is for the first run. Status 0 if the
second could bind the port, else 1.
EOF
}

is_choice() {
    [ "$1" = set ] || [ "$1" = unset ]
}

case ${1:-} in
--help) usage && exit 0 ;;
esac
if [ $# -ne 2 ] || ! is_choice "$1" || ! is_choice "$2"; then
    usage >&2
    exit 64
fi
cd "$(dirname "$0")/.."
. scripts/lib.sh
server=
said=$(mktemp)
clean_up() {
    stop_stage
    rm -f "$said"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

program_with() { # set|unset
    if [ "$1" = set ]; then
        program_of 1a
    else
        echo "$(scripts/twin.sh reuse-table 1a)/1a_hello"
    fi
}

# run PROGRAM PORT: starts it; sets server, and port to what it listens on.
# Fails if it ends at once.
run() {
    log=$(mktemp)
    "$1" --port "$2" 2>"$log" 3>&- &
    server=$!
    wait_until 50 has_said_something
    port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)\/.*/\1/p' "$log")
    [ -n "$port" ]
}

has_said_something() {
    [ -s "$log" ]
}

has_time_wait() {
    [ -n "$(ss -Htan state time-wait "sport = :$1")" ]
}

first=$(program_with "$1")
second=$(program_with "$2")
run "$first" 0 || fail "the first run did not start: $(cat "$log")"
# It says nothing, so nothing is unread, and waits for the server to close.
"$build/flood" --silent --quiet -n 1 -c 1 "localhost:$port" >/dev/null ||
    fail 'no answer'
taken=$port
wait_until 20 has_time_wait "$taken" || fail 'no TIME_WAIT was left'
stop_stage
if run "$second" "$taken"; then
    echo "first run $1, second run $2: it listens"
    exit 0
fi
cp "$log" "$said"
stop_stage
echo "first run $1, second run $2: $(sed 's/.*: //' "$said")"
exit 1
