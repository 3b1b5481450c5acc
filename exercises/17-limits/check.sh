#!/bin/sh
# check.sh - is each greedy vassal stopped by its own limit, and nobody else?
. "$(dirname "$0")/../lib.sh"

observations='starts memory files only-memory only-files again
    emperor-is-free web-is-free web-answers'

vassals=$dir/vassals
mkdir "$vassals"
if ! why=$(scripts/can python); then
    for name in $observations; do
        cannot "$name" "$why"
    done
    conclude
fi

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

# limits PID: of addresses and of open files.
limits() {
    awk '/^Max address space/ { addresses = $4 }
         /^Max open files/ { files = $4 }
         END { print addresses, files }' "/proc/$1/limits"
}

web_pid() {
    build/3f_emperor status "$vassals" 2>/dev/null |
        awk '$1 == "web" && $2 == "up" { print $NF }'
}

web_answers() {
    port=$(sed -n 's/.*listening on http:.*:\([0-9]*\)\/.*/\1/p' "$dir/log" |
        tail -n 1)
    [ -n "$(web_pid)" ] && curl -s --max-time 5 \
        "http://127.0.0.1:$port/hello.txt" | cmp -s - www/hello.txt
}

# What the vassal said last, and how far it came: "took 61 memory: ...".
said() {
    grep '^took' "$vassals/$1.log" 2>/dev/null | tail -n 1
}

came_to() {
    said "$1" | sed -n 's/^took \([0-9]*\) .*/\1/p'
}

is_between() { # LOW NUMBER HIGH
    [ -n "$2" ] && [ "$2" -ge "$1" ] && [ "$2" -le "$3" ]
}

has_said() {
    [ "$(grep -c '^took' "$vassals/$1.log" 2>/dev/null)" -ge "${2:-1}" ]
}

PORT=0 "$work/household.sh" "$vassals" >"$dir/log" 2>&1 &
emperor=$!
helpers=$emperor

again 17.1 "mkdir -p work/vassals; $work/household.sh work/vassals"
within 20 web_answers
status=$?
expect starts "web does not answer (the log ends: $(tail -n 1 "$dir/log"))" \
    [ $status -eq 0 ]
[ $status -eq 0 ] || conclude
web=$(web_pid)

again 17.4 "the same, and then: cat work/vassals/memory.log"
within 20 has_said memory
got=$(came_to memory)
expect memory "memory says: $(said memory)" is_between 40 "$got" 99
again 17.4 "the same, and then: cat work/vassals/files.log"
within 20 has_said files
got=$(came_to files)
# The three of every process, and those of Python, are among the 40.
expect files "files says: $(said files)" is_between 25 "$got" 39

limits_of() {
    sed -n 's/^limits: //p' "$vassals/$1.log" | tail -n 1
}
own=$(limits $$)
again 17.4 "the same, and then: cat work/vassals/*.log; ulimit -v; ulimit -n"
found=$(limits_of memory)
expect only-memory "memory may have (addresses, files) $found; you: $own" \
    [ "${found#* }" = "${own#* }" ]
found=$(limits_of files)
expect only-files "files may have (addresses, files) $found; you: $own" \
    [ "${found% *}" = "${own% *}" ]

again 17.1 "the same, and then: build/3f_emperor status work/vassals"
both_again() {
    has_said memory 2 && has_said files 2
}
within 30 both_again
status=$?
expect again "they ended, and were not both started again" [ $status -eq 0 ]

again 17.4 "the same, and then: cat /proc/PID/limits of the emperor, of web"
found=$(limits "$emperor")
expect emperor-is-free "the emperor's limits are: $found; yours: $own" \
    [ "$found" = "$own" ]
found=$(limits "$web")
expect web-is-free "web's limits are: $found; yours: $own" [ "$found" = "$own" ]
same_and_answers() {
    [ "$(web_pid)" = "$web" ] && web_answers
}
within 10 same_and_answers
status=$?
expect web-answers "web (pid $web) does not answer, or is another process" \
    [ $status -eq 0 ]
conclude
