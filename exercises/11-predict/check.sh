#!/bin/sh
# check.sh - does the prediction agree with what 3b does?
. "$(dirname "$0")/../lib.sh"

observations='first-freeze second-freeze by-hand'

# What stands behind "zombies MOMENT:" in the prediction, and what was observed.
predicted() {
    sed -n "s/[[:space:]]*\$//; s/^ *zombies $1:[[:space:]]*//p" \
        "$work/prediction.txt"
}

observed() {
    sed -n "s/^$1: \([0-9]*\) .*/\1/p" "$dir/observed"
}

exercises/11-predict/twice.sh >"$dir/observed" || fail 'the experiment failed'

# compare NAME SECTION MOMENT
compare() {
    again "$2" exercises/11-predict/twice.sh
    yours=$(predicted "$3")
    seen="you wrote $yours; there were $(observed "$3")"
    case $yours in
    '') seen='there is no number yet' ;;
    *[!0-9]*) seen="you wrote \"$yours\": only a number behind the colon" ;;
    esac
    expect "$1" "$seen" [ "$yours" = "$(observed "$3")" ]
}
compare first-freeze 11.4 'after the first freeze'
compare second-freeze 11.4 'after the second freeze'
compare by-hand 11.3 'after three signals by hand'
conclude
