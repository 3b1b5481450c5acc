#!/bin/sh
# 3c.sh - every SIGCHLD empties the graveyard.
. "$(dirname "$0")/lib.sh"

show_family 'one at a time: no zombie'
try 'a burst: none' \
    scripts/curl/burst.sh 3c
try 'stopped while 8 die: one signal, one loop, none stays' \
    scripts/freeze.sh 3c 8
