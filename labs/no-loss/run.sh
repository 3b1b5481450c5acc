#!/bin/sh
# Lab 16.6 no-loss: workers and binary are replaced while clients come.
. "$(dirname "$0")/../lib.sh"

counted() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        sed -n "s/.*\"$1\":\([0-9]*\),\"workers\".*/\1/p"
}

start_flood() {
    "$build/flood" --json -n 5000 -c 8 --timeout 20 \
        "127.0.0.1:$port/hello.txt" >"$lab_dir/flood" &
    flood=$!
}

# What became of the flood's requests, in words.
outcome() {
    echo "$(json_field answered "$lab_dir/flood") answered," \
        "$(json_field refused "$lab_dir/flood") refused," \
        "$(json_field reset "$lab_dir/flood") reset"
}

start_family --workers 4
start_flood
reloads=0
while kill -0 $flood 2>/dev/null; do
    kill -HUP "$server"
    reloads=$((reloads + 1))
    sleep 0.05
done
wait $flood
by_reload=$(outcome)
generation=$(counted generation)
seen "5000 requests during $reloads reloads: $by_reload"

start_flood
kill -USR2 "$server"
wait $flood
by_upgrade=$(outcome)
wait_until 100 is_upgraded && upgraded=yes || upgraded=no
seen "5000 requests during an upgrade: $by_upgrade;" \
    "the same process runs the next binary: $upgraded"

kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
rm -f "$log"
curl -s "http://localhost:$port/hello.txt"
seen "stopped, to be started again, it would have refused: curl says $?"

nothing_is_lost() {
    [ "$by_reload" = '5000 answered, 0 refused, 0 reset' ] &&
        [ "$by_upgrade" = "$by_reload" ] && [ "$generation" -gt 1 ] &&
        [ "$upgraded" = yes ] && [ "$status" -eq 0 ]
}
verdict 'no client notices a reload, nor an upgrade' nothing_is_lost
