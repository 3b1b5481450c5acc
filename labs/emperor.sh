# emperor.sh - what the labs of chapter 17 share (sourced, after lib.sh): an
# emperor over an empty directory, files for it, how its vassals are, and
# whether one of them answers while something is done to others.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh

emperor=$(program_of 3f) || exit 1
vassals=$lab_dir/vassals
emperor_log=$lab_dir/emperor

start_emperor() {
    mkdir "$vassals"
    : >"$emperor_log"
    "$emperor" --vassals "$vassals" 2>"$emperor_log" &
    emperor_pid=$!
    helpers=$emperor_pid # ended by lib.sh
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

# --- A vassal that is asked --------------------------------------------------

# put_server NAME 'STAGE [OPTION...]' [LINE...]: its program answers, and is up.
put_server() {
    served=$1
    stage=${2%% *}
    program=$(program_of "$stage") || exit 1
    command="$program --port 0 --root www --quiet${2#"$stage"}"
    shift 2
    put "$served" "command = $command" "log = $lab_dir/$served.log" "$@"
    becomes "$served" up
    wait_until 50 grep -q 'listening on' "$lab_dir/$served.log" ||
        fail "$served does not listen"
}

# ask_on NAME: from now on somebody asks that vassal, again and again.
ask_on() {
    url=$(sed -n 's/.*listening on \(http:[^,]*\),.*/\1/p' "$lab_dir/$1.log")
    until [ -e "$lab_dir/$1.enough" ]; do
        curl -s -f -m 10 -o /dev/null "$url/hello.txt" && echo yes || echo no
        sleep 0.02
    done >"$lab_dir/$1.answers" &
    asking=$!
    helpers="$helpers $asking"
    wait_until 50 [ -s "$lab_dir/$1.answers" ] || fail "nobody asks $1"
}

# answered NAME: no more is asked. "all", or how many were.
answered() {
    touch "$lab_dir/$1.enough"
    wait_until 100 is_dead "$asking" || fail 'a client hangs'
    yes=$(grep -c yes "$lab_dir/$1.answers")
    count=$(wc -l <"$lab_dir/$1.answers")
    [ "$yes" -eq "$count" ] && echo all || echo "$yes of $count"
}
