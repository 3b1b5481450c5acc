#!/bin/sh
# Lab 12.3 errno: a handler cannot spoil a call, only the look at errno after.
. "$(dirname "$0")/../lib.sh"

show "$build/labs/$lab/errno"

told() {
    sed -n "s/^$1.*: *//p" "$lab_dir/said" | tr -s ' '
}
only_between() {
    [ "$(told accept)" = 'EINTR 100 ECHILD 0' ] &&
        [ "$(told 'open.*; no save')" = 'ENOENT 0 ECHILD 100' ] &&
        [ "$(told 'open.*; errno saved')" = 'ENOENT 100 ECHILD 0' ]
}
verdict 'EINTR is safe; between call and look errno is lost unless saved' \
    only_between
