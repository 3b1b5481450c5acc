#!/bin/sh
# over-time.sh - the living and the dead of the fork stages, under one flood.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/over-time.sh [OPTION...] --dir DIR STAGE...
Sends bursts of 40 requests at a time to each of 3a, 3b, 3c and 3d, and shows
how many zombies there are after each burst. 3d has 40 workers, as many as the
others have children then. DIR/zombies-STAGE.tsv gets what build/watch saw
meanwhile.
  --bursts N   so many bursts (3)
  --pause S    so many seconds apart (0.1)
  --ms MS      for a page that takes so many milliseconds (300)
EOT
}

bursts=3 pause_s=0.1 ms=300 data=
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit 0 ;;
    --bursts) bursts=${2:-} ;;
    --pause) pause_s=${2:-} ;;
    --ms) ms=${2:-} ;;
    --dir) data=${2:-} ;;
    *) break ;;
    esac
    shift
    [ $# -eq 0 ] || shift
done
case $bursts in
'' | *[!0-9]* | 0*) usage >&2 && exit 64 ;;
esac
if [ -z "$data" ] || [ $# -eq 0 ]; then
    usage >&2 && exit 64
fi
for stage; do
    case $stage in
    3[a-d]) ;;
    *) usage >&2 && exit 64 ;;
    esac
done
mkdir -p "$data"
data=$(cd "$data" && pwd)
cd "$(dirname "$0")/.."
. scripts/lib.sh

CLIENTS=40 # of a burst

clean_up() {
    end_helpers
    stop_stage
}
end_by clean_up

# start STAGE. Sets living, how many children it has when all is quiet.
start() {
    living=0
    set -- "$1" --quiet
    if [ "$1" = 3d ]; then
        living=$CLIENTS
        set -- "$@" --workers $CLIENTS
    fi
    start_stage "$@"
    wait_until 100 has_children "$server" "$living" ||
        fail "$1 does not have $living children"
}

is_quiet() {
    has_children "$server" "$living" '[^Z]' && is_calm
}

burst() {
    "$build/flood" --quiet -n $CLIENTS -c $CLIENTS --timeout 20 \
        "localhost:$port/slow?ms=$ms" >/dev/null ||
        fail "stage $stage did not answer everybody"
    wait_until 100 is_quiet || fail "the children of $stage live on"
}

record() {
    start "$1"
    "$build/watch" --tsv "$server" >"$data/zombies-$1.tsv" &
    helpers=$!
    sleep 0.2 # so that the picture begins before the flood does
    printf '%-8s' "$1"
    for _ in $(seq "$bursts"); do
        burst
        printf ' %6s' "$(zombies)"
        sleep "$pause_s" # so that it has steps
    done
    echo
    stop_stage
    await_helpers
}

printf '%-8s' answers
for number in $(seq "$bursts"); do
    printf ' %6s' $((number * CLIENTS))
done
echo
for stage; do
    record "$stage"
done
