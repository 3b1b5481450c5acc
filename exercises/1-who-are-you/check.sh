#!/bin/sh
# check.sh - does every client learn its own address and port?
. "$(dirname "$0")/../lib.sh"

observations='starts port address length'
TIMES=5

start_graded 1a

again 1.2 "make try EX=$exercise, and elsewhere:
         curl -w '%{local_ip}:%{local_port}' localhost:8080"
right=0
for _ in $(seq $TIMES); do
    curl -s -m 5 -o "$dir/body" -w '%{local_port}' \
        "http://127.0.0.1:$port/" >"$dir/own"
    said=$(sed 's/.*://' "$dir/body")
    [ "$said" != "$(cat "$dir/own")" ] || right=$((right + 1))
done
expect port "$right of $TIMES ports are the client's; the last was
       $(cat "$dir/own"), and the answer \"$(cat "$dir/body")\"" \
    [ $right -eq $TIMES ]

# All of 127.0.0.0/8 is this machine.
again 1.2 "make try EX=$exercise, and elsewhere:
         curl --interface 127.0.0.9 localhost:8080"
curl -s -m 5 --interface 127.0.0.9 -o "$dir/body" "http://127.0.0.1:$port/"
expect address "to 127.0.0.9 it says \"$(cat "$dir/body")\"" \
    [ "$(sed 's/:[0-9]*$//' "$dir/body")" = 127.0.0.9 ]

again 3.2 "make try EX=$exercise, and elsewhere: curl -i localhost:8080"
curl -s -m 5 -i "http://127.0.0.1:$port/" >"$dir/all"
ended=$?
told=$(sed -n 's/^Content-Length: *\([0-9]*\).*/\1/p' "$dir/all")
is=$(sed '1,/^.$/d' "$dir/all" | wc -c)
expect length "it tells a length of ${told:-none}, $is bytes come, curl: $ended" \
    [ "$ended:$told" = "0:$is" ]
conclude
