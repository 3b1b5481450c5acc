#!/bin/sh
# check.sh - are all requests of a connection answered, in their order?
. "$(dirname "$0")/../lib.sh"

observations='starts two-in-one many-in-one in-pieces afresh'

start_graded 1b --quiet

request() { # NAME
    printf 'GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n' "$1"
}

# talk: sends what stands in $dir/asked, in pieces of so many bytes, and puts
# what was answered into $dir/heard. curl closes when its input has ended and
# the server has nothing more to say.
talk() { # BYTES NUMBER-OF-ANSWERS
    : >"$dir/heard"
    {
        at=0
        size=$(wc -c <"$dir/asked")
        while [ "$at" -lt "$size" ]; do
            tail -c +$((at + 1)) "$dir/asked" | head -c "$1"
            at=$((at + $1))
            [ "$at" -ge "$size" ] || sleep 0.03 # another packet
        done
        wait_until 10 has_answered "$2"
    } | curl -s -N --max-time 4 "telnet://127.0.0.1:$port" >"$dir/heard" 2>&1
    sed -n 's/^You asked for \/\([a-z0-9]*\).*/\1/p' "$dir/heard" |
        tr '\n' ' ' >"$dir/order"
    order=$(cat "$dir/order")
}

has_answered() {
    [ "$(grep -c '^You asked' "$dir/heard")" -ge "$1" ]
}

again 3.4 "make try EX=$exercise, and elsewhere, in bash:
         exec 3<>/dev/tcp/localhost/8080
         echo -en 'GET /a HTTP/1.1\\\\r\\\\n\\\\r\\\\nGET /b HTTP/1.1\\\\r\\\\n\\\\r\\\\n' >&3
         cat <&3"
{ request a && request b; } >"$dir/asked"
talk 1000 2
expect two-in-one "asked for a and b in one packet, it answers: $order" \
    [ "$order" = 'a b ' ]

wanted=
: >"$dir/asked"
for i in $(seq 30); do
    request "n$i" >>"$dir/asked"
    wanted="${wanted}n$i "
done
talk 4000 30
expect many-in-one "asked for n1 to n30 in one packet, it answers: $order" \
    [ "$order" = "$wanted" ]

again 2.1 'as before, with a pause in the middle'
{ request a && request b; } >"$dir/asked"
wrong=
for cut in 3 17 39 41; do
    talk $cut 2
    [ "$order" = 'a b ' ] || wrong="$wrong $cut"
done
expect in-pieces "cut into pieces of$wrong bytes it does not answer both" \
    [ -z "$wrong" ]

request c >"$dir/asked"
talk 1000 1
expect afresh "on a new connection, asked for c, it answers: $order" \
    [ "$order" = 'c ' ]
conclude
