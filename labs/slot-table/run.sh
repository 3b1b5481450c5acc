#!/bin/sh
# Lab 16.3 slot-table: what slot.c decides in every state, asked of itself.
. "$(dirname "$0")/../lib.sh"

table=$build/labs/slot-table/slot_table

# The drawing at the top of slot.h, an arrow a line: "A, B --x--> C --y--> D"
# are three.
arrows_drawn() {
    awk '/^ \* Three things/ { exit }
        sub(/^ \*    /, "") && /-->/ {
            while (match($0, / --[^-]*--> /)) {
                froms = split(substr($0, 1, RSTART - 1), from, ", ")
                labels = split(substr($0, RSTART + 3, RLENGTH - 7), label, ", ")
                $0 = substr($0, RSTART + RLENGTH)
                to = $0
                sub(/ .*/, "", to)
                for (i = 1; i <= froms; i++)
                    for (j = 1; j <= labels; j++)
                        print from[i] " --" label[j] "--> " to
            }
        }' part3/slot.h | sort
}

show "$table"
arrows_drawn >"$lab_dir/drawn"
"$table" --arrows | sort >"$lab_dir/found"
seen "arrows drawn in slot.h: $(wc -l <"$lab_dir/drawn"), found in slot.c:" \
    "$(wc -l <"$lab_dir/found")"
diff "$lab_dir/drawn" "$lab_dir/found" | sed -n -e 's/^< /  only drawn: /p' \
    -e 's/^> /  only found: /p'

# Ten lines, and wherever a timer rings something is done.
nobody_is_stuck() {
    [ "$(wc -l <"$lab_dir/said")" -eq 10 ] &&
        ! awk '$2 ~ /^[0-9]/ && $7 == "-"' "$lab_dir/said" | grep -q .
}
it_is_drawn_so() {
    [ -s "$lab_dir/found" ] && cmp -s "$lab_dir/drawn" "$lab_dir/found"
}
as_drawn() {
    nobody_is_stuck && it_is_drawn_so
}
verdict 'whatever is waited for has a timer, every timer an action; all is drawn' \
    as_drawn
