#!/bin/sh
# sweep.sh - requests a second and memory, against the number of workers.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/sweep.sh [--tsv FILE]
Runs stage 3e on two processors with 1, 2, 4 ... 64 workers, and asks it, 32
clients at a time, for two pages that both take 25 ms: one computes (cpu), one
sleeps (wait). Shows how many of each it answers in a second, how many
processors it used to compute (used: two, if nobody else does), and how much
memory the workers have that they share with nobody.
  --tsv FILE  also writes that: workers, cpu, used, wait, kib
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

WORKERS='1 2 4 8 16 32 64'
PAGE_MS=25
PROCESSORS=2
CLIENTS=32
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
    "$build/flood" --json --quiet -n "$2" -c $CLIENTS --timeout 60 \
        "127.0.0.1:$port/$1?ms=$PAGE_MS" | json_field requests_per_second
}

# Nanoseconds of processor time that all workers had so far. (The ticks in
# /proc/PID/stat would be too coarse for a worker that computes one page.)
processor_ns() {
    for pid in $(children_of "$server"); do
        cat "/proc/$pid/task/"*/schedstat
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# Sets cpu, the rate, and used, how many processors the workers had meanwhile.
compute() {
    before=$(processor_ns)
    cpu=$(rate burn $CLIENTS)
    used=$(echo "$(processor_ns) $before $cpu" | awk -v requests=$CLIENTS '
        { printf "%.2f", ($1 - $2) / 1e9 / (requests / $3) }')
}

processors=$(some_processors)
printf '%8s %8s %8s %8s %12s\n' workers cpu/s used wait/s 'private KiB'
printf 'workers\tcpu\tused\twait\tkib\n' >"$tsv"
for workers in $WORKERS; do
    start_program taskset -c "$processors" "$server_program" --port 0 \
        --root www --quiet --workers "$workers" \
        --app /burn="$build/labs/knees/burn_app.so"
    wait_until 200 all_are_ready "$workers" || fail "no $workers workers"
    compute
    wait=$(rate slow $((16 * workers)))
    kib=$(private_kib)
    stop_stage
    printf '%8d %8.0f %8.1f %8.0f %12d\n' "$workers" "$cpu" "$used" "$wait" "$kib"
    printf '%d\t%s\t%s\t%s\t%d\n' "$workers" "$cpu" "$used" "$wait" "$kib" \
        >>"$tsv"
done
