#!/bin/sh
# 2a.sh - programs answer: the common gateway interface.
stage_options='--cgi /cgi-bin=part2/cgi-bin'
. "$(dirname "$0")/lib.sh"

try 'a shell script answered' \
    curl -i "$site/cgi-bin/hello.sh"
try 'what a program is told: REQUEST_METHOD, QUERY_STRING, HTTP_...' \
    curl -A me "$site/cgi-bin/env/more/path?a=b"
try 'a body goes in by standard input and comes back' \
    curl -i -d 'some body' "$site/cgi-bin/echo.py"
try 'a line each 200 ms: the answer streams while the program runs' \
    curl -N "$site/cgi-bin/slow.sh"
try 'a path as its Location: the server answers for that, you see no redirect' \
    curl -i "$site/cgi-bin/redirect"
try 'it inherits 0, 1 and 2; the last one is of ls itself' \
    curl "$site/cgi-bin/fds"
try 'nor does it inherit that SIGPIPE is ignored: yes dies of it, 128 + 13' \
    curl "$site/cgi-bin/yes-head"
try '502: it ended with status 3 before it wrote a header' \
    curl -i "$site/cgi-bin/exit3"
try 'what is no program is still a file' \
    curl -i "$site/hello.txt"
