#!/usr/bin/env bats
# c_app.bats - applications in C from a client's side, and what a crash costs.

# shellcheck disable=SC2154 # start_stage sets server, port and log

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    own=$BATS_TEST_TMPDIR/own
    mkdir "$own"
}

teardown() {
    stop_stage
}

# start STAGE [OPTION...]: with every sample, at /NAME.
start() {
    local stage=$1 app mounts=()
    shift
    for app in "$build"/apps/*.so; do
        mounts+=(--app "/$(basename "$app" .so)=$app")
    done
    start_stage "$stage" "${mounts[@]}" "$@"
    url=http://127.0.0.1:$port
}

# start_in DIR OPTION...: 2b, and nothing else, from another directory.
start_in() {
    local program directory=$1
    program=$(realpath "$(program_of 2b)")
    shift
    log=$(mktemp)
    (cd "$directory" && exec "$program" --port 0 "$@" 2>"$log" 3>&-) &
    server=$!
    wait_until 100 grep -q 'listening on' "$log"
    port=$(sed -n 's/.*:\([0-9]*\)\/, pid.*/\1/p' "$log")
    url=http://127.0.0.1:$port
}

# compile NAME: make $own/NAME.so from standard input.
compile() {
    { echo '#include "app.h"'; cat; } >"$own/$1.c"
    cc -Ipart2 -shared -fPIC -o "$own/$1.so" "$own/$1.c"
}

# application NAME: the same from the body of the function that answers.
application() {
    {
        echo '#include <stdio.h>'
        echo '#include <stdlib.h>'
        echo '#include <unistd.h>'
        echo 'static const struct app_header none[] = {{NULL, NULL}};'
        echo 'static int answer(struct app_environ *env,'
        echo '                  app_start_response_fn *start_response) {'
        cat
        echo '}'
        echo 'const struct app application = {APP_VERSION, answer};'
    } | compile "$1"
}

get() {
    curl -s --max-time 20 "$@"
}

status_of() {
    get -o /dev/null -w '%{http_code}' "$@"
}

log_says() {
    wait_until 50 grep -qF "$1" "$log"
}

descriptors() {
    find "/proc/$server/fd" -mindepth 1 | wc -l
}

server_is_gone() {
    ! kill -0 "$server" 2>/dev/null
}

# The server ends, or has ended: sets ended to its status, as a shell sees it.
wait_for_end() {
    wait_until 100 server_is_gone
    ended=0
    wait "$server" || ended=$?
    server=
}

# refused MESSAGE OPTION...: 2b does not start, and says MESSAGE in one line.
refused() {
    local message=$1
    shift
    run timeout 10 "$build/2b_c_app" --port 0 --root www "$@"
    echo "$output"
    [ "$status" = 1 ]
    [ "${#lines[@]}" = 1 ]
    [[ $output == "2b["*"] $message" ]]
}

# --- The contract as app.h states it ---

@test "the example in app.h, built and served by its own two commands" {
    sed -n '/^ \*      #include "app.h"/,/^ \*      const struct app/p' \
        part2/app.h | sed 's/^ \* \{0,6\}//' >"$own/hello.c"
    build_it=$(sed -n 's/^ \*      \(cc .*\)/\1/p' part2/app.h)
    serve_it=$(sed -n 's/^ \*      forkyard \(.*\)/\1/p' part2/app.h)
    [ "$build_it" = 'cc -shared -fPIC -o hello.so hello.c' ]
    cp part2/app.h "$own"
    (cd "$own" && eval "$build_it")
    # shellcheck disable=SC2086 # two words
    start_in "$own" $serve_it
    [ "$(get "$url/hello")" = Hello ]
}

@test "every sample can be copied out of the tree and built by that command" {
    build_it=$(sed -n 's/^ \*      \(cc .*\)/\1/p' part2/app.h)
    for sample in part2/apps/*.c; do
        name=$(basename "$sample" .c)
        mkdir "$own/$name"
        cp part2/app.h "$own/$name"
        cp "$sample" "$own/$name/hello.c"
        (cd "$own/$name" && eval "$build_it")
        set -- "$@" --app "/own/$name=$own/$name/hello.so"
    done
    start 2b "$@"
    for sample in part2/apps/*.c; do
        [ "$(status_of "$url/own/$(basename "$sample" .c)")" = 200 ]
    done
}

@test "bodies of every size come back byte for byte" {
    start 2b
    for size in 0 1 65535 131072 50000000; do
        head -c "$size" /dev/urandom >"$own/sent"
        get --data-binary "@$own/sent" -o "$own/got" "$url/echo"
        cmp "$own/sent" "$own/got"
        [ "$(get --data-binary "@$own/sent" "$url/upload")" = \
            "$(wc -c <"$own/sent") bytes, $(wc -l <"$own/sent") lines" ]
    done
    get -T - -o "$own/got" "$url/echo" <"$own/sent" # in chunks
    cmp "$own/sent" "$own/got"
}

@test "the variables tell all about the request" {
    start 2b
    get -d hello -H 'Content-Type: text/plain' -H 'X-Own: 1' -H 'x-own: 2' \
        -u user:word -H 'Proxy: http://evil/' \
        "$url/environ/more%20path?a=b&c=%20" >"$own/got"
    grep -Fx -e "CONTENT_LENGTH=5" -e "CONTENT_TYPE=text/plain" \
        -e "HTTP_AUTHORIZATION=Basic dXNlcjp3b3Jk" \
        -e "HTTP_HOST=127.0.0.1:$port" -e "HTTP_X_OWN=1, 2" \
        -e "PATH_INFO=/more path" -e "QUERY_STRING=a=b&c=%20" \
        -e "REMOTE_ADDR=127.0.0.1" -e "REMOTE_HOST=127.0.0.1" \
        -e "REQUEST_METHOD=POST" \
        -e "REQUEST_URI=/environ/more%20path?a=b&c=%20" \
        -e "SCRIPT_NAME=/environ" -e "SERVER_NAME=127.0.0.1" \
        -e "SERVER_PORT=$port" -e "SERVER_PROTOCOL=HTTP/1.1" \
        -e "SERVER_SOFTWARE=Forkyard/1" "$own/got" >"$own/found"
    [ "$(wc -l <"$own/found")" = 16 ]
    run grep evil "$own/got"
    [ "$status" = 1 ]
}

@test "prefixes may be nested and hold what must be encoded" {
    start 2b --app "/environ/deep%20er/=$build/apps/environ.so" \
        --app "/=$build/apps/environ.so" --cgi /cgi-bin=part2/cgi-bin
    names() {
        get --path-as-is "$url$1" | awk -F= '
            /^SCRIPT_NAME=/ { script = $2 } /^PATH_INFO=/ { path = $2 }
            END { print script "|" path }'
    }
    [ "$(names /environ)" = '/environ|' ]
    [ "$(names /environ/)" = '/environ|/' ]
    [ "$(names /environ/deep)" = '/environ|/deep' ]
    [ "$(names /environ/deep%20er)" = '/environ/deep er|' ]
    [ "$(names /environ/%64eep%20er/a%2Fb)" = '/environ/deep er|/a/b' ]
    [ "$(names /environs)" = '|/environs' ]
    [[ $(get "$url/cgi-bin/hello.sh") == "Hello from a shell script"* ]]
}

@test "a write arrives while the application still runs" {
    application waits <<END
        app_write_fn *write = start_response(env, "200 OK", none);
        if (write(env, "first\n", 6))
            return -1;
        while (access("$own/go", F_OK))
            usleep(20000);
        return write(env, "last\n", 5);
END
    start 2b --app "/waits=$own/waits.so"
    get -N -o "$own/got" "$url/waits" &
    local client=$!
    wait_until 50 grep -q first "$own/got"
    run grep last "$own/got"
    [ "$status" = 1 ]
    touch "$own/go"
    wait "$client"
    [ "$(cat "$own/got")" = $'first\nlast' ]
}

@test "the sample that streams: a line arrives when it is written" {
    start 2b
    took=$(get -o "$own/got" -w '%{time_starttransfer} %{time_total}' \
        "$url/stream")
    awk '{ exit !($2 - $1 > 0.4) }' <<<"$took"
    [ "$(cat "$own/got")" = "$(printf 'line %d of 4\n' 1 2 3 4)" ]
}

@test "HEAD, HTTP/1.0 and an answer without a body" {
    application nothing <<<'return start_response(env, "204 No", none) ? 0 : -1;'
    start 2b --app "/nothing=$own/nothing.so"
    get -I -D "$own/head" -o "$own/got" "$url/hello"
    grep -q '^HTTP/1.1 200 OK' "$own/head"
    grep -q '^Content-Type: text/plain' "$own/head"
    get -i --http1.0 "$url/hello" >"$own/got"
    grep -q 'Hello from an application' "$own/got"
    run grep -i chunked "$own/got"
    [ "$status" = 1 ]
    run get -i "$url/nothing" "$url/hello" # on one connection
    [[ $output == "HTTP/1.1 204 "*"Hello from an application in C" ]]
    get -i -X POST "$url/echo" >"$own/got"
    grep -q '^Content-Length: 0' "$own/got"
}

@test "an answer that is too long, too short or given up is cut off" {
    application cut <<'END'
        const struct app_header five[] = {{"Content-Length", "5"}, {NULL, NULL}};
        const char *query = app_variable(env, "QUERY_STRING");
        if (*query == 'l')
            return start_response(env, "200 OK", five)(env, "hello, world", 12);
        if (*query == 's')
            return start_response(env, "200 OK", five)(env, "hel", 3);
        start_response(env, "200 OK", none)(env, "half", 4);
        return -1;
END
    start 2b --app "/cut=$own/cut.so"
    [ "$(get "$url/cut?long")" = hello ]
    log_says 'app cut: wrote more than its Content-Length'
    run get "$url/cut?short"
    [ "$status" = 18 ] # curl: the end came too early
    [ "$output" = hel ]
    log_says 'app cut: wrote less than its Content-Length'
    run get "$url/cut?"
    [ "$status" = 18 ]
    [ "$output" = half ]
    log_says 'app cut: returned -1'
    run get --http1.0 "$url/cut?"
    [ "$status" = 56 ] # reset: HTTP/1.0 has no other sign
    [ "$(status_of "$url/hello")" = 200 ]
}

@test "an application that cannot answer is 500, and the log says why" {
    application fails <<'END'
        const struct app_header bad[] = {{"Connection", "close"}, {NULL, NULL}};
        switch (*app_variable(env, "QUERY_STRING")) {
        case 'n': return 0;
        case 's': return start_response(env, "200 OK", none) ? 3 : -1;
        case 'h': return start_response(env, "200 OK", bad) ? 0 : -1;
        default: return start_response(env, "Fine", none) ? 0 : -1;
        }
END
    start 2b --app "/fails=$own/fails.so"
    for query in nothing start header fine; do
        [ "$(status_of "$url/fails?$query")" = 500 ]
    done
    [ "$(status_of "$url/hello")" = 200 ]
    log_says 'app fails: returned without start_response'
    log_says 'app fails: returned 3'
    log_says 'app fails: start_response: a header that is not allowed: "Connection: close"'
    log_says 'app fails: start_response: no status from 200 to 599: "Fine"'
}

@test "an application can write to the log" {
    application says <<'END'
        env->log(env, app_variable(env, "PATH_INFO"));
        return start_response(env, "200 OK", none) ? 0 : -1;
END
    start 2b --app "/says=$own/says.so"
    get "$url/says/dear%0Alog"
    log_says 'app says: /dear\x0alog'
}

@test "a body that waits is invited, and the call comes after it" {
    start 2b
    said=$(get -v --expect100-timeout 9 -H Expect:100-continue -d hello \
        "$url/echo" 2>&1)
    [[ $said == *"HTTP/1.1 100 Continue"*"HTTP/1.1 200 OK"*"hello"* ]]
}

@test "an application learns that its client has left" {
    application endless <<'END'
        app_write_fn *write = start_response(env, "200 OK", none);
        while (write(env, "tick\n", 5) == 0)
            usleep(20000);
        env->log(env, "alone");
        return 0;
END
    start 2b --app "/endless=$own/endless.so"
    curl -s -N -o "$own/got" "$url/endless" &
    local client=$!
    wait_until 50 grep -q tick "$own/got"
    kill "$client"
    log_says 'app endless: alone'
    [ "$(status_of "$url/hello")" = 200 ]
}

@test "a hundred answers on one connection leave nothing behind" {
    start 2b
    local before urls=()
    before=$(descriptors)
    for _ in {1..100}; do urls+=("$url/hello"); done
    get -w '%{num_connects}\n' "${urls[@]}" >"$own/got"
    [ "$(grep -c Hello "$own/got")" = 100 ]
    [ "$(grep -cx 1 "$own/got")" = 1 ]
    wait_until 50 [ "$(descriptors)" = "$before" ]
}

@test "what an application keeps: one process counts all, 3a each child its own" {
    start 2b
    get "$url/counter" "$url/counter" >/dev/null
    [ "$(get "$url/counter")" = "visitor 3 of process $server" ]
    stop_stage
    start 3a
    get "$url/counter" "$url/counter" >"$own/got" # one connection, one child
    [ "$(grep -c "^visitor [12] of" "$own/got")" = 2 ]
    [[ $(get "$url/counter") == "visitor 1 of process "* ]]
}

# --- Start-up ---

@test "what cannot be loaded is refused with its reason" {
    application missing <<<'extern int nowhere(void); return nowhere();'
    compile nothing <<<'int something;'
    compile old <<<'static app_fn f; static int f(struct app_environ *env,
        app_start_response_fn *s) { return env && s; }
        const struct app application = {APP_VERSION + 6, f};'
    compile null <<<'const struct app application = {APP_VERSION, NULL};'
    compile early <<<'static __attribute__((constructor)) void f(void)
        { *(volatile char *)8 = 1; }'
    echo 'no object' >"$own/text.so"

    no='cannot be loaded:'
    refused "app none $no $own/none.so: cannot open shared object file: No such file or directory" \
        --app "/x=$own/none.so"
    refused "app text $no $own/text.so: file too short" --app "/x=$own/text.so"
    refused "app own $no $own: cannot read file data: Is a directory" --app "/x=$own"
    refused "app missing $no $own/missing.so: undefined symbol: nowhere" \
        --app "/x=$own/missing.so"
    refused "app nothing $no it defines no symbol 'application'" \
        --app "/x=$own/nothing.so"
    refused "app old $no it was compiled for version 7 of app.h, and this is version 1" \
        --app "/x=$own/old.so"
    refused "app null $no its application.answer is NULL" --app "/x=$own/null.so"

    run "$build/2b_c_app" --port 0 --app "/x=$own/early.so"
    [ "$status" = 139 ]
    [[ $output == *"app early: killed by signal 11 (SIGSEGV)"* ]]
    run "$build/2b_c_app" --app nonsense
    [ "$status" = 64 ]
    [[ $output == *"--app must be /PREFIX=TARGET, not 'nonsense'"* ]]
}

@test "a file without a slash is one of this directory, not of the system" {
    cp "$build/apps/hello.so" "$own"
    start_in "$own" --app /hello=hello.so
    [ "$(status_of "$url/hello")" = 200 ]
    refused "app libc.so.6 cannot be loaded: ./libc.so.6: cannot open shared object file: No such file or directory" \
        --app /x=libc.so.6
}

@test "applications do not see each other's symbols" {
    local name
    for name in one two; do
        compile "$name" <<END
const char *who(void) { return "$name"; }
static int answer(struct app_environ *env, app_start_response_fn *begin)
{
    static const struct app_header none[] = {{NULL, NULL}};
    return begin(env, "200 OK", none)(env, who(), 3);
}
const struct app application = {APP_VERSION, answer};
END
    done
    start 2b --app "/one=$own/one.so" --app "/two=$own/two.so"
    [ "$(get "$url/one" "$url/two")" = onetwo ]
}

# --- A crash ---

@test "in 2b, one process, a crash ends the server with the true status" {
    while read -r mode end words; do
        start 2b
        [ "$(status_of "$url/hello")" = 200 ]
        run get "$url/crash?mode=$mode"
        [ "$status" != 0 ]
        wait_for_end
        [ "$ended" = "$end" ]
        grep "^2b\[[0-9]*\] app crash: $words\$" "$log"
        rm "$log"
    done <<END
segv 139 killed by signal 11 (SIGSEGV)
abort 134 killed by signal 6 (SIGABRT)
overflow 139 killed by signal 11 (SIGSEGV)
late 139 killed by signal 11 (SIGSEGV)
exit 3 called exit
END
}

# One client is served meanwhile by another child, and notices nothing.
@test "under 3a and 3c a crash costs one connection" {
    for stage in 3a 3c; do
        start "$stage"
        curl -s -o "$own/got" "$url/slow?ms=60000" &
        local other=$! mode
        wait_until 50 has_children "$server" 1
        for mode in segv abort overflow late exit; do
            run get "$url/crash?mode=$mode"
            [ "$status" = 52 ] || [ "$mode$status" = late18 ]
            [ "$(status_of "$url/hello")" = 200 ]
        done
        for words in 'killed by signal 11 (SIGSEGV)' 'called exit' \
            'killed by signal 6 (SIGABRT)'; do
            log_says "app crash: $words"
        done
        [ "$(grep -c 'app crash: killed by signal 11' "$log")" = 3 ]
        kill -0 "$other"
        [ "$(status_of "$url/hello.txt")" = 200 ]
        if [ "$stage" = 3c ]; then
            wait_until 50 has_children "$server" 1
        fi
        kill "$other"
        stop_stage
    done
}

@test "nobody is blamed for what the application did not do" {
    start 2b
    [ "$(status_of "$url/hello")" = 200 ]
    kill -SEGV "$server"
    wait_for_end
    [ "$ended" = 139 ]
    run grep killed "$log"
    [ "$status" = 1 ]
    rm "$log"
}
