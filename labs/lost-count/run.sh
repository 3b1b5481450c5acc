#!/bin/sh
# Lab 9.2 lost-count: after fork a variable is a copy; a shared page is not.
#
# The patch adds a page that counts instead of breaking something, so no test
# can be asked to find it, and it is longer than a fault.
. "$(dirname "$0")/../lib.sh"

start_twin 3a --quiet
i=0
while [ $i -lt 10 ]; do
    i=$((i + 1))
    curl -s "http://localhost:$port/count" >>"$lab_dir/counts"
done
seen "the 1st visitor reads: $(sed -n 1p "$lab_dir/counts")"
seen "the 10th reads:        $(sed -n 10p "$lab_dir/counts")"

only_the_shared_one_counts() {
    awk '{ if ($2 != 1 || $4 != NR) exit 1 } END { exit NR != 10 }' \
        FS='[ ,]+' "$lab_dir/counts"
}
verdict 'the variable is 1 in every child, the shared page counts to 10' \
    only_the_shared_one_counts
