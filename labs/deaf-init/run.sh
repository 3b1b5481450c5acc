#!/bin/sh
# Lab 13.4 deaf-init: process 1 gets no signal that it has no handler for.
. "$(dirname "$0")/../lib.sh"
. labs/as-init.sh

has_ended() {
    [ ! -e "/proc/$init" ]
}

# lives_after SIGNAL: sent from out here; does it still answer?
lives_after() {
    send "$1" "$init" "$server"
    curl -s --max-time 20 -o /dev/null "http://localhost:$port/hello.txt" &&
        echo lives || echo 'has ended'
}

start_stage_as_init 3c
from_inside=$(call kill-1 | tail -n 1)
after_term=$(lives_after TERM)
send KILL "$init" "$server"
wait_until 50 has_ended && after_kill='has ended' || after_kill=lives
seen "3c as process 1, after TERM, INT, KILL from inside: ${from_inside:-gone}"
seen "after TERM from outside: it $after_term; after KILL from there: it" \
    "$after_kill"
stop_init

# A shell in between does not help: it is the deaf one then.
# shellcheck disable=SC2016 # for that shell
start_as_init sh -c '"$@"; true' sh "$(program_of 3c)" --port 0 --root www \
    --quiet
with_sh=$(lives_after TERM)
stop_init
seen "3c below sh -c, after TERM for the shell: it $with_sh"

# The same below an init that listens.
start_as_init "$(program_of 3f)" -- "$(program_of 3c)" --port 0 --root www \
    --quiet
send TERM "$init" "$server"
wait_until 50 has_ended && with_init='has ended' || with_init=lives
stop_init
seen "3c below an init, after TERM from outside: it $with_init"

deaf_alone() {
    [ "$from_inside" = 'it is 3c_fork_wait_lo and lives' ] &&
        [ "$after_term" = lives ] && [ "$after_kill" = 'has ended' ] &&
        [ "$with_sh" = lives ] &&
        [ "$with_init" = 'has ended' ]
}
verdict 'as process 1 it is deaf to TERM; below an init it is not' deaf_alone
