# as-init.sh - for labs that make a program process 1 of a pid namespace
# (sourced after lib.sh, POSIX sh). No privileges are needed: the namespace of
# users makes us root, but only in there.
# shellcheck shell=sh disable=SC2034,SC2154 # lib.sh sets and reads some

init= # the pid of that process 1, as it is called out here

# start_as_init COMMAND...: as start_program, but as process 1. Sets init too.
start_as_init() {
    need unshare
    start_program unshare --user --map-root-user --pid --fork --mount-proc \
        "$@"
    init=$(children_of "$server")
}

# start_stage_as_init 3a [OPTION...]: the same with a stage and our programs.
start_stage_as_init() {
    stage=$1
    program=$(program_of "$1") || exit 1
    shift
    start_as_init "$program" --port 0 --root www --quiet \
        --cgi /cgi-bin=labs/being-init/cgi "$@"
}

# KILL from out here ends process 1, and with it everyone in there. Safe to
# call twice.
stop_init() {
    [ -n "$init" ] || return 0
    send KILL "$init" "$server" || true
    wait "$server" 2>/dev/null || true
    rm -f "$log"
    init='' server=
}
end_by 'stop_init; lab_clean_up'

# call PROGRAM: what it answers to its visitor.
call() {
    curl -s --max-time 20 "http://localhost:$port/cgi-bin/$1"
}
