#!/bin/sh
# mutants.sh - proves that our tests can fail: the broken twin of each lab must
# make the test fail that labs/NAME/caught-by names.
set -eu

usage() {
    cat <<'USAGE'
Usage: tests/mutants.sh [LAB]     (or: make check-mutants)
Applies each labs/*/break.patch to a copy of the sources, builds that, and runs
there the test that labs/*/caught-by names, as "PROGRAM FUNCTION", "FILE.bats its
name" or "FILE.py its_name". That test must fail. A lab without caught-by only has
to apply and build.
Prints a line each, JOBS=4 at a time; status 1 if a mutant went unnoticed.
USAGE
}

case ${1:-} in
--help) usage && exit 0 ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
LIMIT_S=120 # for one test program

# The name of the test case that FUNCTION is added to in tests/PROGRAM.c, so
# that only this case need run; nothing if that cannot be seen.
case_of() {
    awk -v function_name="$2" 'BEGIN { RS = ";" }
        /TCase \*/ && /"/ {
            variable = $0
            sub(/.*TCase \*/, "", variable)
            sub(/[ =].*/, "", variable)
            sub(/^[^"]*"/, "")
            sub(/".*/, "")
            name[variable] = $0
        }
        /tcase_add_[a-z_]*test/ && $0 ~ "[ (]" function_name "[,)]" {
            sub(/.*tcase_add_[a-z_]*\(/, "")
            sub(/,.*/, "")
            print name[$0]
            exit
        }' "tests/$1.c"
}

# A line each test: "not ok 1 - FILE:CASE:FUNCTION: MESSAGE", from bats
# "not ok 1 NAME".
has_failed() {
    grep -q -e "^not ok [0-9]* - [^:]*:[^:]*:$1:" -e "^not ok [0-9]* $1\$" \
        "$results"
}

has_failed_or_ended() {
    has_failed "$1" || ! kill -0 "$running" 2>/dev/null
}

# run_until_it_fails PROGRAM FUNCTION: in the twin's tree; what comes after
# that test is of no interest, and often waits in vain for a long time.
run_until_it_fails() {
    : >"$results"
    (cd "$tree" && BUILD=$build CK_RUN_CASE=$only \
        CK_TAP_LOG_FILE_NAME=$results exec timeout $LIMIT_S "$build/$1") \
        >"$said" 2>&1 </dev/null &
    running=$!
    wait_until $((LIMIT_S * 10)) has_failed_or_ended "$2" || true
    kill "$running" 2>/dev/null || true
    status=0
    wait "$running" 2>/dev/null || status=$?
    running=
}

# run_in_bats FILE NAME: in the twin's tree, that test alone.
run_in_bats() {
    status=0
    (cd "$tree" && BUILD=$build exec timeout $LIMIT_S \
        bats --tap --filter "^$2\$" "tests/$1") >"$results" 2>"$said" \
        </dev/null || status=$?
    cat "$results" >>"$said"
}

# run_in_python FILE NAME: the same, of a suite in Python.
run_in_python() {
    status=0
    (cd "$tree" && BUILD=$build exec timeout $LIMIT_S "tests/$1" -k "$2") \
        >"$said" 2>&1 </dev/null || status=$?
    sed -n -E 's/^(FAIL|ERROR): ([a-z0-9_]+) .*/not ok 1 \2/p' "$said" >"$results"
}

# run_test FILE-OR-PROGRAM TEST: sets status; 1 if there is no such test.
run_test() {
    case $1 in
    *.py)
        grep -qF "def $2(" "tests/$1" || return 1
        run_in_python "$1" "$2"
        ;;
    *.bats)
        grep -qF "@test \"$2\" {" "tests/$1" || return 1
        run_in_bats "$1" "$2"
        ;;
    *)
        only=$(case_of "$1" "$2")
        [ -n "$only" ] || return 1
        run_until_it_fails "$1" "$2"
        ;;
    esac
}

# try LAB: sets why, and succeeds if all is as it should be.
try() {
    program=
    test=
    [ ! -e "labs/$1/caught-by" ] || read -r program test <"labs/$1/caught-by"
    case $program in
    '' | *.bats | *.py) made= ;;
    *) made=$build/$program ;;
    esac
    : >"$said"
    programs=$(scripts/twin.sh "$1" all ${made:+"$made"} 2>"$said") || {
        why='there is no twin'
        return 1
    }
    if [ -z "$program" ]; then
        why='applies and builds; nothing to catch'
        return
    fi
    tree=${programs%/"$build"}
    if ! run_test "$program" "$test"; then
        why="tests/$program has no test $test"
        return 1
    elif has_failed "$test"; then
        why="caught by $test"
    elif [ "$status" -eq 0 ]; then
        why="$program does not notice it"
        return 1
    else
        why="$program ends with status $status, but $test did not fail"
        return 1
    fi
}

running=
said=$(mktemp)
results=$(mktemp)
clean_up() {
    [ -z "$running" ] || kill "$running" 2>/dev/null || true
    rm -f "$said" "$results"
}
end_by clean_up
if [ $# -eq 0 ]; then # all of them, each by one of us
    trials=$(mktemp)
    printf '%s\n' labs/*/break.patch | sed 's|labs/\(.*\)/break.patch|\1|' |
        xargs -P "${JOBS:-4}" -n 1 tests/mutants.sh >"$trials" || true
    cat "$trials"
    failed=$(grep -c '^[^ ]* *FAILED ' "$trials" || true)
    echo "$(grep -c '^[^ ]* *ok ' "$trials") passed, $failed failed"
    rm -f "$trials"
    [ "$failed" -eq 0 ]
    exit
fi
[ -e "labs/$1/break.patch" ] || fail "there is no labs/$1/break.patch"
if try "$1"; then
    printf '%-18s %-7s %s\n' "$1" ok "$why"
else
    printf '%-18s %-7s %s\n%s\n' "$1" FAILED "$why" \
        "$(sed 's/^/      | /' "$said")"
    exit 1
fi
