#!/bin/sh
# threads.sh - 3e's workers have two threads each: its tests once more, under
# ThreadSanitizer. A report is a failure, whatever the tests say.
set -eu

cd "$(dirname "$0")/.."
make --no-print-directory -s SAN=thread all
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
status=0
BUILD=build/thread TSAN_OPTIONS="log_path=$reports/report halt_on_error=1" \
    tests/test_family.py "$@" || status=$?
if [ -n "$(ls "$reports")" ]; then
    cat "$reports"/*
    status=1
fi
[ $status -eq 0 ] && echo 'threads: nothing reported'
exit $status
