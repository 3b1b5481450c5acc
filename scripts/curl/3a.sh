#!/bin/sh
# 3a.sh - a child for every client; nobody waits for it.
. "$(dirname "$0")/lib.sh"

show_family 'every request so far left one'
try 'a zombie for every request' \
    scripts/curl/burst.sh 3a
try 'stopped while 8 die: all 8 stay' \
    scripts/freeze.sh 3a 8
