#!/bin/sh
# 1c.sh - files as HTTP/1.1 asks, one client at a time.
. "$(dirname "$0")/lib.sh"

try 'a file, its type, its length' \
    curl -i "$site/hello.txt"
try 'HEAD: the same headers, no body' \
    curl -I "$site/hello.txt"
try '404: there is no such file' \
    curl -i "$site/nowhere"
try '404: nobody climbs out of the root' \
    curl -i --path-as-is "$site/../Makefile"
try '405, and the header Allow says what is possible' \
    curl -i -X DELETE "$site/hello.txt"
try '501: a method it does not know' \
    curl -i -X BREW "$site/"
try 'two files over one connection: the second opens none' \
    curl -w 'new connections: %{num_connects}\n' "$site/hello.txt" \
    "$site/hello.txt"
try 'an HTTP/1.0 client: the connection is closed after the answer' \
    curl -i --http1.0 "$site/hello.txt"
try 'still wrong: of two slow pages at once one waits for the other' \
    curl --parallel --parallel-immediate --parallel-max 2 \
    -H 'Connection: close' -w '%{time_total} s\n' "$site/slow?ms=500" "$site/slow?ms=500"
