#!/bin/sh
# check.sh - does each piece leave at once, and is every other promise kept?
. "$(dirname "$0")/../lib.sh"

observations='starts answers first-byte each-piece late-500 empty-piece cut
    both-ways memory told'

export PROBE_DIR="$dir"
probe=$dir/probe.so
${CC:-cc} -shared -fPIC -I"${tree:?}/part2" -o "$probe" \
    exercises/8-stream/probe.c 2>"$dir/said" ||
    fail "the compiler says: $(tail -n 1 "$dir/said")"

start_graded 2b --quiet --app "/probe=$probe"

# ask PAGE [CURL-OPTION...]: sets status and ended; the body is in $dir/got.
ask() {
    page=$1
    shift
    ended=0
    status=$(curl -s -m 20 -o "$dir/got" -w '%{http_code}' "$@" \
        "http://localhost:$port/probe/$page") || ended=$?
}

again 8.1 "make try EX=$exercise, and elsewhere: curl localhost:8080/stream"
ask fine
expect answers "a short answer is $status, '$(cat "$dir/got")'" \
    [ "$status $(cat "$dir/got")" = '200 fine' ]

# The application waits between its two lines, and after them, until we have
# looked.
has_come() {
    grep -qs "$1" "$dir/lines"
}
curl -s -N -m 30 "http://localhost:$port/probe/lines" >"$dir/lines" &
helpers=$!
again 8.1 "make try EX=$exercise, and elsewhere: curl -N localhost:8080/stream"
wait_until 20 has_come first
expect first-byte 'it wrote its first line two seconds ago, and still runs:
       nothing has come' has_come first
touch "$dir/go-1"
wait_until 20 has_come second
expect each-piece 'it wrote its second line two seconds ago, and still runs:
       that has not come' has_come second
touch "$dir/go-2"
await_helpers

again 8.1 "grep -n response_flush $work/c_app.c     (who may call it?)"
ask fail
expect late-500 "it began an answer, wrote nothing and gave up: $status" \
    [ "$status" = 500 ]
ask empty
expect empty-piece "it began an answer, wrote 0 bytes and gave up: $status" \
    [ "$status" = 500 ]

again 8.1 "read give_up() in $work/c_app.c"
ask half
no_half() {
    [ "$ended" -ne 0 ] || [ "$status" = 500 ]
}
expect cut "it wrote a half and gave up: for curl that is a whole $status" \
    no_half

again 8.3 "head -c 10000000 /dev/zero | curl --data-binary @- URL | wc -c
       with build/apps/echo.so mounted"
head -c 10000000 /dev/urandom >"$dir/sent"
ask echo --data-binary "@$dir/sent"
expect both-ways "of 10000000 bytes sent, what comes back are
       $(wc -c <"$dir/got") bytes, or others" cmp -s "$dir/sent" "$dir/got"

most_memory() { # so far, in kB
    status_field VmHWM "$server" | tr -dc 0-9
}
again 8.1 "make try EX=$exercise, and elsewhere: grep VmHWM /proc/PID/status"
before=$(most_memory)
ask much
more=$(($(most_memory) - before))
expect memory "an answer of 64 MiB takes $more kB of the server's memory" \
    [ "$more" -lt 16384 ]

rm -f "$dir/taken"
curl -s -N -m 20 "http://localhost:$port/probe/much" 2>/dev/null |
    head -c 1000 >/dev/null
wait_until 100 [ -s "$dir/taken" ]
taken=$(cat "$dir/taken" 2>/dev/null)
again 6.3 "grep -n 'response_[wf]' $work/c_app.c     (and what they return?)"
told() {
    [ "${taken:-67108864}" -lt 67108864 ]
}
expect told "the client left after 1000 bytes; the application went on
       to write all ${taken:-67108864}" told
conclude
