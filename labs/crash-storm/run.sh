#!/bin/sh
# Lab 16.4 crash-storm: a worker that dies at birth, with back-off and without.
. "$(dirname "$0")/../lib.sh"
app=$lab_dir/app.so

counted() {
    curl -s -m 5 "http://localhost:$port/status.json" |
        sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

now_ms() {
    date +%s%3N
}

is_whole() {
    [ "$(counted up)" = 4 ]
}

# What is deployed now cannot be loaded. Nobody minds, until a worker dies.
# Sets forks in so many ms, answered by the other workers.
break_it() {
    cp "$build/apps/hello.so" "$app"
    "$1" 3e --quiet --workers 4 --app "/app=$app"
    await_family
    echo 'no program' >"$app.new"
    mv "$app.new" "$app"
    began=$(now_ms)
    victim=$(children_of "$server" | head -n 1)
    kill -KILL "$victim"
    # Until it is dead it may be woken for a client, whom nobody else then sees.
    wait_until 50 is_dead "$victim"
    answered=0
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        ! curl -s -m 5 "http://localhost:$port/app" | grep -q Hello ||
            answered=$((answered + 1))
        sleep 0.1
    done
    forks=$(($(counted spawned) - 4))
    ms=$(($(now_ms) - began))
}

break_it start_twin
bad=$forks bad_ms=$ms
stop_stage
break_it start_stage
good=$forks good_ms=$ms
cp "$build/apps/hello.so" "$app.new"
mv "$app.new" "$app"
wait_until 150 is_whole && healed=yes || healed=no

seen "forks for one seat: twin $bad in $bad_ms ms, 3e $good in $good_ms ms"
seen "of 10 requests the other three of 3e answered $answered"
seen "the program is repaired: all 4 workers are back: $healed"

no_storm() {
    [ "$good" -le $((6 + good_ms / 500)) ] && [ "$good" -ge 2 ] &&
        [ $((bad * good_ms)) -ge $((5 * good * bad_ms)) ] &&
        [ "$answered" -eq 10 ] && [ "$healed" = yes ]
}
verdict 'the twin forks without end, 3e waits longer each time and heals' \
    no_storm
