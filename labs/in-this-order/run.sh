#!/bin/sh
# Lab 7.2 in-this-order: pipes, vfork, dup2, execve; at the end waitpid.
. "$(dirname "$0")/../lib.sh"

need strace

# Who called what, a line for as long as it is the same process. The first call
# was strace's own, to become the server. (Where there is no vfork or dup2,
# another call with more arguments does the same.)
in_order() {
    sed -n -e '1d; /resumed>/d' -e 's/ clone(.*VFORK.*/ vfork(/' \
        -e 's/ dup3(/ dup2(/' -e 's/ wait4(/ waitpid(/' \
        -e 's/^\([0-9]*\) *\([a-z0-9]*\)(.*/\1 \2/p' "$lab_dir/trace" |
        awk -v server="$traced" '
            { who = $1 == server ? "the server:" : "its child: " }
            who != last { printf "%s%s", last ? "\n" : "", last = who }
            { printf " %s", $2 }
            END { print "" }'
}

has_waited() {
    grep -q 'wait4(' "$lab_dir/trace"
}

start_program strace -f -qq -e signal=none -o "$lab_dir/trace" \
    -e trace=pipe2,?vfork,clone,?dup2,dup3,execve,wait4 \
    "$(program_of 2a)" --port 0 --quiet --cgi "/compiled=$build/cgi-bin"
traced=$(children_of "$server")
curl -s "http://localhost:$port/compiled/hello" >/dev/null || fail 'no answer'
wait_until 50 has_waited || true
kill "$traced" # strace ends with it
wait_until 50 is_dead "$server"
stop_stage

show in_order
as_it_should() {
    printf '%s\n' 'the server: pipe2 pipe2 pipe2 vfork' \
        'its child:  dup2 dup2 execve' 'the server: waitpid' |
        cmp -s - "$lab_dir/said"
}
verdict 'the server prepares, its child becomes the program, the server waits' \
    as_it_should
