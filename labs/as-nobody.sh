# as-nobody.sh - for labs that let a stage run out of processes (sourced after
# lib.sh, POSIX sh): the stage runs as an ordinary user, under a limit.
# shellcheck shell=sh disable=SC2154 # lab_dir is set by lib.sh

# start_limited N PROGRAM [OPTION...]: as start_stage, but the program and its
# children may be N processes.
start_limited() {
    limit=$1
    program=$2
    shift 2
    need nobody
    why=$(scripts/as-nobody "$program" --usage 2>&1) || skip "$why"
    start_program scripts/as-nobody -u "$limit" "$program" --port 0 --root www \
        "$@"
}
