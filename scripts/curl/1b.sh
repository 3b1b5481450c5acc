#!/bin/sh
# 1b.sh - the request is read and parsed; the answer shows it.
. "$(dirname "$0")/lib.sh"

try 'the answer names the target: the request was parsed' \
    curl -i "$site/what/I/asked?for=this"
try 'a body is read to its end before the answer is written' \
    curl -i -d 'some body' "$site/"
try '400: http-parser does not take this for a method' \
    curl -i -X 'NO(SUCH' "$site/"
try 'still wrong: a HEAD must not get a body (curl: excess data)' \
    curl -v -I --http1.1 "$site/"
