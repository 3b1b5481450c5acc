#!/bin/sh
# sweep.sh - requests a second and memory, against the number of workers.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/sweep.sh [--tsv FILE]
Runs stage 3e on two processors with 1, 2, 4, 8 and 16 workers, and asks it for
two pages that both take 25 ms: one computes (cpu), one sleeps (wait). Shows
how many of each it answers in a second, and how much memory the workers have
that they share with nobody.
  --tsv FILE  also writes: workers, cpu, wait (requests a second), KiB
EOT
}

tsv=/dev/null
case ${1:-} in
--help) usage && exit 0 ;;
--tsv) tsv=${2:-} ;;
'') ;;
*) usage >&2 && exit 64 ;;
esac
[ -n "$tsv" ] || { usage >&2 && exit 64; }
case $tsv in
/*) ;;
*) tsv=$PWD/$tsv ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
end_by stop_stage

WORKERS='1 2 4 8 16'
PAGE_MS=25
PROCESSORS=2
AT_A_TIME=32 # so that no worker is ever without work
server_program=$(program_of 3e)

# The first so many that we may use: "0,3".
some_processors() {
    taskset -cp $$ | sed 's/.*: *//' | tr ',' '\n' |
        awk -F- '{ for (i = $1; i <= $NF; i++) print i }' |
        head -n $PROCESSORS | paste -sd,
}

all_are_ready() {
    grep -q "ready, with $1 workers" "$log"
}

# Memory that the workers share with nobody, in KiB.
private_kib() {
    for pid in $(children_of "$server"); do
        cat "/proc/$pid/smaps_rollup"
    done | awk '/^Private/ { sum += $2 } END { print sum }'
}

# rate PATH REQUESTS: answered in a second.
rate() {
    "$build/flood" --json --quiet -n "$2" -c $AT_A_TIME --timeout 60 \
        "127.0.0.1:$port/$1?ms=$PAGE_MS" | json_field requests_per_second
}

processors=$(some_processors)
printf '%8s %8s %8s %12s\n' workers cpu/s wait/s 'private KiB'
printf 'workers\tcpu\twait\tkib\n' >"$tsv"
for workers in $WORKERS; do
    start_program taskset -c "$processors" "$server_program" --port 0 \
        --root www --quiet --workers "$workers" \
        --app /burn="$build/labs/knees/burn_app.so"
    wait_until 200 all_are_ready "$workers" || fail "no $workers workers"
    cpu=$(rate burn 16)
    wait=$(rate slow $((12 * workers + 12)))
    kib=$(private_kib)
    stop_stage
    printf '%8d %8.0f %8.0f %12d\n' "$workers" "$cpu" "$wait" "$kib"
    printf '%d\t%s\t%s\t%d\n' "$workers" "$cpu" "$wait" "$kib" >>"$tsv"
done
