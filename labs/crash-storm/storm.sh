# storm.sh - a program that cannot be loaded, and a death after which it has to
# be (sourced, on top of scripts/lib.sh).
# shellcheck shell=sh disable=SC2034,SC2154 # names for and of the others

now_ms() {
    date +%s%3N
}

# deploy FILE: as the application, in one piece.
deploy() {
    cp "$1" "$app.new"
    mv "$app.new" "$app"
}

# begin_storm DIR COMMAND...: COMMAND starts 3e with four workers, who load an
# application that lies in DIR. Then what is deployed cannot be loaded. Nobody
# minds, until a worker dies: at the time began.
begin_storm() {
    app=$1/app.so
    shift
    deploy "$build/apps/hello.so"
    "$@" --quiet --workers 4 --app "/app=$app"
    await_family
    deploy /dev/null
    victim=$(children_of "$server" | head -n 1)
    began=$(now_ms)
    kill -KILL "$victim"
    # Until it is dead it may be woken for a client, whom nobody else then sees.
    wait_until 50 is_dead "$victim" || fail "process $victim lives on"
}

# forks: so many since then, for one seat.
forks() {
    echo $(($(grep -c ': spawn$' "$log") - 4))
}

# most_forks MS: no more in that time, if the first is at once and the delays
# before the next are 0.1 s, 0.2, 0.4 ... 5, each a tenth less at the least.
most_forks() {
    left=$1 delay=90 most=1
    while [ "$left" -ge $delay ]; do
        left=$((left - delay)) most=$((most + 1))
        delay=$((delay < 2250 ? 2 * delay : 4500))
    done
    echo $most
}
