#!/bin/sh
# bench.sh PROGRAM... - processor time of servers for a thousand requests, in
# milliseconds, the cheapest first. To be run from the folder with the Makefile:
#
#     work/14-fastest/bench.sh build/3a_fork_no_wait build/3c_fork_wait_loop
#
# It says that 3a is the cheapest by far. Why is that wrong?
#   A  the first requests are slower, and are counted as well
#   B  the clients need the same processor, and take it from the server
#   C  who is never waited for is never counted
#   D  each client waits for its answer before it asks again
# Write the letter here: ?
. scripts/lib.sh

REQUESTS=300
dir=$(mktemp -d)
clean_up() {
    stop_stage
    rm -rf "$dir"
}
end_by clean_up

# cpu_ms PID: its processor time, and that of the children it has waited for.
cpu_ms() {
    sed 's/.*) //' "/proc/$1/stat" |
        awk -v hertz="$(getconf CLK_TCK)" \
            '{ print 1000 * ($12 + $13 + $14 + $15) / hertz }'
}

cost_of() {
    start_program "$1" --port 0 --root www --quiet
    before=$(cpu_ms "$server")
    "$build/flood" --quiet -n $REQUESTS -c 10 --timeout 20 \
        "localhost:$port/hello.txt" >"$dir/flood"
    wait_until 50 has_only_dead
    used=$(($(cpu_ms "$server") - before))
    stop_stage
    echo "$((1000 * used / REQUESTS)) $1"
}

for program; do
    cost_of "$program"
done >"$dir/costs"
sort -n "$dir/costs"
