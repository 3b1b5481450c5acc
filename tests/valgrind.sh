#!/bin/sh
# valgrind.sh [STAGE...] - 1c and 3c under 200 requests each: no error and no
# leak, in the server or in any of its children.
set -eu

cd "$(dirname "$0")/.."
. scripts/lib.sh

logs=
clean_up() {
    stop_stage
    [ -z "$logs" ] || rm -rf "$logs"
}
end_by clean_up

start_tenths=300 # valgrind is slow

# As start_stage, but under valgrind.
start_under_valgrind() {
    program=$(program_of "$1") || exit 1
    start_program valgrind --quiet --leak-check=full \
        --show-leak-kinds=definite,possible \
        --errors-for-leak-kinds=definite,possible --log-file="$logs/%p" \
        "$program" --port 0 --root www --quiet
}

[ $# -gt 0 ] || set -- 1c 3c
passed=0 failed=0
for stage; do
    logs=$(mktemp -d)
    start_under_valgrind "$stage"
    "$build/flood" -q -n 150 -c 10 --timeout 60 "localhost:$port/" >"$logs/flood"
    "$build/flood" -q -k -n 50 -c 2 --timeout 60 "localhost:$port/hello.txt" \
        >>"$logs/flood"
    wait_until 300 is_settled || fail "the children of $stage do not end"
    pid=$server
    stop_stage
    # With --quiet it writes complaints only, and "--PID-- WARNING" about
    # system calls that are newer than itself.
    complaints=$(cat "$logs"/[0-9]* | grep '^==' || true)
    if [ ! -e "$logs/$pid" ] || [ -n "$complaints" ]; then
        echo "$complaints" | head -n 60
        failed=$((failed + 1))
    else
        echo "$stage: no leak and no error in $(find "$logs" -name '[0-9]*' |
            wc -l) processes"
        passed=$((passed + 1))
    fi
    rm -rf "$logs"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
