#!/bin/sh
# Lab 7.3 ways-to-fail: what the client reads, and what the log knows.
. "$(dirname "$0")/../lib.sh"

start_stage 2a --quiet --cgi /cgi-bin=part2/cgi-bin --cgi-timeout 0.3

# Each of the samples that fail: status, and the line that the log got.
statuses=
for name in exit3 segv empty no-header forever; do
    status=$(curl -s -m 10 -o /dev/null -w '%{http_code}' \
        "http://localhost:$port/cgi-bin/$name")
    statuses="$statuses$status "
    seen "$status  $(sed -n "s/^[^ ]* \(cgi $name: .*\)/\1/p" "$log")"
done
left=$(count_children "$server")
seen "processes left below the server: $left"

each_for_its_reason() {
    [ "$statuses" = '502 502 502 502 504 ' ] && [ "$left" -eq 0 ] &&
        grep -q 'exit3: exited with status 3 ' "$log" &&
        grep -q 'segv: killed by signal 11 ' "$log" &&
        grep -q 'empty: exited with status 0 before a header' "$log" &&
        grep -q 'no-header: a header line is not ' "$log" &&
        grep -q 'forever: neither read nor wrote for too long' "$log"
}
verdict 'the client learns which kind it was, the log which reason' \
    each_for_its_reason
