#!/bin/sh
# 3b.sh - one wait for every SIGCHLD.
. "$(dirname "$0")/lib.sh"

show_family 'one at a time: no zombie. It looks cured'
try 'a burst: children that die together escape' \
    scripts/curl/burst.sh 3b
try 'stopped while 8 die: one signal, one wait, 7 stay' \
    scripts/freeze.sh 3b 8
