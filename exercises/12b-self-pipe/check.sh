#!/bin/sh
# check.sh - is the handler one write, and does the main loop bury?
. "$(dirname "$0")/../lib.sh"

observations='starts goes-on buries in-time freeze rests own-pipe
    close-on-exec one-write in-between while-busy errno full-pipe'
: "${tree:?}"

answers() {
    curl -s --max-time 3 "http://127.0.0.1:$port/hello.txt" |
        cmp -s - www/hello.txt
}

# A run that has lost its server to one observation goes on with another.
need_server() {
    if [ -n "$server" ] && answers; then
        return
    fi
    stop_graded
    start_graded 3c --quiet
}

start_graded 3c --quiet

again 11.2 "make try EX=$exercise, and elsewhere:
         for i in 1 2 3 4 5; do curl localhost:8080/hello.txt; done"
good=0
for _ in 1 2 3 4 5; do
    ! answers || good=$((good + 1))
done
expect goes-on "$good of 5 requests, one after the other, were answered
       (the log ends: $(tail -n 1 "$log"))" [ $good -eq 5 ]

need_server
again 12.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 200 -c 20 localhost:8080/hello.txt
         scripts/zombies PID"
got=$(answered -n 200 -c 20 "127.0.0.1:$port/hello.txt")
all_buried
status=$?
expect buries "$got of 200 answers, and then $(zombies) zombies" \
    [ $status -eq 0 ]

# Two clients stay and then leave, one after the other, while nobody comes.
both_in_time() {
    first=$1
    second=$2
    wait_until 40 has_children "$server" 2 || return 1
    send TERM "$first"
    wait_until 20 has_children "$server" 1 || return 1
    send TERM "$second"
    wait_until 20 has_children "$server" 0
}
end_helpers
need_server
again 12.6 "make try EX=$exercise, and in two others: nc localhost 8080
         End one nc, then the other: scripts/zombies PID after each"
all_buried
visit_silently 1
visit_silently 1
# shellcheck disable=SC2086 # two words
both_in_time $helpers
status=$?
end_helpers
expect in-time "two clients leave, one after the other, and nobody comes:
       $(zombies) zombies are left" [ $status -eq 0 ]

need_server
again 11.4 "make try EX=$exercise, and elsewhere: as in 11.4, by hand"
# freeze_leaves_none [COMMAND]
freeze_leaves_none() {
    freeze 8 "$@" && [ "$left" -eq 0 ]
}
freeze_leaves_none
status=$?
expect freeze "$frozen" [ $status -eq 0 ]

# Runnable whenever one looks: it turns in its loop without ever sleeping.
rests() {
    is_dead "$server" && return
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        grep -q '^State:.S' "/proc/$server/status" || return 1
        sleep 0.02
    done
}
need_server
again 12.6 "make try EX=$exercise, one curl, then: top -p PID"
wait_until 30 rests
status=$?
expect rests 'after the last child has died, the server never sleeps' \
    [ $status -eq 0 ]

# The pipe of which the server holds both ends: "FD FLAGS INODE" a line.
pipe_ends() {
    for fd in "/proc/$server/fd"/*; do
        case $(readlink "$fd") in
        pipe:*)
            echo "${fd##*/} $(sed -n 's/^flags:[[:space:]]*//p' \
                "/proc/$server/fdinfo/${fd##*/}") $(readlink "$fd")"
            ;;
        esac
    done | awk '{ line[NR] = $0; inode[NR] = $3; seen[$3]++ }
        END { for (i = 1; i <= NR; i++)
                  if (seen[inode[i]] > 1) print line[i] }'
}

need_server
pipe_ends >"$dir/ends"
again 12.6 "make try EX=$exercise, and elsewhere: ls -l /proc/PID/fd"
expect own-pipe 'there is no pipe of which the server holds both ends' \
    [ -s "$dir/ends" ]
# The last octal digit but six is O_CLOEXEC, on every architecture of Linux
# but a few (alpha, hppa, sparc).
again 9.4 "make try EX=$exercise, and elsewhere:
         grep flags /proc/PID/fdinfo/*     (02000000 is O_CLOEXEC)"
open_ended=$(awk '$2 !~ /[2367]......$/ { printf " %s", $1 }' "$dir/ends")
all_close() {
    [ -s "$dir/ends" ] && [ -z "$open_ended" ]
}
expect close-on-exec "not close-on-exec: descriptors${open_ended:- of a pipe}" \
    all_close

# start_traced [STRACE-OPTION...]: the stage, while strace notes its calls in
# $dir/calls. (strace starts it, for not everybody may attach to a process
# that runs.) Sets traced and port.
start_traced() {
    stop_graded
    rm -f "$dir/strace" "$dir/calls" # of the last time
    strace -qq -o "$dir/calls" "$@" "$graded/3c_fork_wait_loop" --port 0 \
        --root www --quiet 2>"$dir/strace" &
    tracer=$!
    helpers=$tracer
    wait_until 50 tracing
    traced=$(sed -n 's/.*listening on .*, pid \([0-9]*\)$/\1/p' "$dir/strace")
    port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)\/.*/\1/p' "$dir/strace")
    [ -n "$traced" ]
}
tracing() {
    grep -qs 'listening on' "$dir/strace" || is_dead "$tracer"
}
end_traced() {
    if [ -n "$traced" ]; then
        send TERM "$traced" "$tracer"
        wait_until 20 is_dead "$traced" || send KILL "$traced" "$tracer"
    fi
    end_helpers
}

# What the handler calls, as strace sees it: the names between the signal and
# the return from it, a line each time.
handler_calls() {
    awk '/^--- SIGCHLD/ { inside = 1; calls = ""; next }
         /^(rt_)?sigreturn\(/ { if (inside) print calls; inside = 0; next }
         inside { sub(/\(.*/, ""); calls = calls " " $0 }' "$dir/calls"
}
handler_has_run() {
    handler_calls | grep -q .
}
again 12.2 "make try EX=$exercise, and elsewhere:
         strace -p PID     (needs root on some systems), then one curl:
       what stands between SIGCHLD and rt_sigreturn?"
if start_traced; then
    answers
    wait_until 50 handler_has_run
    calls=$(handler_calls | sort -u | sed 's/^ //' | tr '\n' ';')
    expect one-write "the handler calls: ${calls:-nothing}" \
        [ "$calls" = 'write;' ]
else
    cannot one-write "strace says: $(tail -n 1 "$dir/strace")"
fi
end_traced

# Every wait takes a while to return, so that a child can die just after the
# last look for the dead, and before whatever the server does then.
has_looked() {
    tail -n 1 "$dir/calls" | grep -q -e '^wait4(.*= 0 ' -e '^waitid(.*, {}, '
}
# It has heard of the death and sleeps again, or is dead itself.
is_done() {
    is_dead "$traced" || { grep -q '^--- SIGCHLD' "$dir/calls" &&
        grep -q '^State:.S' "/proc/$traced/status"; }
}
has_looked_or_is_done() {
    has_looked || is_done
}
# die_in_between [COMMAND...]: two clients stay; one leaves, and when its child
# was buried and the server has found that no other is dead, the second leaves.
# Then COMMAND runs. Sets moment to yes; to never, if the server does not look
# whether another is dead; or to missed.
die_in_between() {
    moment=missed
    visit_silently 1
    first=$clients
    visit_silently 1
    second=$clients
    wait_until 40 has_children "$traced" 2 || return
    send TERM "$first"
    wait_until 70 has_looked_or_is_done || return
    if is_done; then
        moment=never
        send TERM "$second"
        return
    fi
    send TERM "$second"
    wait_until 20 has_children "$traced" 1 Z || return
    [ $# -eq 0 ] || "$@" || return
    before=$(wc -l <"$dir/calls")
    ! has_looked || moment=yes
}
# Several times, for on a busy machine the moment is easily missed.
try_in_between() {
    for delay in 400000 1000000 3000000; do
        end_traced
        start_traced -e inject="?wait4,?waitid:delay_exit=$delay" || return 1
        die_in_between "$@"
        [ "$moment" = missed ] || return 0
    done
}

again 12.6 "which comes first, burial or empty pipe? And where
       is the byte of a child that dies between the two?"
if try_in_between; then
    wait_until 40 has_children "$traced" 0
    expect in-between "a child died just after the last look for the dead:
       $(count_children "$traced" Z) zombie is left, and nobody was told" \
        has_children "$traced" 0
else
    cannot in-between "strace says: $(tail -n 1 "$dir/strace")"
fi
end_traced

# Are so many clients in the listener's queue? (0A is LISTEN; its "received
# bytes" are clients.)
are_waiting() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf ':%04X' "$port")" -v want="$(printf %08X "$1")" '
            substr($2, length($2) - 4) == port && $4 == "0A" &&
                substr($5, 10) == want { found = 1 }
            END { exit !found }'
}
crowd=20
crowd_comes() {
    visit_silently "$crowd"
    wait_until 20 are_waiting "$crowd"
}
# How many clients were accepted, after the moment, before a child was buried.
taken_first() {
    awk -v from="$before" '
        NR <= from { next }
        /^accept4?\(.*= [0-9]/ { taken++ }
        /^wait4\(.*= [1-9]/ || /^waitid\(.*si_pid=/ { buried = 1; exit }
        END { if (buried) print taken + 0 }' "$dir/calls"
}
has_buried() {
    [ -n "$(taken_first)" ]
}
buries_in_time() {
    has_buried && [ "$taken" -lt "$crowd" ]
}
again 12.6 "look at your loop: if poll says that there is a client,
       and a byte in the pipe too, what does it do?"
if try_in_between crowd_comes && [ "$moment" != yes ]; then
    cannot while-busy 'it was not seen to look whether another child is dead'
elif [ -n "$traced" ]; then
    wait_until 40 has_buried
    taken=$(taken_first)
    expect while-busy "$crowd clients were waiting when a child had died:
       ${taken:-all} were accepted before it was buried" buries_in_time
else
    cannot while-busy "strace says: $(tail -n 1 "$dir/strace")"
fi
end_traced

# The same stage once more, with functions that make its handler run just
# before a look at errno.
again 12.3 "grep -n errno $work/3c_fork_wait_loop.c
       and scripts/lab.sh errno"
compile() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -U_FORTIFY_SOURCE -I"$tree" -O1 -w -c "$@"
}
if { compile "$tree/part3/3c_fork_wait_loop.c" -o "$dir/stage.o" &&
    compile exercises/12b-self-pipe/errno.c -o "$dir/errno.o" &&
    link_again 3c "$dir/stage.o" "$dir/errno.o"; } >"$dir/said" 2>&1; then
    LOOK=$dir/look timeout 10 "$linked/3c_fork_wait_loop" --port 0 \
        --root www --quiet >"$dir/said" 2>&1
    look=$(cat "$dir/look" 2>/dev/null)
    expect errno "main had ENOENT from a call; after the handler errno says:
       ${look:-nothing, for main never waited}" [ "$look" = kept ]
else
    cannot errno "the compiler says: $(tail -n 1 "$dir/said")"
fi

# Fill the pipe to the brim through the server's own descriptor.
fill_pipe() {
    while read -r fd flags _; do
        case $flags in
        *[12]) dd if=/dev/zero "of=/proc/$server/fd/$fd" bs=4096 \
            count=100000 oflag=nonblock 2>/dev/null ;;
        esac
    done <"$dir/ends"
}
goes_on_when_full() {
    [ -s "$dir/ends" ] && freeze_leaves_none fill_pipe && answers
}
need_server
pipe_ends >"$dir/ends"
again 12.6 "make try EX=$exercise, and elsewhere: kill -STOP PID, then
         timeout 1 cat /dev/zero >/proc/PID/fd/FD (its writing end),
         kill -CHLD PID, kill -CONT PID, and a curl"
frozen='there is no pipe to fill'
goes_on_when_full
status=$?
expect full-pipe "with the pipe full: $frozen" [ $status -eq 0 ]
conclude
