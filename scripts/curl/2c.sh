#!/bin/sh
# 2c.sh - a Python application answers: WSGI.
stage_options='--wsgi /app=plain:app --wsgi-path part2/wsgi'
. "$(dirname "$0")/lib.sh"

try 'one block of body: the server says how long it is' \
    curl -i "$site/app/hello"
try 'the environ: SCRIPT_NAME and PATH_INFO split the path' \
    curl -A me "$site/app/environ?a=b"
try 'a body streams in and out again' \
    curl -i -d 'some body' "$site/app/echo"
try 'a generator: each block leaves when it is made' \
    curl -N "$site/app/stream"
try '500: it raised an exception, and the log has the traceback' \
    curl -i "$site/app/raise"
try 'the same after a block has left: curl sees that the rest is missing' \
    curl -i "$site/app/raise-late"
try 'what is not below the prefix is a file' \
    curl -i "$site/hello.txt"
