#!/bin/sh
# Lab 14.3 price-of-fork: a large parent pays for its page tables, each time.
. "$(dirname "$0")/../lib.sh"

"$build/labs/price-of-fork/forks" >"$lab_dir/prices" || fail 'no fork here'
price() {
    sed -n "s/^$1 //p" "$lab_dir/prices"
}
seen "fork and wait, the least of 40 times: $(price fork_small) us"
seen "the same with 128 MiB of memory in use: $(price fork_large) us"
seen "vfork: $(price vfork_small) us, and $(price vfork_large) us"

the_large_pays() {
    [ "$(price fork_large)" -gt $((2 * $(price fork_small))) ] &&
        [ "$(price fork_large)" -gt $((2 * $(price vfork_large))) ]
}
verdict 'a large parent pays more than twice, unless it uses vfork' \
    the_large_pays
