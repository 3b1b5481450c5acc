#!/bin/sh
# Lab 18.2 leak-or-plateau: not who grows leaks, but who never stops.
. "$(dirname "$0")/../lib.sh"

show scripts/leak.sh --tsv "$lab_dir/leak.tsv" 1600

# In the first quarter A grows faster; in the last half B does, and A hardly.
only_b_leaks() {
    awk 'NR > 1 { a[$1] = $2; b[$1] = $3 }
         END { exit !(a[400] > 2 * b[400] && b[400] > 1000 &&
                      a[1600] - a[800] < a[400] / 10 &&
                      b[1600] - b[800] > b[400]) }' "$lab_dir/leak.tsv"
}
verdict 'A has a plateau; B leaks: it still grows in the last half' only_b_leaks
