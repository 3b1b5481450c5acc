#!/bin/sh
# curve.sh - zombies left, against how many clients ask at a time.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/curve.sh [--runs N] [--tsv FILE] STAGE...     (3a, 3b, 3c)
Sends requests to fork stages, 1, 2, 8, 32 and 128 at a time, and shows how
many zombies each number leaves. Up to 512 requests each; fewer where that
would take long, since every page takes 10 ms. One at a time means: not before
the child of the one before is dead.
  --runs N    N times, and shows the least and the most
  --tsv FILE  also writes every run: stage, at a time, run, requests, zombies
EOF
}

runs=1
tsv=/dev/null
while [ $# -gt 0 ]; do
    case $1 in
    --help) usage && exit 0 ;;
    --runs) runs=${2:-} ;;
    --tsv) tsv=${2:-} ;;
    *) break ;;
    esac
    shift
    [ $# -eq 0 ] || shift
done
case $runs in
'' | *[!0-9]* | 0*) usage >&2 && exit 64 ;;
esac
if [ -z "$tsv" ] || [ $# -eq 0 ]; then
    usage >&2 && exit 64
fi
for stage; do
    case $stage in
    3[a-c]) ;;
    *) usage >&2 && exit 64 ;;
    esac
done

case $tsv in
/*) ;;
*) tsv=$PWD/$tsv ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh

AT_A_TIME='1 2 8 32 128'

results=$(mktemp)
end_by "stop_stage; rm -f '$results'"

requests_at() {
    case $1 in
    1) echo 20 ;;
    2) echo 128 ;;
    *) echo 512 ;;
    esac
}

# The zombies that a stage, just started, has after these requests.
measure() { # STAGE AT-A-TIME
    start_stage "$1" --quiet
    if [ "$2" -eq 1 ]; then
        for _ in $(seq "$(requests_at 1)"); do
            ask_all 'slow?ms=10' 1 1
        done
    else
        ask_all 'slow?ms=10' "$(requests_at "$2")" "$2"
    fi
    left=$(zombies)
    stop_stage
}

# "7" or "5-9" of several runs.
spread() { # STAGE AT-A-TIME
    awk -v stage="$1" -v at="$2" '
        $1 == stage && $2 == at {
            if (!n++ || $5 < least) least = $5
            if ($5 > most) most = $5
        }
        END { print least < most ? least "-" most : least }' "$results"
}

row() {
    printf '%9s %9s' "$1" "$2"
    shift 2
    printf ' %10s' "$@"
    echo
}

row 'at a time' requests "$@"
for at in $AT_A_TIME; do
    for stage; do
        for run in $(seq "$runs"); do
            measure "$stage" "$at"
            printf '%s\t%d\t%d\t%d\t%d\n' "$stage" "$at" "$run" \
                "$(requests_at "$at")" "$left" >>"$results"
        done
    done
    cells=
    for stage; do
        cells="$cells $(spread "$stage" "$at")"
    done
    # shellcheck disable=SC2086 # one word a cell
    row "$at" "$(requests_at "$at")" $cells
done
{
    printf 'stage\tat_a_time\trun\trequests\tzombies\n'
    cat "$results"
} >"$tsv"
