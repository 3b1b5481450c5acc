#!/bin/sh
# designs.sh - what four designs cost and give, on this machine.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/designs.sh [--runs N]
Sends 400 requests, from 8 clients at a time, to each of 1c, 3c, 3d and 3e (both
with 4 workers), in N turns (5), and shows for each design
  processes   how many it is while 8 clients are connected and say nothing,
  memory      and its share of the machine's memory then: of pages that several
              processes have in common, each is charged its part (PSS)
  requests/s  the least and the most of the runs
  p99         within how many ms 99 of 100 had their answer, the same way
  CPU         processor time of all its processes for a thousand requests
The clients need the processor too, and so does whatever else runs here: what
can be compared is rows of one table, as far as their spans do not overlap.
EOT
}

runs=5
case ${1:-} in
--help) usage && exit 0 ;;
--runs) runs=${2:-} ;;
'') ;;
*) usage >&2 && exit 64 ;;
esac
case $runs in
'' | *[!0-9]* | 0*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh

REQUESTS=400
CLIENTS=8
dir=$(mktemp -d)

clean_up() {
    stop_stage
    end_helpers
    rm -rf "$dir"
}
end_by clean_up

idea_of() {
    case $1 in
    1c) echo 'one after the other' ;;
    3c) echo 'a child for each' ;;
    3d) echo '4 workers' ;;
    3e) echo '4 workers, supervised' ;;
    esac
}

# start STAGE [OPTION...]: one that takes its turns until the end.
start() {
    start_stage "$@" --quiet
    helpers="$helpers $server"
    echo "$server $port" >"$dir/$stage.server"
    rm -f "$log"
    server=
}

# turn_of STAGE: sets server and port for as long as it is its turn.
turn_of() {
    stage=$1
    read -r server port <"$dir/$1.server"
}

ask() {
    "$build/flood" --json --quiet -n $REQUESTS -c $CLIENTS --timeout 20 \
        "localhost:$port/hello.txt" >"$dir/tally" ||
        fail "$stage did not answer everybody"
}

watched() {
    "$build/watch" --json "$server" >"$dir/sample"
    json_field "$1" "$dir/sample"
}

# All its processes sleep: the clients are where they will stay.
rests() {
    [ -z "$(children_of "$server" '[^S]')" ] &&
        [ "$(count_children "$server")" -ge "$1" ]
}

measure_crowd() {
    case $stage in
    1c) children=0 ;;
    3c) children=$CLIENTS ;;
    *) children=4 ;;
    esac
    visit_silently $CLIENTS
    wait_until 50 has_client || fail "nobody reaches $stage"
    wait_until 100 rests "$children" || fail "$stage never rests"
    echo "$(($(watched alive) + 1)) $(watched pss_kb)" >"$dir/$stage.crowd"
    send TERM "$clients"
    wait "$clients" 2>/dev/null || true
}

measure_run() {
    before=$(watched cpu_ms)
    ask
    wait_until 50 rests 0 || true # then all its children are buried
    after=$(watched cpu_ms)
    echo "$(json_field requests_per_second "$dir/tally")" \
        "$(json_field p99_ms "$dir/tally")" $((after - before)) \
        >>"$dir/$stage.runs"
}

row() {
    printf '%-4s %-22s %9s %8s %15s %13s %8s\n' "$@"
}

show() {
    read -r processes pss_kb <"$dir/$stage.crowd"
    # shellcheck disable=SC2046 # a word a column
    row "$stage" "$(idea_of "$stage")" "$processes" "$pss_kb" \
        $(awk -v requests=$REQUESTS '
            NR == 1 || $1 < low { low = $1 }
            NR == 1 || $1 > high { high = $1 }
            NR == 1 || $2 < fast { fast = $2 }
            NR == 1 || $2 > slow { slow = $2 }
            { cpu += $3 }
            END { printf "%.0f-%.0f %.1f-%.1f %.0f\n", low, high, fast, slow,
                      1000 * cpu / NR / requests }' "$dir/$stage.runs")
}

start 1c
start 3c
start 3d --workers 4
start 3e --workers 4
for stage in 1c 3c 3d 3e; do
    turn_of $stage
    ask # what is done once only, is done now
    wait_until 50 rests 0 || true
    measure_crowd
done
for _ in $(seq "$runs"); do
    for stage in 1c 3c 3d 3e; do
        turn_of $stage
        measure_run
    done
done
row '' design processes 'mem. KiB' requests/s 'p99 ms' 'CPU ms'
for stage in 1c 3c 3d 3e; do
    show
done
