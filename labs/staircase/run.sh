#!/bin/sh
# Lab 10.1 staircase: every answer of 3a leaves a zombie, and none ever goes.
. "$(dirname "$0")/../lib.sh"

# Four times fifty requests; prints the zombies after each fifty.
steps_of() {
    start_stage "$1" --quiet
    for _ in 1 2 3 4; do
        ask_all hello.txt 50 10
        printf '%d ' "$(zombies)"
    done
    stop_stage
}

steps=$(steps_of 3a)
level=$(steps_of 3c)
seen "answers:       50 100 150 200"
seen "zombies of 3a: $steps"
seen "zombies of 3c: $level"

climbs() {
    [ "$steps" = '50 100 150 200 ' ] && [ "$level" = '0 0 0 0 ' ]
}
verdict '3a has as many zombies as it gave answers, 3c none' climbs
