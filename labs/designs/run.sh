#!/bin/sh
# Lab 14.4 designs: what four designs cost, with the spread of five runs.
. "$(dirname "$0")/../lib.sh"

show scripts/designs.sh

# From the right, for ideas are of several words. column STAGE FROM-THE-RIGHT
column() {
    awk -v stage="$1" -v back="$2" '$1 == stage { print $(NF - back) }' \
        "$lab_dir/said"
}
is_span() {
    awk -v span="$1" 'BEGIN { exit !(split(span, end, "-") == 2 &&
                                     end[1] + 0 <= end[2] + 0) }'
}
a_row_for_each() {
    for design in 1c:1 3c:9 3d:5 3e:5; do
        stage=${design%:*}
        [ "$(column "$stage" 4)" = "${design#*:}" ] &&
            is_span "$(column "$stage" 2)" &&
            is_span "$(column "$stage" 1)" || return 1
    done
}
forks_are_dear() {
    a_row_for_each &&
        [ "$(column 3c 0)" -gt $((2 * $(column 1c 0))) ] &&
        [ "$(column 3c 0)" -gt $((2 * $(column 3d 0))) ] &&
        [ "$(column 3c 3)" -gt "$(column 1c 3)" ]
}
# What 3e costs more than 3d, beside what 3c does.
supervision_is_cheap() {
    workers=$(column 3d 0)
    [ $((4 * ($(column 3e 0) - workers))) -lt $(($(column 3c 0) - workers)) ]
}
as_told() {
    forks_are_dear && supervision_is_cheap
}
verdict 'a fork for each request costs most by far, a supervisor next to nothing' \
    as_told
