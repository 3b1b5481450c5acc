#!/bin/sh
# Lab 18.4 one-lock: of two Python threads one can run, of two processes both.
. "$(dirname "$0")/../lib.sh"

need python
python3 labs/one-lock/jobs.py >"$lab_dir/jobs" 2>"$lab_dir/why" ||
    skip "$(tail -n 1 "$lab_dir/why")"

# field NAME NUMBER
field() {
    awk -F '\t' -v name="$1" -v field="$2" '$1 == name { print $field }' \
        "$lab_dir/jobs"
}
for way in 'in turn' threads processes; do
    seen "$(printf '%-10s %s s, %s can run at a time' "$way:" \
        "$(field "$way" 2)" "$(field "$way" 3)")"
done

# The lock is handed over every few milliseconds, so now and then both can.
only_processes_overlap() {
    awk -F '\t' '{ can[$1] = $3 }
        END { exit !(can["threads"] > 0.7 && can["threads"] < 1.4 &&
                     can["processes"] > 1.6) }' "$lab_dir/jobs"
}
verdict 'two threads share one lock; two processes have one each' \
    only_processes_overlap
