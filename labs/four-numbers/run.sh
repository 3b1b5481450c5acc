#!/bin/sh
# Lab 1.2 four-numbers: two addresses and two ports name a connection.
. "$(dirname "$0")/../lib.sh"

# The server's end of the connection, as "LOCAL PEER".
of_server() {
    ss -Htn state established "sport = :$port" | awk '{ print $3, $4 }'
}

has_both() {
    [ "$(of_server | wc -l)" -eq 2 ]
}

start_stage 3c --quiet
for i in 1 2; do
    curl -s -o /dev/null -w '%{local_port}\n' \
        "http://127.0.0.1:$port/slow?ms=700" >"$lab_dir/curl-$i" &
    helpers="$helpers $!"
done
wait_until 50 has_both || fail 'the two did not connect'
of_server >"$lab_dir/ends"
await_helpers
while read -r own peer; do
    seen "the server's end: $own, the other: $peer"
done <"$lab_dir/ends"
sort "$lab_dir/curl-1" "$lab_dir/curl-2" >"$lab_dir/told"
sed 's/.*://' "$lab_dir/ends" | sort >"$lab_dir/peers"
# shellcheck disable=SC2046 # two words
seen "the ports that the two curls were given:" $(cat "$lab_dir/told")

only_the_last_differs() {
    cmp -s "$lab_dir/told" "$lab_dir/peers" &&
        [ "$(cut -d' ' -f1 "$lab_dir/ends" | sort -u)" = "127.0.0.1:$port" ] &&
        [ "$(sort -u "$lab_dir/told" | wc -l)" -eq 2 ]
}
verdict "the server's end is the same twice; the clients' ports differ" \
    only_the_last_differs
