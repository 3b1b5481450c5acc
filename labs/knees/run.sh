#!/bin/sh
# Lab 18.1 knees: who computes needs processors; who waits needs workers.
. "$(dirname "$0")/../lib.sh"

show scripts/sweep.sh --tsv "$lab_dir/sweep.tsv"

# A page takes 25 ms, so a processor can compute 40 in a second, and two of
# them 80, whoever asks them. (A tenth more, for clocks that disagree.)
each_has_its_knee() {
    awk 'NR > 1 && $2 > 88 { exit 1 }
         NR > 1 { wait[$1] = $3; kib[$1] = $4 }
         END { exit !(wait[16] > 2 * 88 && wait[16] > 2 * wait[4] &&
                      wait[4] > 2 * wait[1] && kib[16] > 4 * kib[1]) }' \
        "$lab_dir/sweep.tsv"
}
verdict 'computing ends at what 2 processors give; waiting grows with workers' \
    each_has_its_knee
