#!/bin/sh
# Lab 11.6 not-the-handler: signalfd, too, says "at least one" and no more.
. "$(dirname "$0")/../lib.sh"

"$build/labs/$lab/coalesce" 10 >"$lab_dir/said" || fail 'coalesce failed'
number_of() {
    sed -n "s/^$1 //p" "$lab_dir/said"
}
died=$(number_of died)
records=$(number_of records)
buried=$(number_of buried)
seen "$died children have died; signalfd gives $records record"
seen "waitpid in a loop buries $buried"

says_it_once() {
    [ "$died" -eq 10 ] && [ "$records" -eq 1 ] && [ "$buried" -eq 10 ]
}
verdict 'ten deaths are one record, and the loop finds all ten' says_it_once
