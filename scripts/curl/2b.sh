#!/bin/sh
# 2b.sh - applications in C answer, loaded into the server.
stage_options=$(for app in hello environ echo upload counter crash; do
    echo "--app /$app=${BUILD:-build}/apps/$app.so"
done)
. "$(dirname "$0")/lib.sh"

try 'an application answered; nothing was started for it' \
    curl -i "$site/hello"
try 'what it is told: REQUEST_METHOD, QUERY_STRING, ... as a CGI program' \
    curl -A me "$site/environ/more/path?a=b"
try 'a body comes back' \
    curl -i -d 'some body' "$site/echo"
try 'a body is counted' \
    curl --data-binary @www/hello.txt "$site/upload"
try 'a variable lives as long as its process: here, the server' \
    curl "$site/counter" "$site/counter"
try 'still wrong: it crashes, and with it the server' \
    curl "$site/crash?mode=segv"
if [ -n "$server" ]; then # else the log is in your terminal
    try 'the log says who it was' \
        tail -n 1 "$log"
fi
try 'nobody answers any more' \
    curl "$site/hello"
