#!/bin/sh
# check.sh - does /status tell the hits of all children?
. "$(dirname "$0")/../lib.sh"
: "${tree:?}"

observations='starts one-by-one side-by-side kept-connections one-writer'

hits() {
    curl -s --max-time 5 "http://127.0.0.1:$port/status" |
        sed -n 's/^hits \([0-9]*\)$/\1/p'
}

says() {
    [ "$(hits)" = "$1" ]
}

start_graded 3a --quiet
target=127.0.0.1:$port/hello.txt

# flooded NAME TOTAL OPTION...: after one more flood, does it say the total?
flooded() {
    name=$1
    total=$2
    shift 2
    again 9.2 "make try EX=$exercise, and elsewhere:
         build/flood $* localhost:8080/hello.txt
         curl localhost:8080/status"
    got=$(answered "$@" "$target")
    wait_until 10 says "$total"
    expect "$name" "$total requests so far, $got answers to the last flood,
       and the page says: hits $(hits)" says "$total"
}
flooded one-by-one 200 -n 200 -c 1
flooded side-by-side 600 -n 400 -c 32
flooded kept-connections 1000 -k -n 400 -c 20
stop_graded

# The same stage once more, so compiled that its writes are seen.
compile() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -I"$tree" -O1 -g -w -c "$@"
}
if ! { compile -fsanitize=thread "$tree/part3/3a_fork_no_wait.c" \
    -o "$dir/stage.o" &&
    compile exercises/9-hits/writers.c -o "$dir/writers.o" &&
    link_again 3a "$dir/stage.o" "$dir/writers.o"; } >"$dir/said" 2>&1; then
    cannot one-writer "the compiler says: $(tail -n 1 "$dir/said")"
    conclude
fi
export WRITERS="$dir/writers"
: >"$WRITERS"
graded=$linked
start_graded 3a --quiet
target=127.0.0.1:$port/hello.txt
answered -n 300 -c 8 "$target" >/dev/null
answered -k -n 40 -c 4 "$target" >/dev/null

# "PID ADDRESS CALLER" lines: how many fields, the most writers that one has,
# and the places in the program from which that one was written.
found=$(sort -u "$WRITERS" | awk '
    { places[$2] = places[$2] " " $3 }
    !seen[$1, $2]++ { writers[$2]++ }
    writers[$2] == 1 && !known[$2]++ { fields++ }
    writers[$2] > most { most = writers[$2]; worst = $2 }
    END { print fields + 0, most + 0 places[worst] }')
# Their lines in the reader's file, as sed wants them: "45p;52p;".
lines_of() {
    command -v addr2line >/dev/null || return
    addr2line -e "$linked/3a_fork_no_wait" "$@" |
        sed -n 's/.*3a_fork_no_wait\.c:\([0-9][0-9]*\).*/\1/p' | sort -nu |
        sed 's/$/p;/' | tr -d '\n'
}
# shellcheck disable=SC2086 # words
set -- $found
fields=$1 most=$2
shift 2
lines=
[ "$most" -lt 2 ] || lines=$(lines_of "$@")
file=$work/3a_fork_no_wait.c
if [ "$most" -eq 0 ]; then
    seen='no process wrote to memory that it shares with the others'
    again 9.2 "grep -n -e mmap -e MAP_ $file"
elif [ -n "$lines" ]; then
    seen="of $fields shared fields one was written by $most processes, here:
$(sed -n "$lines" "$file" | sed 's/^ */           /')"
    again 9.2 "sed -n '$lines' $file     (who runs through it?)"
else
    seen="of $fields shared fields one was written by $most processes"
    again 9.2 "grep -n MAP_ $file     (and who writes there?)"
fi
expect one-writer "$seen" [ "$most" -eq 1 ]
conclude
