#!/bin/sh
# Lab 1.3 byte-order: without htons it listens, but elsewhere.
. "$(dirname "$0")/../lib.sh"

swapped() { # PORT
    echo $(($1 % 256 * 256 + $1 / 256))
}

is_free() {
    [ -z "$(ss -Hltn "sport = :$1")" ]
}

# Below the ports that clients are given, and not the same when swapped.
wanted=$((10240 + $$ % 20000))
until is_free $wanted && is_free "$(swapped $wanted)" &&
    [ "$(swapped $wanted)" -gt 1024 ] && [ "$(swapped $wanted)" != $wanted ]; do
    wanted=$((wanted + 1))
done

start_twin 1a --port $wanted
curl -s "http://127.0.0.1:$wanted/" >/dev/null
refused=$?
# shellcheck disable=SC2009 # by pid, and ss is what the reader types
listens=$(ss -Hltnp | sed -n "s/.*127.0.0.1:\([0-9]*\) .*pid=$server,.*/\1/p")
seen "the twin was told port $wanted; curl there ends with $refused (refused)"
seen "ss -ltn: it listens on $listens; $wanted with its bytes swapped is" \
    "$(swapped $wanted)"
stop_stage

start_stage 1a --port $wanted
answer=$(curl -s "http://127.0.0.1:$wanted/")
seen "1a there: $answer"

it_is_elsewhere() {
    [ "$refused" -eq 7 ] && [ "$listens" = "$(swapped "$wanted")" ] &&
        [ "$answer" = 'Hello, world.' ]
}
verdict 'refused, yet it listens: on the port with its two bytes swapped' \
    it_is_elsewhere
