#!/bin/sh
# check.sh - is it an init: does it bury, forward, and return the status?
. "$(dirname "$0")/../lib.sh"

observations='compiles status signalled serves orphan outlives together
    forwards own-end mask rests process-1'
ORPHANS=50

init=$dir/init
again 9.1 "cc -D_GNU_SOURCE -Wall $work/init.c -o init"
compiled() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 "$work/init.c" -o "$init" \
        2>"$dir/said"
}
compiled
status=$?
sed -n "s|^$work/||p" "$dir/said" | head -n 6
expect compiles "the compiler says: $(head -n 1 "$dir/said")" [ $status -eq 0 ]
[ $status -eq 0 ] || conclude

# status_of COMMAND...: what the init returns.
status_of() {
    timeout 20 "$init" "$@" 2>/dev/null
    echo $?
}
again 13.5 "init sh -c 'exit 7'; echo \$?"
got="$(status_of true) $(status_of sh -c 'exit 7') $(status_of no-such-command)"
expect status "for true, \"exit 7\" and a program that is not there it returned
       $got, not 0 7 127" [ "$got" = '0 7 127' ]
# shellcheck disable=SC2016 # for the shell below
got="$(status_of sh -c 'kill -TERM $$') $(status_of sh -c 'kill -KILL $$')"
again 13.5 "init sh -c 'kill -KILL \$\$'; echo \$?"
expect signalled "for commands ended by TERM and by KILL it returned
       $got, not 143 137" [ "$got" = '143 137' ]

# ended_with: how the init ended, KILLed if it does not.
ended_with() {
    wait_until 40 is_dead "$server" || send KILL "$server"
    wait "$server" 2>/dev/null && ended=0 || ended=$?
    rm -f "$log"
    server=
}

# An init that ended before its command has left it behind.
end_command() {
    pid=$(sed -n 's/.*listening on .*, pid \([0-9]*\)$/\1/p' "$1")
    ! grep -qs 3c_fork "/proc/${pid:-none}/cmdline" || kill "$pid"
}

# start_init COMMAND...: one that says it listens, below the init.
start_init() {
    if try_to_start "$init" "$@"; then
        return
    fi
    seen=$(tail -n 1 "$log")
    stop_graded
    return 1
}

again 13.5 'init build/3c_fork_wait_loop --root www
         and elsewhere: a curl, then kill -TERM the pid of init'
seen='it did not start'
if start_init "$(program_of 3c)" --port 0 --root www --quiet; then
    got=$(answered -n 20 -c 5 "127.0.0.1:$port/hello.txt")
    cp "$log" "$dir/log"
    send TERM "$server"
    ended_with
    there=$(answered -n 1 -c 1 "127.0.0.1:$port/hello.txt")
    end_command "$dir/log"
    seen="3c below it gave $got of 20 answers; after TERM for the init this
       ended with $ended, not 143, and 3c gives $there answers more"
    [ "$got $ended $there" = '20 143 0' ] && serves=yes
fi
expect serves "$seen" [ "${serves:-no}" = yes ]

# A command that has orphans, which live until the writing end of a pipe is
# closed: nobody has to end them by pid. It says it listens once all are there.
mkfifo "$dir/hold" "$dir/quit"
cat >"$dir/parent.sh" <<'END'
# parent.sh COUNT DIR: COUNT orphans that wait for DIR/hold; then waits for
# DIR/quit and ends with 7.
for _ in $(seq "$1"); do
    (cat <"$2/hold" >/dev/null &)
done
echo 'listening on http://nothing:1/' >&2
read -r _ <"$2/quit"
exit 7
END

# begin_family COUNT: an init, its command, and so many orphans. The pipes are
# held open by descriptors 8 and 9 of ours.
begin_family() {
    exec 8<>"$dir/hold" 9<>"$dir/quit"
    start_init sh "$dir/parent.sh" "$1" "$dir" 8>&- 9>&- || return 1
    parent=$(pgrep -P "$server" -x sh)
    wait_until 40 has_children "$server" $(($1 + 1))
}
let_orphans_die() {
    exec 8>&-
}
end_family() {
    exec 8>&-
    echo >&9
    ended_with
    exec 9>&-
}

is_quiet_or_dead() {
    is_dead "$server" || has_children "$server" 1
}
again 13.2 'init sh -c "(sleep 3 &) ; sleep 60"
         and elsewhere: ps -o pid,ppid,stat,comm --ppid PID of init, twice'
if begin_family 1; then
    let_orphans_die
    wait_until 40 is_quiet_or_dead
    left=$(count_children "$server")
    expect orphan "an orphan died while the command lived: the init has $left
       children, $(zombies) of them dead; the command should be the only one" \
        [ "$left" -eq 1 ]
    lived=no
    is_dead "$parent" || lived=yes
    end_family
    again 13.5 'init sh -c "(sleep 1 &) ; sleep 3; exit 7"; echo $?'
    expect outlives "an orphan died before the command: this still lived: $lived;
       at the end the init returned $ended, not 7" [ "$lived $ended" = 'yes 7' ]
else
    seen=$(count_children "${server:-0}")
    expect orphan "an orphan lives, and the init has $seen children: is it
       the one who adopts?" false
    [ -z "$server" ] || end_family
fi

again 11.4 "look at your burial: how often does it wait when it is called?"
if [ "${lived:-}" ] && begin_family $ORPHANS; then
    send STOP "$server"
    wait_until 40 is_stopped "$server"
    let_orphans_die
    wait_until 100 has_children "$server" $ORPHANS Z
    send CONT "$server"
    wait_until 40 is_quiet_or_dead
    left=$(zombies)
    expect together "$ORPHANS orphans died while the init was stopped; it went on:
       $left zombies" [ "$left" -eq 0 ]
fi
[ -z "$server" ] || end_family

# A command that notes each signal, and ends after HUP. (A shell that began in
# the background cannot trap INT and QUIT.)
cat >"$dir/noter.sh" <<'END'
for name in HUP USR1 USR2 TERM WINCH CONT; do
    trap "echo $name >>'$1'" $name
done
echo 'listening on http://nothing:1/' >&2
until grep -qs HUP "$1"; do sleep 0.05; done
exit 9
END
has_noted() {
    grep -qsx "$1" "$dir/noted"
}
again 13.5 "init sh -c 'trap \"echo got it\" USR1; while :; do sleep 1; done'
         and elsewhere: kill -USR1 the pid of init"
missed='all: it did not start'
if start_init sh "$dir/noter.sh" "$dir/noted"; then
    missed=
    for name in USR1 TERM WINCH CONT USR2 HUP; do
        send $name "$server" && wait_until 40 has_noted $name && continue
        missed=$name
        break
    done
    has_noted HUP || echo HUP >>"$dir/noted" # then it may end
    ended_with
fi
expect forwards "not handed to the command: $missed" [ -z "$missed" ]
expect own-end "the command heard TERM, went on, and ended with 9; the init
       returned ${ended:-nothing}" [ "${ended:-}" = 9 ]

again 9.1 'init grep Sig /proc/self/status     and the same without init'
masks() {
    timeout 20 "$@" grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -s '\n\t' ' '
}
with=$(masks "$init")
without=$(masks env)
expect mask "the command is born with $with
       and without your init with $without" [ "$with" = "$without" ]

# Runnable whenever one looks: it turns in its loop without ever sleeping.
rests() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -q '^State:.S' "/proc/$server/status" || return 1
        sleep 0.02
    done
}
ticks() {
    sed 's/.*) //' "/proc/$server/stat" | cut -d' ' -f12,13 | tr ' ' +
}
again 12.6 'init sleep 60, and elsewhere: top -p the pid of init'
seen='it did not start'
rests=no
if begin_family 0; then
    wait_until 30 rests && [ $(($(ticks))) -lt 20 ] && rests=yes
    seen='while nothing happens, the init never sleeps'
    # A look every few milliseconds is no sleep.
    before=$(status_field voluntary_ctxt_switches "$server")
    sleep 0.5
    after=$(status_field voluntary_ctxt_switches "$server")
    if [ $((after - before)) -gt 10 ]; then
        rests=no
        seen="while nothing happened it woke up $((after - before)) times in half a
       second"
    fi
fi
[ -z "$server" ] || end_family
expect rests "$seen" [ $rests = yes ]

# As process 1: its own children, and TERM from outside.
again 13.4 "unshare --user --map-root-user --pid --fork --mount-proc \\
           init build/3c_fork_wait_loop --root www
         and elsewhere: kill -TERM the pid that init has there"
if why=$(scripts/can unshare); then
    seen='it did not start'
    if try_to_start unshare --user --map-root-user --pid --fork --mount-proc \
        --kill-child "$init" sh "$dir/noter.sh" "$dir/noted-1"; then
        inner=$(children_of "$server")
        send TERM "$inner" "$server"
        wait_until 40 grep -qsx TERM "$dir/noted-1"
        send HUP "$inner" "$server"
        wait_until 40 is_dead "$server" || send KILL "$inner" "$server"
        wait "$server" && ended=0 || ended=$?
        server=
        rm -f "$log"
        heard=$(sort -u "$dir/noted-1" 2>/dev/null | tr '\n' ' ')
        seen="as process 1 it handed on: ${heard:-nothing }of HUP TERM, and ended
       with $ended, not 9"
    fi
    expect process-1 "$seen" [ "${heard:-} $ended" = 'HUP TERM  9' ]
else
    cannot process-1 "$why"
fi
conclude
