#!/bin/sh
# diff-stage.sh 3c - what a stage changes in the one before it.
set -eu

usage='Usage: scripts/diff-stage.sh STAGE   (1a, 1b, ... 3c)'
case ${1:-} in
--help) echo "$usage" && exit 0 ;;
'') echo "$usage" >&2 && exit 64 ;;
esac
before=/dev/null
for source in part[0-9]/[0-9][a-z]_*.c; do
    case $source in
    */"$1"_*)
        diff -u --label "$before" --label "$source" "$before" "$source" || [ $? -eq 1 ]
        exit ;;
    esac
    before=$source
done
echo "there is no stage $1" >&2
exit 1
