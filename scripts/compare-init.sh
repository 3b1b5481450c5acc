#!/bin/sh
# shellcheck disable=SC2016,SC2086 # scripts for others, and words
# compare-init.sh - what the inits for containers do, side by side: those that
# are installed, each as process 1 of a pid namespace.
set -u

cd "$(dirname "$0")/.." || exit 1
. scripts/lib.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
init=$(program_of 3f) || exit 1
PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH

names=forkyard-init
for name in tini dumb-init catatonit; do
    ! command -v "$name" >/dev/null || names="$names $name"
done

# The words that start an init, in $1; all have their defaults but for a
# shorter patience, where there is one at all.
command_of() {
    case $1 in
    forkyard-init) echo "$init --grace 1 --" ;;
    *) echo "$1 --" ;;
    esac
}

alone='unshare --user --map-root-user --pid --fork --mount-proc --kill-child'

$alone true 2>/dev/null || fail "unshare --user --pid is not allowed here"

# The status of SCRIPT, or of a program, below that init.
status_of_script() {
    words=$(command_of "$1")
    $alone $words sh -c "$2" >/dev/null 2>&1
    echo $?
}

status_of_program() {
    words=$(command_of "$1")
    $alone $words "$2" >/dev/null 2>&1
    echo $?
}

# start NAME SCRIPT: sets pid (of unshare) and init_pid when SCRIPT has made
# the file "up".
start() {
    rm -f "$work"/*
    words=$(command_of "$1")
    $alone $words sh -c "$2" sh "$work" >/dev/null 2>&1 &
    pid=$!
    wait_until 100 test -e "$work/up" || fail "$1 does not start"
    init_pid=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
}

end() {
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

is_gone() {
    ! kill -0 "$init_pid" 2>/dev/null
}

# A signal for the command and for its child.
to_group() {
    start "$1" '(trap "touch $1/child; exit" USR1; touch $1/up
                 while :; do sleep 0.05; done) & trap : USR1
                while :; do wait; done'
    kill -USR1 "$init_pid"
    wait_until 10 test -e "$work/child" && echo yes || echo no
    end
}

# TERM while the command ignores it.
deaf_command() {
    start "$1" 'trap "" TERM; touch "$1/up"; while :; do sleep 0.1; done'
    kill -TERM "$init_pid"
    wait_until 40 is_gone && echo ends || echo 'runs on'
    end
}

# The command ends; a daemon would like to finish what it does.
daemon_told() {
    start "$1" 'setsid sh -c "trap \"touch $1/told; exit\" TERM; touch $1/up
                while :; do sleep 0.05; done" &
                until [ -e "$1/up" ]; do sleep 0.05; done; sleep 0.2'
    wait_until 40 is_gone || true
    [ -e "$work/told" ] && echo yes || echo no
    end
}

# Orphans that end together: how many are zombies a moment later?
orphans_left() {
    start "$1" 'for i in 1 2 3 4 5 6 7 8 9 10; do
                (for j in 1 2 3 4 5 6 7 8 9 10; do sleep 1 & done)
                done; touch "$1/up"; exec sleep 20'
    if wait_until 40 has_children "$init_pid" 1; then
        echo 0
    else
        count_children "$init_pid" Z
    fi
    end
}

row() {
    printf '%-34s' "$1"
    check=$2
    shift 2
    for name in $names; do
        printf '%-15s' "$($check "$name" "$@")"
    done
    echo
}

printf '%-34s' ''
printf '%-15s' $names
echo
row 'status of exit 0' status_of_script 'exit 0'
row 'status of exit 255' status_of_script 'exit 255'
row 'status of kill -KILL $$' status_of_script 'kill -KILL $$'
row 'status of no such command' status_of_program no-such-command
row 'status of what is no program' status_of_program /etc/passwd
row 'zombies of 100 orphans' orphans_left
row 'a signal reaches the whole group' to_group
row 'a daemon is told to end' daemon_told
row 'a command that ignores TERM' deaf_command
