#!/bin/sh
# check.sh - does the number of workers follow the load, without flapping?
. "$(dirname "$0")/../lib.sh"

observations='starts rises most patient falls slowly least steady'
LEAST=2
MOST=5

# Sets workers, how many there are, and highest, the most that ever were.
highest=0
look() {
    children=/proc/$server/task/$server/children
    if [ -e "$children" ]; then
        workers=$(wc -w <"$children")
    else
        workers=$(count_children "$server")
    fi
    [ "$workers" -le "$highest" ] || highest=$workers
}

there_are() {
    look
    [ "$workers" -eq "$1" ]
}

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}

# within SECONDS COMMAND...: until it succeeds.
within() {
    end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# stays COUNT SECONDS: so many workers, whenever one looks.
stays() {
    end=$(($(now_ms) + $2 * 1000))
    while [ "$(now_ms)" -lt "$end" ]; do
        there_are "$1" || return 1
        sleep 0.05
    done
}

# Each keeps a worker busy for as long as it stays: its answer is large, and it
# reads slowly.
clients_come() {
    for _ in $(seq "$1"); do
        curl -s --limit-rate 50k --max-time 90 -o /dev/null \
            "http://127.0.0.1:$port/large" &
        helpers="$helpers $!"
    done
}

truncate -s 64M "$dir/large"
start_graded 3e --quiet --workers $LEAST --max-workers $MOST \
    --drain-timeout 1 --root "$dir"
within 20 there_are $LEAST || fail "there were never $LEAST workers"

again 18.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 60 -c 12 'localhost:8080/slow?ms=2000'
         curl localhost:8080/status        (meanwhile, and afterwards)"
began=$(now_ms)
clients_come 12
within 20 there_are $MOST
status=$?
took=$(($(now_ms) - began))
expect rises "12 clients come, and there are $workers workers, not $MOST" \
    [ $status -eq 0 ]
# One more would have come by now.
[ $status -ne 0 ] || stays $MOST 3
expect most "there were $highest workers, and $MOST are the most" \
    [ "$highest" -le $MOST ]
expect patient "$MOST were there after $took ms; each of the $((MOST - LEAST))
       should have waited for 1500 ms of need" [ "$took" -ge 4000 ]

again 18.1 "the same: when flood has ended, how long until $LEAST are left?"
began=$(now_ms)
end_helpers
within 20 there_are $LEAST
status=$?
took=$(($(now_ms) - began))
expect falls "all clients have left, and there are still $workers workers" \
    [ $status -eq 0 ]
expect slowly "$LEAST were left after $took ms; each of the $((MOST - LEAST))
       should have been of no use for 1500 ms" [ "$took" -ge 4000 ]
stays $LEAST 4
expect least "nobody comes, and there are $workers workers: $LEAST are the least" \
    [ "$workers" -eq $LEAST ]

# As many clients as workers: nobody waits, and nobody is of no use.
again 18.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 9 -c 3 'localhost:8080/slow?ms=6000'
         then look for 'too many workers' in the log"
clients_come $((LEAST + 1))
within 15 there_are $((LEAST + 1)) && stays $((LEAST + 1)) 5
expect steady "$((LEAST + 1)) clients stay, and there are $workers workers" \
    [ "$workers" -eq $((LEAST + 1)) ]
conclude
