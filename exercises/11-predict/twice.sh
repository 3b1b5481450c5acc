#!/bin/sh
# twice.sh - freezes one server twice, then sends it SIGCHLD by hand.
set -u

case ${1:-} in
'') ;;
--help)
    echo "Usage: exercises/11-predict/twice.sh"
    echo "Freezes 3b with 8 children, twice, and then sends three SIGCHLD,"
    echo "one after the other. Prints the zombies after each step."
    exit 0
    ;;
*) echo "see exercises/11-predict/twice.sh --help" >&2 && exit 64 ;;
esac
: "${work=}" "${tree=}" "${graded=}"
. "$(dirname "$0")/../lib.sh"

start_stage 3b --quiet
for time in first second; do
    if ! freeze 8; then
        echo "twice.sh: $frozen" >&2
        exit 1
    fi
    echo "after the $time freeze: $(zombies) zombies"
done
for _ in 1 2 3; do
    send CHLD "$server"
    wait_until 50 is_calm
done
echo "after three signals by hand: $(zombies) zombies"
