#!/bin/sh
# run.sh - runs the test programs given, all .bats files and those in Python,
# shows what each says at its end, and looks whether any of them left a process behind.
set -u

cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
failed=
count=0

run() {
    name=$1
    shift
    count=$((count + 1))
    "$@" </dev/null || failed="$failed $name"
}

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
for program; do
    run "$(basename "$program")" "$program"
done
run bats bats tests/*.bats
for suite in tests/test_family.py tests/test_init.py tests/test_emperor.py; do
    run "$(basename "$suite")" "$suite"
done

# What ran before is the reader's.
remaining=$(left_behind | grep -vxF "$before" || true)
if [ -n "$remaining" ]; then
    echo "left behind: $remaining"
    failed="$failed left-behind"
fi
if [ -n "$failed" ]; then
    echo "FAILED:$failed"
    exit 1
fi
echo "all $count test programs passed"
