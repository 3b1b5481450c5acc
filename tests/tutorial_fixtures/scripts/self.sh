#!/bin/bash
# A script with a server of its own that it stops by itself.
here=$(dirname "$0")
"$here/../build/serve" --port "$1" >/dev/null &
server=$!
until "$here/ask.sh" "$1" you 2>/dev/null; do sleep 0.05; done
kill -INT $server
kill $server
wait $server 2>/dev/null
echo over
