#!/bin/sh
# Lab 13.2 wrong-parent: the best init buries no child of a living parent.
. "$(dirname "$0")/../lib.sh"

MANY=5

# The init logs every burial of a process that it did not start.
start_program "$(program_of 3f)" --verbose -- "$(program_of 3a)" --port 0 \
    --root www --quiet
init=$server
helpers=$init
server=$(children_of "$init")
ask_all hello.txt $MANY 1
under_3a=$(zombies)
of_init=$(count_children "$init" Z)
buried_before=$(grep -c 'buried the orphan' "$log")

# They come to an init that cannot look now.
pause "$init"
kill -TERM "$server"
wait_until 50 has_children "$init" $((MANY + 1)) Z || true
lying=$(count_children "$init" Z)
kill -CONT "$init"
wait_until 100 is_dead "$init" || kill -KILL "$init"
wait "$init" && status=0 || status=$?
buried=$(grep -c 'buried the orphan' "$log")
helpers=
server=

seen "3a below an init, after $MANY visitors: $under_3a zombies of 3a," \
    "$of_init of init"
seen "buried by that init while 3a lives: $buried_before"
seen "3a ends while the init is stopped: $lying dead lie below init"
seen "the init goes on: $buried orphans are buried, and 3a, its own child"
rm -f "$log"

only_orphans() {
    [ "$under_3a" -eq "$MANY" ] && [ "$of_init" -eq 0 ] &&
        [ "$buried_before" -eq 0 ] && [ "$lying" -eq $((MANY + 1)) ] &&
        [ "$buried" -eq "$MANY" ] &&
        [ "$status" -eq 143 ] # 128 and SIGTERM: how 3a ended
}
verdict "init buries orphans, when it runs, and nobody else's children" \
    only_orphans
