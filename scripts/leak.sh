#!/bin/sh
# leak.sh - the memory of two applications, against the requests they had.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/leak.sh [--tsv FILE] REQUESTS     (a multiple of 8)
Sends as many requests to the applications A and B of lab 18.2, each in one
worker of stage 3e, and shows after each eighth by how much its memory has grown
(what it shares with nobody, in KiB).
  --tsv FILE  also writes that: requests, a, b
EOT
}

tsv=/dev/null
case ${1:-} in
--help) usage && exit 0 ;;
--tsv)
    tsv=${2:-}
    shift 2 || true
    ;;
esac
case ${1:-} in
'' | *[!0-9]* | 0*) usage >&2 && exit 64 ;;
esac
if [ $(($1 % 8)) -ne 0 ] || [ -z "$tsv" ]; then
    usage >&2 && exit 64
fi
case $tsv in
/*) ;;
*) tsv=$PWD/$tsv ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
results=$(mktemp -d)
end_by "stop_stage; rm -rf '$results'"

STEP=$(($1 / 8))

is_ready() {
    grep -q 'ready, with 1 workers' "$log"
}

private_kib() {
    awk '/^Private/ { sum += $2 } END { print sum }' \
        "/proc/$(children_of "$server")/smaps_rollup"
}

ask() { # REQUESTS
    "$build/flood" --quiet -k -n "$1" -c 1 --timeout 60 \
        "127.0.0.1:$port/app" >/dev/null || fail 'not all were answered'
}

record() { # A|B
    start_stage 3e --quiet --workers 1 --max-workers 1 \
        --app "/app=$build/labs/leak-or-plateau/${1}_app.so"
    wait_until 200 is_ready || fail 'no worker came'
    ask 1 # the first touches what no other does
    start=$(private_kib)
    for step in 1 2 3 4 5 6 7 8; do
        ask "$STEP"
        printf '%d\t%d\n' $((step * STEP)) $(($(private_kib) - start))
    done >"$results/$1"
    stop_stage
}

record a
record b
join "$results/a" "$results/b" | awk -v tsv="$tsv" '
    BEGIN {
        printf "%8s %8s %8s\n", "requests", "A", "B"
        print "requests\ta\tb" >tsv
    }
    {
        printf "%8d %8d %8d\n", $1, $2, $3
        print $1 "\t" $2 "\t" $3 >tsv
    }'
