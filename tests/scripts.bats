#!/usr/bin/env bats
# scripts.bats - the scripts a reader runs do what they say, and leave nothing.

source scripts/lib.sh

# No process of this session is left.
session_is_over() {
    ! pgrep -s "$1"
}

@test "freeze.sh: 3a keeps all, 3b all but one, 3c none" {
    run scripts/freeze.sh 3a 5
    [ "$status" -eq 0 ]
    [ "${lines[2]}" = "the parent goes on: 5 zombies" ]
    run scripts/freeze.sh 3b 8
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "8 children are working; the parent is stopped" ]
    [ "${lines[1]}" = "8 are dead, 0 buried; pending signals 0000000000010000 (one bit: SIGCHLD)" ]
    [ "${lines[2]}" = "the parent goes on: 7 zombies" ]
    run scripts/freeze.sh 3b 2
    [ "${lines[2]}" = "the parent goes on: 1 zombies" ]
    run scripts/freeze.sh 3c 8
    [ "$status" -eq 0 ]
    [ "${lines[2]}" = "the parent goes on: 0 zombies" ]
}

@test "freeze.sh says what it wants when it is called wrongly" {
    for arguments in "" "1c" "3b 0" "3b x" "3b 101"; do
        # shellcheck disable=SC2086 # several words
        run scripts/freeze.sh $arguments
        [ "$status" -eq 64 ]
        [[ $output == *freeze.sh* ]]
    done
    run scripts/freeze.sh 3z
    [ "$status" -eq 1 ]
    [[ $output == *"no stage 3z"* ]]
    run scripts/freeze.sh --help
    [ "$status" -eq 0 ]
}

@test "burst.sh floods with curl alone: 3a keeps all, 3c none" {
    run scripts/curl/burst.sh 3a 20
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "20 answered, 20 zombies" ]
    run scripts/curl/burst.sh 3c 20
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "20 answered, 0 zombies" ]
}

@test "3c answers a flood of 2000 at 128 a time, and keeps no body" {
    start_stage 3c --quiet
    run "$build/flood" -n 2000 -c 128 --timeout 60 "localhost:$port/"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "answered 2000  refused 0  reset 0  closed early 0  timed out 0" ]
    wait_until 100 is_settled
    [ "$(scripts/zombies "$server")" = "0 zombies" ]
    [ "$(count_children "$server")" -eq 0 ]
}

@test "lib.sh: whatever ends a script, it ends what it has started" {
    for signal in EXIT:0 INT:130 TERM:143 HUP:129; do
        # What is ignored where the tests run stays ignored in shells.
        # shellcheck disable=SC2016 # for the shell below
        run env --default-signal sh -c '. scripts/lib.sh
            end_by end_helpers
            sleep 60 3>&- &
            helpers=$!
            echo $helpers
            [ "$1" = EXIT ] || kill -"$1" $$' sh "${signal%:*}"
        echo "$signal: $status $output"
        [ "$status" -eq "${signal#*:}" ]
        [ ! -e "/proc/$output" ]
    done
}

@test "lib.sh: a stage is settled once nobody is alive below it" {
    start_stage 3a --quiet
    visit_silently 2
    wait_until 50 has_children "$server" 2
    wait_until 50 is_calm
    run is_settled
    [ "$status" -eq 1 ]
    end_helpers
    wait_until 50 is_settled
    [ "$(zombies)" -eq 2 ]
    stop_stage
}

# Each curl script shows its commands, and what comes of them.
@test "scripts/curl/1a.sh: one answer for everybody" {
    run scripts/curl/1a.sh
    [ "$status" -eq 0 ]
    [ "$(grep -c '^Hello, world.$' <<<"$output")" -eq 3 ]
    [[ $output == *'$ curl -i -X BREW '* ]]
}

@test "scripts/curl/1b.sh: the request was read" {
    run scripts/curl/1b.sh
    [ "$status" -eq 0 ]
    [[ $output == *"You asked for /what/I/asked?for=this"* ]]
    [[ $output == *"400 Bad Request"* ]]
}

@test "scripts/curl/1c.sh: files, statuses, one connection" {
    run scripts/curl/1c.sh
    [ "$status" -eq 0 ]
    for expected in 'Hello from a file.' '404 Not Found' '405 Method' \
        '501 Not Impl' 'Allow: GET, HEAD' 'new connections: 0'; do
        [[ $output == *"$expected"* ]]
    done
}

@test "scripts/curl/2a.sh: programs answer" {
    run scripts/curl/2a.sh
    [ "$status" -eq 0 ]
    for expected in 'Hello from a shell script' 'PATH_INFO=/more/path' \
        'QUERY_STRING=a=b' 'some body' '502 Bad Gateway' 'Hello from a file.'; do
        [[ $output == *"$expected"* ]]
    done
}

@test "scripts/curl/2b.sh: applications in C answer" {
    run scripts/curl/2b.sh
    [ "$status" -eq 0 ]
    for expected in 'Hello from an application in C' 'PATH_INFO=/more/path' \
        'QUERY_STRING=a=b' 'some body' '9 bytes, 1 lines' \
        'visitor 2 of process' 'curl ends with status 52' \
        'app crash: killed by signal 11 (SIGSEGV)' \
        'curl ends with status 7'; do
        [[ $output == *"$expected"* ]]
    done
}

@test "scripts/curl/3a.sh, 3b.sh, 3c.sh: the ladder's zombies" {
    run scripts/curl/3a.sh
    [ "$status" -eq 0 ]
    [[ $output == *"9 zombies"*"50 answered, 50 zombies"*"goes on: 8 zombies"* ]]
    run scripts/curl/3b.sh
    [ "$status" -eq 0 ]
    [[ $output == *"0 zombies"*"50 answered"*"goes on: 7 zombies"* ]]
    run scripts/curl/3c.sh
    [ "$status" -eq 0 ]
    [[ $output == *"0 zombies"*"50 answered, 0 zombies"*"goes on: 0 zombies"* ]]
}

@test "scripts/curl/3d.sh: a worker that is killed is missed" {
    run scripts/curl/3d.sh
    [ "$status" -eq 0 ]
    for expected in 'Hello from a file.' 'slept 500 ms' '0 zombies' \
        '1 of the workers are left'; do
        [[ $output == *"$expected"* ]]
    done
}

@test "scripts/curl/3e.sh: a worker that is killed is replaced" {
    run scripts/curl/3e.sh
    [ "$status" -eq 0 ]
    for expected in 'Hello from a file.' 'The family of' '"zombies":0' \
        'killed by signal 9' 'reloading: generation 2' 'status 0'; do
        [[ $output == *"$expected"* ]]
    done
}

@test "mix.sh: a script, C and WSGI, behind two servers" {
    run scripts/mix.sh
    [ "$status" -eq 0 ]
    [ "$(grep -c 'behind .*: *Hello! You asked: GET /some/path$' \
        <<<"$output")" -eq 6 ]
    [ "${lines[-1]}" = "6 bodies, all equal" ]
    run scripts/mix.sh now
    [ "$status" -eq 64 ]
}

@test "wsgiref_server.py: bodies go through a CGI program and through C" {
    case $build in
    *address*) skip "Python cannot load what is sanitized" ;;
    esac
    local own=$BATS_TEST_TMPDIR
    : >"$own/port"
    labs/mix-and-match/wsgiref_server.py part2/cgi-bin/echo.py \
        "$build/apps/echo.so" labs/mix-and-match/greet/greet.py \
        >"$own/port" 3>&- &
    local wsgiref=$! ended=0 wsgiref_port
    wait_until 100 grep -q '^port ' "$own/port"
    wsgiref_port=$(sed -n 's/^port //p' "$own/port")
    head -c 200000 /dev/urandom >"$own/sent"
    for name in shell c; do
        curl -s --max-time 20 --data-binary "@$own/sent" -o "$own/got.$name" \
            "http://localhost:$wsgiref_port/$name" || true
    done
    kill "$wsgiref"
    wait "$wsgiref" || ended=$?
    [ "$ended" = 143 ]
    cmp "$own/sent" "$own/got.shell"
    cmp "$own/sent" "$own/got.c"
}

@test "a curl script talks to the server one has started" {
    start_stage 1c
    run scripts/curl/1c.sh "$port"
    [ "$status" -eq 0 ]
    [[ $output == *"http://localhost:$port/hello.txt"* ]]
    stop_stage
    run scripts/curl/1c.sh "$port"
    [ "$status" -eq 1 ]
    [[ $output == *"nobody listens on port $port"* ]]
    run scripts/curl/1c.sh eighty
    [ "$status" -eq 1 ]
    [[ $output == *"PORT must be a number"* ]]
}

@test "demo.sh: the table, the picture, in a pipe" {
    # A session of its own: whatever is left of it can be found.
    # shellcheck disable=SC2016 # for the inner shell
    run setsid --wait sh -c 'echo $$ >"$0"; exec scripts/demo.sh' \
        "$BATS_TEST_TMPDIR/session"
    echo "$output"
    [ "$status" -eq 0 ]
    grep -Eq '^3a  no wait +200 +200 +200 +8$' <<<"$output"
    grep -Eq '^3b  one wait per signal +200 +200 +[0-9]+ +7$' <<<"$output"
    grep -Eq '^3c  wait loop +200 +200 +0 +0$' <<<"$output"
    [[ $output != *$'\033'* ]]
    head -c 8 "$build/zombies.png" | grep -q PNG
    grep -q '</svg>' "$build/zombies.svg"
    session_is_over "$(cat "$BATS_TEST_TMPDIR/session")"
}

@test "demo.sh on a terminal counts live, and survives being interrupted" {
    # The search for leaks stands still when a signal comes meanwhile.
    export ASAN_OPTIONS=detect_leaks=0
    script -qefc "echo \$\$ >$BATS_TEST_TMPDIR/session; scripts/demo.sh" \
        "$BATS_TEST_TMPDIR/typescript" >/dev/null 2>&1 3>&- &
    terminal=$!
    wait_until 200 grep -q '80 answered' "$BATS_TEST_TMPDIR/typescript"
    grep -q $'zombies.*\r' "$BATS_TEST_TMPDIR/typescript"
    kill -TERM "$terminal" # the terminal is closed: demo.sh hears SIGHUP
    wait "$terminal" || true
    wait_until 300 session_is_over "$(cat "$BATS_TEST_TMPDIR/session")"
}

@test "make diff-3c shows the loop and little else" {
    run make --no-print-directory diff-3c
    [ "$status" -eq 0 ]
    [[ $output == *'+    while (waitpid(-1, NULL, WNOHANG) > 0)'* ]]
    code=$(grep '^[+][^+]' <<<"$output" | grep -vc '^[+] \*')
    [ "$code" -le 5 ]
    run make --no-print-directory diff-1a
    [ "$status" -eq 0 ]
}

@test "make help lists what can be said" {
    run make --no-print-directory help
    for target in all demo check test deps format lint clean 3c run-3c \
        diff-3c lab; do
        grep -Eq "make $target( |$)" <<<"$output"
    done
}

@test "touching a header rebuilds what includes it, and nothing else" {
    copy=$BATS_TEST_TMPDIR/copy
    mkdir -p "$copy/$build"
    cp -a Makefile common part1 part2 part3 tools "$copy/"
    cp -a "$build/common" "$build/part3" "$build/flags" "$copy/$build/"
    unset MAKEFLAGS # the make that runs this test may be a silent one
    make -C "$copy" B="$build" 3c
    touch "$copy/common/net.h"
    run make -C "$copy" B="$build" 3c
    [ "$status" -eq 0 ]
    [[ $output == *"common/net.o"* ]]
    [[ $output == *"part3/3c_fork_wait_loop.o"* ]]
    [[ $output != *"common/rules.o"* ]]
    run make -C "$copy" B="$build" 3c
    [[ $output != *".o"* ]]
}

@test "deps.sh does nothing when all is there, and names what is missing" {
    run scripts/deps.sh
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    # With an empty PATH but for these, something is missing.
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in sh cat id; do
        ln -s "$(command -v $tool)" "$BATS_TEST_TMPDIR/bin/"
    done
    run env PATH="$BATS_TEST_TMPDIR/bin" scripts/deps.sh --dry-run
    [ "$status" -eq 0 ]
    [[ $output == "missing: "*gnuplot-nox* ]]
    run env PATH="$BATS_TEST_TMPDIR/bin" scripts/deps.sh
    [ "$status" -eq 1 ]
    for other in Fedora Alpine Arch Homebrew 'Outside Linux'; do
        [[ $output == *"$other"* ]]
    done
}

teardown() {
    end_helpers
    stop_stage
}

@test "scripts/can names what is missing: a build without Python" {
    BUILD=build/none
    export BUILD
    for thing in wsgi flask django; do
        run scripts/can "$thing"
        [ "$status" -eq 1 ]
        [ "$output" = "cannot $thing: this build has no Python: install python3-dev and pkgconf, then run make" ]
    done
    run scripts/can
    [[ $output == *"cannot flask: this build"* ]]
}
