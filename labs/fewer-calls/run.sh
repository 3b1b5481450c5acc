#!/bin/sh
# Lab 12.1 fewer-calls: the handler runs less often than children die.
. "$(dirname "$0")/../lib.sh"

# The twin is 3c that writes a line ">..." for each call of its handler: a dot
# for each child buried by it.
start_twin 3c --quiet
children=0
fewer_calls() {
    [ "$calls" -lt "$buried" ]
}
calls=0 buried=0
while ! fewer_calls && [ $children -lt 2000 ]; do # once is enough, as a rule
    ask_all 'slow?ms=20' 200 40
    children=$((children + 200))
    calls=$(grep -c '^>' "$log")
    buried=$(grep '^>' "$log" | tr -cd . | wc -c)
done
most=$(grep '^>' "$log" | sort | tail -n 1 | tr -cd . | wc -c)
seen "$children children, $calls calls of the handler, $buried buried"
seen "the busiest call buried $most"

buries_them_all() {
    [ "$calls" -gt 0 ] && fewer_calls && [ "$buried" -eq "$children" ] &&
        [ "$(zombies)" -eq 0 ]
}
verdict 'fewer calls than children, and all of them buried' buries_them_all
