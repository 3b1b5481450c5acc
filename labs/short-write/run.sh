#!/bin/sh
# Lab 2.3 short-write: the kernel takes what it has room for, and says so.
. "$(dirname "$0")/../lib.sh"

BYTES=20000000
mkdir "$lab_dir/root"
yes "another line" | head -c $BYTES >"$lab_dir/root/big"

# A client that reads more slowly than it could.
fetch() { # STRACE...
    curl -s --limit-rate 20M -o "$lab_dir/got" "http://localhost:$port/big"
    ended=$?
    arrived=$(wc -c <"$lab_dir/got")
}

start_twin 1c --quiet --idle-timeout 0.3 --root "$lab_dir/root"
fetch
twin_ended=$ended twin_arrived=$arrived
stop_stage
seen "twin: curl ends with $ended, after $arrived of $BYTES bytes"

start_stage 1c --quiet --root "$lab_dir/root"
if scripts/can strace >/dev/null; then
    strace -qq -e trace=sendfile -p "$server" -o "$lab_dir/trace" &
    helpers=$!
    wait_until 50 grep -q '^TracerPid:.[1-9]' "/proc/$server/status" || true
fi
fetch
stop_stage
await_helpers
seen "1c:   curl ends with $ended, after $arrived of $BYTES bytes"
if [ -e "$lab_dir/trace" ]; then
    # "sendfile(5, 6, [0] => [9], 1048576) = 9": what was asked, what was taken
    sed -n 's/.*, \([0-9]*\)) *= \([0-9][0-9]*\)$/\1 \2/p' \
        "$lab_dir/trace" >"$lab_dir/calls"
    short=$(awk '$2 < $1' "$lab_dir/calls" | wc -l)
    seen "1c wrote $(wc -l <"$lab_dir/calls") times; less was taken than it" \
        "offered: $short times"
fi

twin_stops_short() {
    [ "$twin_ended" -eq 18 ] && [ "$twin_arrived" -lt "$BYTES" ] &&
        [ "$ended" -eq 0 ] && cmp -s "$lab_dir/got" "$lab_dir/root/big"
}
verdict 'the twin sends a part and thinks it was all; 1c goes on' \
    twin_stops_short
