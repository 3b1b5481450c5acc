#!/bin/sh
# check.sh - is a head that is too long refused, and does the client hear it?
. "$(dirname "$0")/../lib.sh"

observations='starts limit received drip bodies goes-on'
sender=$dir/sender
${CC:-cc} -D_GNU_SOURCE -O1 exercises/2-too-long/sender.c -o "$sender" ||
    fail 'cannot build sender.c'

start_graded 1b --quiet

again 2.1 "make try EX=$exercise, and elsewhere:
         curl -i -H \"X: \$(head -c 20000 /dev/zero | tr '\\0' x)\" localhost:8080"
longest=$("$sender" "$port" 16384 0)
too_long=$("$sender" "$port" 16385 0)
exact() {
    [ "${longest% *}" = 200 ] && [ "${too_long% *}" = 431 ]
}
expect limit "16384 bytes are answered ${longest% *}, 16385 are ${too_long% *}" \
    exact

again 2.2 "make try EX=$exercise, and elsewhere:
         curl -i -H \"X: \$(head -c 100000 /dev/zero | tr '\\0' x)\" localhost:8080"
heard=$("$sender" "$port" 100000 300000)
expect received "who goes on sending hears (status, and how it ended): $heard" \
    [ "$heard" = '431 end' ]

again 2.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 1 -c 1 --drip localhost:8080"
"$build/flood" --json --quiet -n 1 -c 1 --drip "localhost:$port" >"$dir/told"
dripped=$(json_field status_2xx "$dir/told")
expect drip 'a request that comes byte by byte is not answered with 200' \
    [ "$dripped" = 1 ]

again 2.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 1 -c 1 --body 100000 localhost:8080"
"$build/flood" --json --quiet -n 1 -c 1 --body 100000 "localhost:$port" \
    >"$dir/told"
taken=$(json_field status_2xx "$dir/told")
expect bodies 'a request with a body of 100000 bytes is not answered with 200' \
    [ "$taken" = 1 ]

# A client that sends as long as it is read.
again 2.2 "make try EX=$exercise, and elsewhere, in two terminals, bash:
         (printf 'GET / HTTP/1.1\\r\\nX: '; yes) >/dev/tcp/localhost/8080
         curl localhost:8080"
"$sender" "$port" 100000 1000000000000 >"$dir/endless" &
helpers=$!
wait_until 50 has_client
curl -s -m 6 -o /dev/null "http://127.0.0.1:$port/"
expect goes-on 'behind a client that never stops, nobody is answered' [ $? -eq 0 ]
conclude
