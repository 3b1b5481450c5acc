#!/bin/sh
# run.sh - runs the test programs given, all .bats files and the suites in
# Python, some at a time: most of a test is waiting. Shows what each says, and
# looks whether any of them left a process behind.
set -u

if [ "${1:-}" = --one ]; then # by ourselves: one of them, with its output kept
    shift
    case $1 in
    *.bats) bats "$1" ;;
    *) "$1" ;;
    esac </dev/null >"$KEPT/$(basename "$1")" 2>&1 ||
        touch "$KEPT/$(basename "$1").failed"
    cat "$KEPT/$(basename "$1")" # in one piece: the next may be ending too
    exit 0
fi

cd "$(dirname "$0")/.." || exit 1
. scripts/lib.sh
JOBS=${JOBS:-4}
KEPT=$(mktemp -d)
export KEPT
end_by "rm -rf '$KEPT'"

# Programs of this build that still run, as "pid program".
left_behind() {
    for link in /proc/[0-9]*/exe; do
        exe=$(readlink "$link" 2>/dev/null) || continue
        case $exe in
        "$PWD/$build"/*)
            pid=${link#/proc/}
            echo "${pid%/exe} $exe"
            ;;
        esac
    done
}

before=$(left_behind)
# The longest first, so that none of them is left to run alone.
set -- tests/test_emperor.py tests/test_family.py tests/test_earnest.py \
    tests/test_upgrade.py tests/test_init.py tests/*.bats "$@"
printf '%s\n' "$@" | xargs -P "$JOBS" -n 1 tests/run.sh --one

failed=$(cd "$KEPT" && find . -name '*.failed' | sed 's|^\./\(.*\)\.failed| \1|' | tr -d '\n')
# What ran before is the reader's.
remaining=$(left_behind | grep -vxF "$before" || true)
if [ -n "$remaining" ]; then
    echo "left behind: $remaining"
    failed="$failed left-behind"
fi
[ -z "$failed" ] || echo "FAILED:$failed"
# shellcheck disable=SC2086 # a word for each
bad=$(set -- $failed && echo $#)
echo "$(($# - bad)) passed, $bad failed"
[ "$bad" -eq 0 ]
