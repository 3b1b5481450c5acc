#!/bin/sh
# check.sh - does the benchmark count those whom nobody waits for?
. "$(dirname "$0")/../lib.sh"

observations='letter order price no-sleep pays'
bench=$work/bench.sh

letter=$(sed -n 's/^# Write the letter here: *//p' "$bench")
again 14.4 "grep letter $bench"
expect letter "you wrote ${letter:-nothing}" [ "$letter" = C ]

# Servers whose cost is known.
for name in cheap dear sleepy; do
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 exercises/14-fastest/family.c \
        -o "$dir/$name" || fail 'cannot build family.c'
done

# run PROGRAM...: what the script says, in $dir/out.
run() {
    timeout 60 "$bench" "$@" >"$dir/out" 2>"$dir/err" </dev/null
}

# cost_of NAME: what it says this program costs; "?" if it says nothing.
cost_of() {
    awk -v name="$1" '$2 ~ "/" name "$" && $1 ~ /^[0-9]+([.][0-9]+)?$/ {
                          cost = int($1) }
                      END { print cost == "" ? "?" : cost }' "$dir/out"
}

# is_within NUMBER LOW HIGH
is_within() {
    [ "$1" != '?' ] && [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

run "$dir/dear" "$dir/sleepy" "$dir/cheap"
dear=$(cost_of dear) cheap=$(cost_of cheap) sleepy=$(cost_of sleepy)
order=$(awk '{ sub(/.*\//, ""); printf "%s ", $0 }' "$dir/out")
said=$(tail -n 1 "$dir/err")
again 14.4 "cc -D_GNU_SOURCE exercises/14-fastest/family.c -o dear; cp dear cheap
         $bench ./dear ./cheap"
expect order "the order is ${order:-empty ($said) }and should be
       sleepy cheap dear" [ "$order" = 'sleepy cheap dear ' ]
price_is_right() {
    is_within "$cheap" 900 4000 && is_within "$dear" 3600 12000
}
expect price "1000 children that work 1 ms each cost $cheap ms; that work 4 ms
       each, $dear ms" price_is_right
again 14.4 "$bench ./sleepy     (a copy of ./dear)"
expect no-sleep "1000 children that sleep 30 ms each cost $sleepy ms" \
    is_within "$sleepy" 0 2500

run "$(program_of 3a)" "$(program_of 3c)"
a=$(cost_of 3a_fork_no_wait) c=$(cost_of 3c_fork_wait_loop)
again 14.4 "$bench build/3a_fork_no_wait build/3c_fork_wait_loop"
as_dear_as_3c() {
    is_within "$a" 0 100000 && is_within "$c" 0 100000 &&
        [ $((2 * a)) -ge "$c" ]
}
expect pays "3a costs $a ms, 3c $c ms: do all children of 3a count?" \
    as_dear_as_3c
conclude
