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
said=$(mktemp)
clean_up() {
    stop_stage
    rm -f "$said"
}
end_by clean_up

program_with() { # set|unset
    if [ "$1" = set ]; then
        program_of 1a
    else
        twin_of reuse-table 1a
    fi
}

has_time_wait() {
    [ "$(time_waits sport)" -gt 0 ]
}

first=$(program_with "$1")
second=$(program_with "$2")
try_to_start "$first" --port 0 || fail "the first run did not start: $(cat "$log")"
# It says nothing, so nothing is unread, and waits for the server to close.
"$build/flood" --silent --quiet -n 1 -c 1 "localhost:$port" >/dev/null ||
    fail 'no answer'
taken=$port
wait_until 20 has_time_wait || fail 'no TIME_WAIT was left'
stop_stage
if try_to_start "$second" --port "$taken"; then
    echo "first run $1, second run $2: it listens"
    exit 0
fi
cp "$log" "$said"
stop_stage
echo "first run $1, second run $2: $(sed 's/.*: //' "$said")"
exit 1
