#!/bin/sh
# Lab 13.5 small-init: one process that buries, forwards, and ends as it should.
. "$(dirname "$0")/../lib.sh"

VISITORS=10
emperor=$(program_of 3f) || exit 1

# start_below_init [OPTION...] -- COMMAND...: sets init.
start_below_init() {
    start_program "$emperor" "$@"
    init=$server
    helpers=$init
}

has_buried() {
    [ "$(grep -c 'buried the orphan' "$log")" -ge "$1" ]
}

# end_init: TERM for the init; sets status to how it ends: 137 if by us.
end_init() {
    kill -TERM "$init"
    wait_until 100 is_dead "$init" || kill -KILL "$init"
    wait "$init" && status=0 || status=$?
    helpers=
    server=
}

# status_of COMMAND...: what the init returns.
status_of() {
    "$emperor" -- "$@" 2>/dev/null && echo 0 || echo $?
}

start_below_init --verbose -- "$(program_of 3c)" --port 0 --root www --quiet \
    --cgi /cgi-bin=labs/being-init/cgi
for _ in $(seq $VISITORS); do
    curl -s --max-time 20 "http://localhost:$port/cgi-bin/orphan" \
        >>"$lab_dir/said" || fail 'no answer'
done
wait_until 100 has_buried $VISITORS || true
left=$(count_children "$init" Z)
end_init
term=$status
buried=$(grep -c 'buried the orphan' "$log")
rm -f "$log"
seen "3c leaves $VISITORS orphans: $buried are buried, $left lie dead"
seen "TERM for the init: 3c gets it, and the init ends with $term"

own=$(status_of sh -c 'exit 7')
# shellcheck disable=SC2016 # for the shell below
killed=$(status_of sh -c 'kill -KILL $$')
missing=$(status_of no-such-program)
seen "exit 7: $own; killed by signal 9: $killed; no such program: $missing"

# A command that says it listens, and does not listen to TERM. Should nobody
# kill it, it ends some time.
# shellcheck disable=SC2016 # for the shell below
start_below_init --grace 0.3 -- sh -c 'trap "" TERM
    echo "listening on http://nothing:1/" >&2
    for _ in $(seq 200); do sleep 0.1; done'
end_init
deaf=$status
seen "it ignores TERM: it is killed, and the init ends with $deaf"
said=$(grep -c 'the command runs 300 ms after being told to, killing' "$log")
rm -f "$log"

as_an_init_should() {
    [ "$buried" -eq "$VISITORS" ] && [ "$left" -eq 0 ] && [ "$deaf" = 137 ] &&
        [ "$term" = 143 ] && [ "$own" = 7 ] && [ "$killed" = 137 ] &&
        [ "$missing" = 127 ] && [ "$said" -eq 1 ]
}
verdict 'orphans are buried, signals arrive, statuses come through' \
    as_an_init_should
