# emperor.sh - what the labs of chapter 17 share (sourced, after lib.sh): an
# emperor over an empty directory, files for it, and how its vassals are.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh

emperor=$(program_of 3f) || exit 1
vassals=$lab_dir/vassals
emperor_log=$lab_dir/emperor

start_emperor() {
    mkdir "$vassals"
    : >"$emperor_log"
    "$emperor" --vassals "$vassals" 2>"$emperor_log" &
    helpers=$! # ended by lib.sh
    await_words 'ready, with 0 vassals'
}

# await_words TEXT [TIMES]: until the emperor has said it so often.
await_words() {
    wait_until 150 has_said "$@" || fail "the emperor never said: $1"
}

has_said() {
    [ "$(grep -c -e "$1" "$emperor_log")" -ge "${2:-1}" ]
}

# put NAME LINE...: a vassal's file, in one step.
put() {
    name=$1
    shift
    printf '%s\n' "$@" 'start-time = 0.1' >"$lab_dir/new"
    mv "$lab_dir/new" "$vassals/$name.ini"
}

# row_of NAME: its line of the table.
row_of() {
    "$emperor" status "$vassals" | awk -v name="$1" '$1 == name'
}

state_of() {
    row_of "$1" | awk '{ print $2 }'
}

# "2/3": so many are up, of so many.
up_of() {
    row_of "$1" | awk '{ print $3 }'
}

# pids_of NAME: in one line; behind the five columns before them, the last of
# which is a date and a time.
pids_of() {
    row_of "$1" | sed 's/^.*:[0-9]* *//'
}

is_in_state() {
    [ "$(state_of "$1")" = "$2" ]
}

# becomes NAME STATE
becomes() {
    wait_until 100 is_in_state "$@" || fail "$1 is $(state_of "$1"), not $2"
}

has_left() {
    [ -z "$(row_of "$1")" ]
}
