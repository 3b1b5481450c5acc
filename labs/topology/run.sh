#!/bin/sh
# Lab 16.1 topology: who is whose child, who can accept, and who serves.
. "$(dirname "$0")/../lib.sh"

good=0

# inodes SS-OPTIONS...: of sockets at the stage's port; 0: nobody has it yet.
inodes() {
    ss -Htne "$@" "sport = :$port" | sed -n 's/.* ino:\([0-9]*\) .*/ \1 /p'
}

# draw PID: "(L c)", if it holds the listener and a client; "(-)" if neither.
draw() {
    listener=$(inodes state listening)
    clients_of_all=$(inodes state established)
    held=
    for socket in $(readlink "/proc/$1"/fd/* |
        sed -n 's/^socket:\[\(.*\)\]$/\1/p'); do
        case $listener in *" $socket "*) held="L $held" ;; esac
        case $clients_of_all in *" $socket "*) held="${held}c " ;; esac
    done
    held=${held% }
    echo "(${held:--})"
}

# The stage and its children, those with clients first.
draw_family() {
    echo "$(draw "$server")$(
        for child in $(children_of "$server"); do
            draw "$child"
        done | LC_ALL=C sort | sed '1s/^/ --- /' | paste -sd ' '
    )"
}

looks_like() {
    drawing=$(draw_family)
    [ "$drawing" = "$1" ]
}

# family DRAWING STAGE [OPTION...]: is that what it looks like?
family() {
    expected=$1
    shift
    start_stage "$@" --quiet
    visit_hesitantly 3
    ! wait_until 50 looks_like "$expected" || good=$((good + 1))
    seen "$(printf '%-16s %s' "$*" "$drawing")"
    end_helpers
    stop_stage
}

seen 'three clients have come; L can accept, c serves one of them'
family '(L c)' 1c
family '(L) --- (c) (c) (c)' 3c
family '(-) --- (L c) (L c) (L c) (L)' 3d --workers 4
family '(L) --- (L c) (L c) (L c) (L)' 3e --workers 4
family '(L) --- (L c)' 3e --workers 1

verdict 'a parent serves nobody, and of workers each serves one' \
    [ "$good" -eq 5 ]
