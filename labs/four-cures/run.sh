#!/bin/sh
# Lab 10.5 four-cures: a signal, a debugger, the parent's end, a new parent.
. "$(dirname "$0")/../lib.sh"

MANY=6
tools=$build/labs/four-cures

# Sends one SIGCHLD by hand; prints how many zombies are left.
after_signal() {
    kill -CHLD "$server"
    settle
    zombies
}

# Lets the server itself call waitpid until nobody is dead: by our own tool,
# or by gdb where that does not know the processor.
call_waitpid() {
    scripts/can ptrace >"$lab_dir/why" || return
    "$tools/call-waitpid" "$server" >/dev/null 2>&1 && return
    scripts/can gdb >"$lab_dir/why" || return
    set --
    while [ $# -lt $((2 * MANY)) ]; do
        set -- "$@" -ex 'call (int)waitpid(-1, 0, 1)'
    done
    gdb -batch -p "$server" "$@" >"$lab_dir/why" 2>&1
}

start_stage 3a --quiet
kill_together $MANY
a_before=$(zombies)
a_after=$(after_signal)

# The second cure, for the same six.
if call_waitpid; then
    called=$(zombies)
    curl -s "http://localhost:$port/hello.txt" >/dev/null && well=yes
fi
stop_stage

start_stage 3b --quiet
kill_together $((MANY + 1))
b_before=$(zombies)
b_after=$(after_signal)
b_again=$(after_signal)
stop_stage

start_stage 3c --quiet
kill_together $((MANY + 1))
c_after=$(zombies)
stop_stage

seen "SIGCHLD by hand: 3a $a_before -> $a_after; 3b $b_before -> $b_after" \
    "-> $b_again; 3c needs no hand: $c_after"
if [ -n "${called:-}" ]; then
    seen "a debugger calls waitpid in 3a: $a_after -> $called"
else
    seen "NOT SHOWN, a debugger's call: $(tail -n 1 "$lab_dir/why")"
fi

# Under a parent that adopts; it is stopped at first, so it cannot wait.
start_program "$tools/adopter" "$(program_of 3a)" --port 0 --root www --quiet \
    >"$lab_dir/buried"
adopter=$server
helpers=$adopter
server=$(children_of "$adopter")
kill_together $MANY
before=$(zombies)
pause "$adopter"
kill -TERM "$server"
wait_until 50 has_children "$adopter" $((MANY + 1)) Z || true
adopted=$(($(count_children "$adopter" Z) - 1)) # one is the old parent
kill -CONT "$adopter"
wait "$adopter"
buried=$(($(sed 's/buried //' "$lab_dir/buried") - 1))
seen "3a ends: $before -> $adopted, its parent has them now;" \
    "that parent waits: $((adopted - buried))"

each_in_its_way() {
    [ "$a_before" -eq "$MANY" ] && [ "$a_after" -eq "$MANY" ] &&
        [ "$b_before" -eq "$MANY" ] && [ "$b_after" -eq $((MANY - 1)) ] &&
        [ "$b_again" -eq $((MANY - 2)) ] && [ "$c_after" -eq 0 ] &&
        { [ -z "${called:-}" ] || [ "$called$well" = 0yes ]; } &&
        [ "$before" -eq "$MANY" ] && [ "$adopted" -eq "$MANY" ] &&
        [ "$buried" -eq "$MANY" ]
}
verdict 'only a wait in the parent of the moment removes them' each_in_its_way
