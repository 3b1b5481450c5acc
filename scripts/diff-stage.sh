#!/bin/sh
# diff-stage.sh 3c - what a stage changes in the one before it.
set -eu

case ${1:-} in
--help) echo "Usage: scripts/diff-stage.sh STAGE   (1a, 1b, ... 3c)" && exit 0 ;;
esac
before=/dev/null
for source in part[0-9]/[0-9][a-z]_*.c; do
    case $source in
    */"${1:?which stage?}"_*)
        diff -u --label "$before" --label "$source" "$before" "$source" || [ $? -eq 1 ]
        exit ;;
    esac
    before=$source
done
echo "there is no stage $1" >&2
exit 1
