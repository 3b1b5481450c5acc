# lib.sh - what the scripts share (sourced, POSIX sh): start a stage or its
# twin on a free port, wait for things with a limit, look at processes, end
# what was started.
# shellcheck shell=sh disable=SC2034 # names for whoever sources it

build=${BUILD:-build}
no_proxy='*' # localhost is never behind a proxy
export no_proxy

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# end_by COMMAND: however this script ends, COMMAND runs.
end_by() {
    # shellcheck disable=SC2064 # it is known now
    trap "$1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
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

# json_field NAME [FILE]: the number of that name in a line of JSON.
json_field() {
    sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" ${2:+"$2"}
}

# --- What there is to build --------------------------------------------------

# list_stages: their short names, a line each.
list_stages() {
    for source in part[0-9]/[0-9][a-z]_*.c; do
        source=${source##*/}
        echo "${source%%_*}"
    done
}

# source_of 3c: the path of its source; 1 if there is no such stage.
source_of() {
    for source in part[0-9]/"$1"_*.c; do
        [ -e "$source" ] && echo "$source" && return
    done
    echo "${0##*/}: there is no stage $1" >&2
    return 1
}

# program_of 3c: the path of its program, built if it was not.
program_of() {
    source=$(source_of "$1") || exit 1
    program=$build/$(basename "$source" .c)
    # Not the twins, which are made elsewhere: what was edited is made.
    if [ "$build" = build ] || [ ! -x "$program" ]; then
        make -s B="$build" "$1" >&2 || fail "cannot build $1"
    fi
    echo "$program"
}

# twin_of LAB 3c: the path of that stage's twin, built if it was not.
twin_of() {
    made=$(scripts/twin.sh "$1" "$2") || exit 1
    echo "$made/$2_"*
}

# copy_tree DIR: the sources, and what is made of them, so that make has
# little to do there.
copy_tree() {
    mkdir -p "$1/$build"
    cp -a Makefile bench common part? tools tests www scripts labs "$1/"
    for made in common part? tools tests flags; do
        [ ! -e "$build/$made" ] || cp -au "$build/$made" "$1/$build/"
    done
}

# --- Start and stop ----------------------------------------------------------

server=         # the pid of what was started
helpers=        # pids of ours to end with the script
start_tenths=50 # may pass until a program says where it listens

# try_to_start COMMAND...: a program that says where it listens. Sets server
# (its pid), port and log; 1 if it said nothing, or ended instead.
try_to_start() {
    log=$(mktemp)
    "$@" 2>"$log" 3>&- & # 3: bats' own
    server=$!
    wait_until "$start_tenths" has_started_or_ended || true
    port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)\/.*/\1/p' "$log")
    [ -n "$port" ]
}

has_started_or_ended() {
    grep -q 'listening on' "$log" || is_dead "$server"
}

# start_program COMMAND...: the same, or fail.
start_program() {
    try_to_start "$@" && return
    cat "$log" >&2
    fail "$1 did not start"
}

# start_stage 3c [OPTION...]: sets server, port and log.
start_stage() {
    stage=$1
    program=$(program_of "$1") || exit 1
    shift
    start_program "$program" --port 0 --root www "$@"
}

# start_twin_of LAB 3c [OPTION...]: its broken twin, as start_stage.
start_twin_of() {
    stage=$2
    program=$(twin_of "$1" "$2") || exit 1
    shift 2
    start_program "$program" --port 0 --root www "$@"
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

# send SIGNAL PID [PARENT]: to a process that is still our child, or PARENT's;
# a pid that was waited for may be somebody else's by now.
send() {
    ! grep -q "^PPid:[[:space:]]*${3:-$$}\$" "/proc/$2/status" 2>/dev/null ||
        kill -"$1" "$2" 2>/dev/null
}

# End the helpers, frozen or not.
end_helpers() {
    for pid in $helpers; do
        send TERM "$pid" || true
        send CONT "$pid" || true
        wait "$pid" 2>/dev/null || true
    done
    helpers=
}

# Wait until the helpers have ended by themselves.
await_helpers() {
    for pid in $helpers; do
        wait "$pid" || true
    done
    helpers=
}

# --- Processes, seen from /proc ----------------------------------------------

# status_field NAME PID: what stands behind NAME: in its status.
status_field() {
    sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status" 2>/dev/null
}

is_dead() {
    ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null
}

is_stopped() {
    grep -q '^State:.T' "/proc/$1/status"
}

# pause PID: SIGSTOP takes a moment; until then it may still hear of deaths.
pause() {
    kill -STOP "$1"
    wait_until 50 is_stopped "$1" || fail "process $1 did not stop"
}

# children_of PID [STATE]: the pids of all children, or of those in a state (Z,
# [^Z]), a line each.
children_of() {
    cat /proc/[0-9]*/stat 2>/dev/null |
        awk -v parent="$1" -v state="${2:-.}" '
            { pid = $1
              sub(/^.*\) /, "")
              if ($2 == parent && $1 ~ state) print pid }'
}

count_children() {
    children_of "$@" | wc -l
}

# has_children PID COUNT [STATE]
has_children() {
    [ "$(count_children "$1" "${3:-}")" -eq "$2" ]
}

# are_asleep PID: does everyone below PID wait for something?
are_asleep() {
    has_children "$1" 0 '[^S]'
}

# switches PID...: how often they have left a processor, all together.
switches() {
    for each; do
        cat "/proc/$each/status"
    done | awk '/ctxt_switches/ { sum += $2 } END { print sum }'
}

# ticks PID...: of processor time, all together (proc_pid_stat: utime, stime).
ticks() {
    for each; do
        sed 's/.*) //' "/proc/$each/stat"
    done | awk '{ sum += $12 + $13 } END { print sum }'
}

# zombies: how many the started stage has now.
zombies() {
    count_children "$server" Z
}

# Signals that wait for the stage, as a mask: SIGCHLD is bit 16.
pending() {
    status_field ShdPnd "$server"
}

# The stage has heard all signals, and sleeps.
is_calm() {
    [ "$(pending)" = 0000000000000000 ] &&
        grep -q '^State:.S' "/proc/$server/status"
}

has_only_dead() {
    has_children "$server" 0 '[^Z]'
}

# Nobody is alive below the stage, and it sleeps in accept again.
is_settled() {
    has_only_dead && is_calm
}

settle() {
    wait_until 100 is_settled || fail "the children of $stage live on"
}

# --- Clients -----------------------------------------------------------------

# Is anybody connected to the stage?
has_client() {
    [ -n "$(ss -Htn state established "dport = :$port")" ]
}

# time_waits sport|dport: how many lie on that side: the stage's, a client's.
time_waits() {
    ss -Htan state time-wait "$1 = :$port" | wc -l
}

# queue: how many wait to be accepted by the stage.
queue() {
    ss -Hltn "sport = :$port" | awk '{ print $2 }'
}

# has_queue N
has_queue() {
    [ "$(queue)" = "$1" ]
}

# ask_calmly: one request, and until all workers of the stage sleep again.
ask_calmly() {
    "$build/flood" --quiet -n 1 -c 1 "127.0.0.1:$port/hello.txt" >/dev/null ||
        fail "stage $stage did not answer"
    rest
}

# rest: until all workers of the stage sleep.
rest() {
    wait_until 50 are_asleep "$server" || fail "stage $stage does not rest"
}

# await_family: until all workers of 3e are ready.
await_family() {
    wait_until 100 grep -q '] ready, with' "$log" || fail "$stage is not ready"
}

# await_workers N: until the stage has them, and they wait for clients.
await_workers() {
    wait_until 100 has_children "$server" "$1" S || fail "no $1 workers came"
}

# ask_all PATH REQUESTS AT-A-TIME: all are answered, and their children end.
ask_all() {
    "$build/flood" --quiet -n "$2" -c "$3" --timeout 20 "localhost:$port/$1" \
        >/dev/null || fail "stage $stage did not answer everybody"
    settle
}

# answerers: the pid of the worker of 3d that answered, a line a request.
answerers() {
    sed -n 's/^3d worker\[\([0-9]*\)\].* "GET .*/\1/p' "$log"
}

# come_and_stay N OPTION...: N clients do that, 20 s at most. Sets clients, the
# pid of them all, which is among the helpers.
come_and_stay() {
    number=$1
    shift
    # A sanitizer's search for leaks can stand still for ever when a signal comes.
    ASAN_OPTIONS=detect_leaks=0 "$build/flood" --quiet -n "$number" \
        -c "$number" --timeout 20 "$@" "127.0.0.1:$port" >/dev/null 2>&1 &
    clients=$!
    helpers="$helpers $clients"
}

# visit_silently N: N clients come and say nothing.
visit_silently() {
    come_and_stay "$1" --silent
}

# visit_hesitantly N: N clients come and say one letter.
visit_hesitantly() {
    come_and_stay "$1" --drip --gap=20000
}

# kill_together N: N children of the stage, all it has, die with their silent
# clients while it is stopped and cannot hear of it. Then it goes on.
kill_together() {
    visit_silently "$1"
    wait_until 50 has_children "$server" "$1" || fail "no $1 children came"
    pause "$server"
    kill "$clients"
    wait "$clients" 2>/dev/null || true
    wait_until 50 has_children "$server" "$1" Z || fail 'the children live on'
    kill -CONT "$server"
    settle
}
