#!/bin/sh
# demo.sh - the kit's main job in a minute: 3a, 3b and 3c under the same flood,
# their zombies counted live; then frozen; a table; and a picture.
set -eu

case ${1:-} in
--help)
    cat <<'EOF'
Usage: scripts/demo.sh      (or: make demo)
Floods 3a, 3b and 3c in turn, counts their zombies live, freezes each of them,
and ends with a table and with build/zombies.svg and .png. Takes a minute.
Ends with status 1 if a stage did not behave as the kit says.
EOF
    exit 0
    ;;
'') ;;
*) echo "demo.sh: takes no arguments; see --help" >&2 && exit 64 ;;
esac

cd "$(dirname "$0")/.."
. scripts/lib.sh

BURSTS=5
CLIENTS=40 # of a burst: they ask at once, so their children die together
requests=$((BURSTS * CLIENTS))
results=$(mktemp -d)
end_of_line=
[ ! -t 1 ] || end_of_line=$(printf '\033[K') # wipes what was longer

clean_up() {
    end_helpers
    stop_stage
    rm -rf "$results"
}
end_by clean_up

idea_of() {
    case $1 in
    3a) echo 'no wait' ;;
    3b) echo 'one wait per signal' ;;
    3c) echo 'wait loop' ;;
    esac
}

# bar N: a mark for every fourth zombie.
bar() {
    awk -v n="$1" 'BEGIN { while (n > 0) { printf "#"; n -= 4 } }'
}

# show ANSWERED: one line; on a terminal, `again` is written over by the next.
show() {
    left=$(zombies)
    line=$(printf '  %3d answered  %3d zombies  %s' "$1" "$left" \
        "$(bar "$left")")
    case ${2:-} in
    again) printf '%s\033[K\r' "$line" ;;
    *) printf '%s%s\n' "$line" "$end_of_line" ;;
    esac
}

burst() {
    "$build/flood" --json --quiet -n $CLIENTS -c $CLIENTS --timeout 20 \
        "localhost:$port/slow?ms=300" >"$results/flood" &
    flood=$!
    helpers="$helpers $flood"
    while kill -0 "$flood" 2>/dev/null && [ -t 1 ]; do
        show "$answered" again
        sleep 0.1
    done
    wait "$flood" || fail "stage $stage did not answer everybody"
    answered=$((answered + $(json_field answered "$results/flood")))
    settle
    show "$answered"
}

flood_stage() {
    start_stage "$1" --quiet
    echo
    echo "$stage  $(idea_of "$stage")  (pid $server)"
    "$build/watch" --tsv "$server" >"$build/zombies-$stage.tsv" &
    helpers=$!
    answered=0
    for _ in $(seq $BURSTS); do
        burst
        sleep 0.7 # so that the picture has steps
    done
    zombies >"$results/$stage.left"
    echo "$answered" >"$results/$stage.answered"
    stop_stage
    await_helpers
}

freeze_stage() {
    scripts/freeze.sh "$1" 8 >"$results/freeze" 2>&1 &
    helpers=$!
    wait "$helpers" || fail "$(cat "$results/freeze")"
    helpers=
    sed 's/^/  /' "$results/freeze"
    sed -n 's/.*goes on: \([0-9]*\) zombies/\1/p' "$results/freeze" \
        >"$results/$1.frozen"
}

row() {
    printf '%-24s %9s %9s %13s %15s\n' "$@"
}

table() {
    row 'stage' 'requests' 'answered' 'zombies left' 'after freeze 8'
    for stage in 3a 3b 3c; do
        row "$stage  $(idea_of "$stage")" "$requests" \
            "$(cat "$results/$stage.answered")" \
            "$(cat "$results/$stage.left")" \
            "$(cat "$results/$stage.frozen")"
    done
}

# expect WHAT CONDITION...: the lesson itself is checked.
expect() {
    what=$1
    shift
    test "$@" || fail "expected $what"
}

echo "Forkyard: $requests requests for each stage, $CLIENTS at a time."
for stage in 3a 3b 3c; do
    flood_stage "$stage"
    freeze_stage "$stage"
done
echo
table
echo
gnuplot -e "out='$build/zombies'; files='$build/zombies-3a.tsv \
$build/zombies-3b.tsv $build/zombies-3c.tsv'" scripts/zombies.gp
echo "picture: $build/zombies.svg and $build/zombies.png"

left_3b=$(cat "$results/3b.left")
expect 'a zombie for every request of 3a' \
    "$(cat "$results/3a.left")" -eq "$requests"
expect '3b to lose some of its children' "$left_3b" -gt 0
expect '3b to bury some of its children' "$left_3b" -lt "$requests"
expect 'no zombie of 3c' "$(cat "$results/3c.left")" -eq 0
expect '3a to keep 8 when frozen' "$(cat "$results/3a.frozen")" -eq 8
expect '3b to keep 7 when frozen' "$(cat "$results/3b.frozen")" -eq 7
expect '3c to keep none when frozen' "$(cat "$results/3c.frozen")" -eq 0
