#!/bin/sh
# 1a.sh - one answer for everybody.
. "$(dirname "$0")/lib.sh"

try 'a status line, three headers, an empty line, the body' \
    curl -i "$site/"
try 'whatever is asked, the answer is the same' \
    curl -i "$site/no/such/page"
try 'even to a method nobody has heard of' \
    curl -i -X BREW "$site/coffee"
