# lib.sh - what the scripts share (sourced, POSIX sh): start a stage on a free
# port, wait for things with a limit, end what was started.
# shellcheck shell=sh disable=SC2034 # names for whoever sources it

build=${BUILD:-build}
no_proxy='*' # localhost is never behind a proxy
export no_proxy

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# wait_until TENTHS COMMAND...: until COMMAND succeeds; 1 if it never did.
wait_until() {
    tries=$(($1 * 5))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.02
    done
}

# program_of 3c: the path of its program, built if it was not.
program_of() {
    for source in part[0-9]/"$1"_*.c; do
        [ -e "$source" ] || fail "there is no stage $1"
        program=$build/$(basename "$source" .c)
        # Not the twins, which are made elsewhere: what was edited is made.
        if [ "$build" = build ] || [ ! -x "$program" ]; then
            make -s B="$build" "$1" >&2 || fail "cannot build $1"
        fi
        echo "$program"
        return
    done
}

# start_stage 3c [OPTION...]: sets server (its pid), port and log.
start_stage() {
    stage=$1
    program=$(program_of "$1") || exit 1
    shift
    log=$(mktemp)
    "$program" --port 0 --root www "$@" 2>"$log" 3>&- & # 3: bats' own
    server=$!
    if ! wait_until 50 grep -q 'listening on' "$log"; then
        cat "$log" >&2
        fail "stage $stage did not start"
    fi
    port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)\/.*/\1/p' "$log")
}

# Ends the stage and waits for it, frozen or not. Safe to call twice.
stop_stage() {
    [ -n "${server:-}" ] || return 0
    kill -TERM "$server" 2>/dev/null || true
    kill -CONT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -f "$log"
    server=
}

# count_children PID [STATE]: all children, or those in a state, from /proc.
count_children() {
    cat /proc/[0-9]*/stat 2>/dev/null |
        awk -v parent="$1" -v state="${2:-}" '
            { sub(/^.*\) /, "")
              if ($2 == parent && (state == "" || $1 == state)) n++ }
            END { print n + 0 }'
}

has_children() {
    [ "$(count_children "$1" "${3:-}")" -eq "$2" ]
}

# is_settled: nobody is alive below the stage, it has heard all signals, and
# sleeps in accept again.
is_settled() {
    has_children "$server" "$(count_children "$server" Z)" &&
        grep -q '^State:.S' "/proc/$server/status" &&
        grep -q '^ShdPnd:.0*$' "/proc/$server/status"
}
