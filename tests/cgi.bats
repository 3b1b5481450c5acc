#!/usr/bin/env bats
# cgi.bats - programs that answer, by stage 2a and by the fork ladder, and what
# they leave behind: nothing.

# shellcheck disable=SC2016 # what is quoted is for a program to expand
# shellcheck disable=SC2154 # start_stage sets server, port and log

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    own=$BATS_TEST_TMPDIR/cgi
    mkdir "$own"
    start
}

# serve STAGE OPTION...: that stage, instead of what was served before.
serve() {
    stop_stage
    start_stage "$@"
    url=http://127.0.0.1:$port
}

start() {
    serve 2a --cgi /cgi-bin=part2/cgi-bin --cgi "/own=$own" "$@"
}

# refuses OPTION...: 2a ends at once, with the status for wrong options.
refuses() {
    run timeout 10 "$build/2a_cgi" --port 0 "$@"
    [ "$status" = 64 ]
}

teardown() {
    for pid in ${to_end:-}; do
        kill -KILL "$pid" 2> /dev/null || true
    done
    stop_stage
}

# program NAME: make a program of our own from standard input.
program() {
    { echo '#!/bin/sh'; cat; } > "$own/$1"
    chmod +x "$own/$1"
}

get() {
    curl -s --max-time 20 "$@"
}

status_of() {
    get -o /dev/null -w '%{http_code}' "$@"
}

# group PGID: the processes of a group that are not dead.
group() {
    cat /proc/[0-9]*/stat 2> /dev/null | sed 's/^\([0-9]*\) .*) /\1 /' |
        awk -v group="$1" '$4 == group && $2 !~ /[ZX]/ { print $1 }'
}

group_is_gone() {
    [ -z "$(group "$1")" ]
}

descriptors() {
    find "/proc/$server/fd" -mindepth 1 | wc -l
}

has_descriptors() {
    [ "$(descriptors)" = "$1" ]
}

nothing_is_left() {
    wait_until 50 has_children "$server" 0
}

log_says() {
    wait_until 50 grep -qF "$1" "$log"
}

@test "a shell script and a Python program answer GET" {
    [[ $(get "$url/cgi-bin/hello.sh") == "Hello from a shell script"* ]]
    [[ $(get "$url/cgi-bin/form.py") == *"<form"* ]]
    nothing_is_left
}

@test "what is not below a prefix is a file" {
    get "$url/hello.txt" | cmp - www/hello.txt
    [ "$(status_of "$url/cgi-binary")" = 404 ]
}

# RFC 9110 9.3.8: an echo of it would show scripts what is hidden from them.
@test "TRACE reaches no program" {
    program echo <<'END'
printf 'Content-Type: text/plain\n\n%s %s\n' "$REQUEST_METHOD" "$HTTP_COOKIE"
END
    [ "$(get -H 'Cookie: hidden' -X PUT "$url/own/echo")" = 'PUT hidden' ]
    [ "$(status_of -X TRACE "$url/own/echo")" = 501 ]
    [[ $(get -H 'Cookie: hidden' -X TRACE "$url/own/echo") != *hidden* ]]
}

@test "bodies of every size come back byte for byte" {
    for size in 0 1 65535 65536 65537 131072 1000000; do
        head -c "$size" /dev/urandom > "$own/sent"
        for name in cat echo.py; do
            get --data-binary "@$own/sent" -o "$own/got" "$url/cgi-bin/$name"
            cmp "$own/sent" "$own/got"
        done
    done
    nothing_is_left
}

# most_memory: the most that the server has had so far, in KiB.
most_memory() {
    awk '/^VmHWM/ { print $2 }' "/proc/$server/status"
}

@test "50 MB come back, the server does not grow and no file of them is left" {
    head -c 50000000 /dev/urandom > "$own/sent"
    before=$(descriptors)
    get "$url/cgi-bin/hello.sh" > "$own/got"
    least=$(most_memory)
    get --data-binary "@$own/sent" -o "$own/got" --max-time 60 "$url/cgi-bin/cat"
    cmp "$own/sent" "$own/got"
    get -T "$own/sent" -H 'Transfer-Encoding: chunked' -o "$own/got" \
        --max-time 60 "$url/cgi-bin/cat"
    cmp "$own/sent" "$own/got"
    [ "$(most_memory)" -lt $((least + 8192)) ]
    wait_until 50 has_descriptors "$before"
    [ "$(status_of -X POST -H 'Content-Length: 67108865' "$url/cgi-bin/cat")" = 413 ]
}

@test "only a program that is there invites a body" {
    says='-v --expect100-timeout 5 -H Expect:100-continue -d hello'
    # shellcheck disable=SC2086 # several words
    for path in cgi-bin/none cgi-bin/ hello.txt; do
        said=$(get $says "$url/$path" 2>&1)
        [[ $said == *"HTTP/1.1 40"* && $said != *"100 Continue"* ]]
    done
    # shellcheck disable=SC2086
    said=$(get $says "$url/cgi-bin/cat" 2>&1)
    [[ $said == *"HTTP/1.1 100 Continue"*"hello"* ]]
}

@test "a body may come in chunks and the answer keeps its type" {
    head -c 200000 /dev/urandom > "$own/sent"
    get --data-binary "@$own/sent" -H 'Transfer-Encoding: chunked' \
        -H 'Content-Type: text/x-own' -D "$own/head" -o "$own/got" \
        "$url/cgi-bin/echo.py"
    cmp "$own/sent" "$own/got"
    grep -q '^Content-Type: text/x-own' "$own/head"
    grep -q '^Content-Length: 200000' "$own/head"
}

@test "a program need not read its input, nor write before it has read" {
    head -c 1000000 /dev/zero > "$own/sent"
    program deaf <<< 'printf "Content-Type: a/b\n\nheard nothing\n"'
    program closes <<< 'exec <&-; printf "Content-Type: a/b\n\nclosed\n"'
    program large <<< 'cat > /dev/null; printf "Content-Type: a/b\n\n"
                      head -c 5000000 /dev/zero'
    [ "$(get --data-binary "@$own/sent" "$url/own/deaf")" = "heard nothing" ]
    [ "$(get --data-binary "@$own/sent" "$url/own/closes")" = "closed" ]
    [ "$(get --data-binary "@$own/sent" "$url/own/large" | wc -c)" = 5000000 ]
    nothing_is_left
}

@test "slow clients and slow programs get all of it" {
    head -c 1000000 /dev/urandom > "$own/sent"
    program sips << 'END'
exec python3 -c '
import sys, time
sys.stdout.buffer.write(b"Content-Type: a/b\n\n")
while (some := sys.stdin.buffer.read1(50000)):
    sys.stdout.buffer.write(some)
    sys.stdout.buffer.flush()
    time.sleep(0.02)
'
END
    get --data-binary "@$own/sent" -o "$own/got" "$url/own/sips"
    cmp "$own/sent" "$own/got"
    get --limit-rate 500K --data-binary "@$own/sent" -o "$own/got" "$url/cgi-bin/cat"
    cmp "$own/sent" "$own/got"
    nothing_is_left
}

# Reads 16 KiB at a time, and then not for a while: the server waits for it
# longer than any program may be silent.
@test "a program is not blamed for a client that is slow" {
    start --cgi-timeout 0.3
    program large <<< 'printf "Content-Type: a/b\nContent-Length: 400000\n\n"
                       head -c 400000 /dev/zero'
    python3 - "$port" << 'END'
import socket, sys, time
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
client.settimeout(10)
client.connect(("127.0.0.1", int(sys.argv[1])))
client.sendall(b"GET /own/large HTTP/1.0\r\n\r\n")
got = b""
while (some := client.recv(16384)):
    got += some
    time.sleep(0.1)
sys.exit(len(got.partition(b"\r\n\r\n")[2]) != 400000)
END
    run grep 'too long' "$log"
    [ "$status" = 1 ]
    nothing_is_left
}

@test "a compiled program answers" {
    start --cgi "/compiled=$build/cgi-bin"
    [[ $(get "$url/compiled/hello") == "Hello from a C program"* ]]
    [ "$(status_of "$url/cgi-bin/hello.c")" = 403 ]
}

@test "the environment tells all about the request" {
    get -d hello -H 'Content-Type: text/plain' -H 'X-Own: 1' -H 'x-own: 2' \
        "$url/cgi-bin/env/more%20path?a=b&c=%20" > "$own/got"
    grep -Fx -e "CONTENT_LENGTH=5" -e "CONTENT_TYPE=text/plain" \
        -e "DOCUMENT_ROOT=$PWD/www" -e "GATEWAY_INTERFACE=CGI/1.1" \
        -e "HTTP_HOST=127.0.0.1:$port" -e "HTTP_X_OWN=1, 2" \
        -e "PATH_INFO=/more path" -e "PATH_TRANSLATED=$PWD/www/more path" \
        -e "QUERY_STRING=a=b&c=%20" -e "REMOTE_ADDR=127.0.0.1" \
        -e "REMOTE_HOST=127.0.0.1" -e "REQUEST_METHOD=POST" \
        -e "REQUEST_URI=/cgi-bin/env/more%20path?a=b&c=%20" \
        -e "SCRIPT_FILENAME=$PWD/part2/cgi-bin/env" \
        -e "SCRIPT_NAME=/cgi-bin/env" -e "SERVER_NAME=127.0.0.1" \
        -e "SERVER_PORT=$port" -e "SERVER_PROTOCOL=HTTP/1.1" \
        -e "SERVER_SOFTWARE=Forkyard/1" -e "PWD=$PWD/part2/cgi-bin" \
        "$own/got" | tee "$own/found"
    [ "$(wc -l <"$own/found")" = 20 ]
}

@test "no header becomes a variable that programs obey or trust" {
    get -H 'Proxy: http://evil/' -H 'X_Y: z' -H 'Authorization: Basic eA==' \
        "$url/cgi-bin/env" > "$own/got"
    grep -q HTTP_USER_AGENT "$own/got"
    run grep -E 'HTTP_PROXY|HTTP_X_Y|AUTHORIZATION|evil|eA==' "$own/got"
    [ "$status" = 1 ]
}

@test "no path leads out of the directory or to what may not run" {
    program sound <<< 'printf "Content-Type: a/b\n\n"'
    ln -s /bin/sh "$own/outside"
    ln -s sound "$own/inside"
    cp "$own/sound" "$own/.hidden"
    cp "$own/sound" "$own/plain"
    chmod -x "$own/plain"
    mkdir "$own/sub"
    [ "$(status_of "$url/own/inside")" = 200 ]
    [ "$(status_of "$url/own/plain")" = 403 ]
    for path in none outside .hidden sub sub/ '' ../cgi/sound %2e%2e/cgi/sound \
        sound/../../etc sound%2f..%2fx; do
        [ "$(status_of --path-as-is "$url/own/$path")" = 404 ]
    done
}

@test "Status and Location decide the answer, HEAD has no body" {
    program teapot <<< 'printf "Status: 418 Teapot\nX-Own: yes\n\nshort\n"'
    program away <<< 'printf "Location: http://example.org/\n\n"'
    [ "$(status_of "$url/own/teapot")" = 418 ]
    [ "$(get "$url/own/teapot")" = short ]
    [ "$(get -w '%{http_code} %{redirect_url}' "$url/own/away")" = \
        "302 http://example.org/" ]
    get -I "$url/own/teapot" > "$own/head"
    grep -q '^X-Own: yes' "$own/head"
    run grep short "$own/head"
    [ "$status" = 1 ]
}

# redirects NAME LOCATION: a program that redirects to a path.
redirects() {
    program "$1" <<< "printf 'Location: %s\n\n' '$2'"
}

@test "a local redirect is answered as if its path had been asked for" {
    redirects moved '/cgi-bin/env/a%20b?c=d'
    get "$url/cgi-bin/redirect" | cmp - www/hello.txt
    get -i -d 'a body' -H 'X-Own: 1' "$url/own/moved?old" | tr -d '\r' > "$own/got"
    grep -Fx -e 'HTTP/1.1 200 OK' -e REQUEST_METHOD=GET -e 'PATH_INFO=/a b' \
        -e QUERY_STRING=c=d -e HTTP_X_OWN=1 -e SCRIPT_NAME=/cgi-bin/env \
        -e 'REQUEST_URI=/own/moved?old' "$own/got" > "$own/found"
    [ "$(wc -l < "$own/found")" = 7 ]
    run grep -E '^(CONTENT_|Location)' "$own/got"
    [ "$status" = 1 ]
    grep -q '"POST /own/moved?old HTTP/1.1" 200' "$log"
    nothing_is_left
}

@test "a redirected POST has no body for the next program" {
    redirects moved /cgi-bin/cat
    [ -z "$(get -d 'a body' "$url/own/moved")" ]
    [ "$(get -d one -o - "$url/own/moved" -: -s -d two "$url/cgi-bin/cat")" = two ]
}

@test "a local redirect of HEAD is HEAD, of a directory leads to its slash" {
    mkdir "$BATS_TEST_TMPDIR/dir"
    echo hello > "$BATS_TEST_TMPDIR/file"
    start --root "$BATS_TEST_TMPDIR"
    redirects file /file
    redirects dir /dir?a=b
    get -I "$url/own/file" | tr -d '\r' > "$own/got"
    grep -Fx -e 'HTTP/1.1 200 OK' -e 'Content-Length: 6' "$own/got" > "$own/found"
    [ "$(wc -l < "$own/found")" = 2 ]
    [ "$(get -o /dev/null -w '%{redirect_url}' "$url/own/dir")" = "$url/dir/?a=b" ]
}

@test "local redirects may follow each other, but not for ever" {
    redirects one /own/two
    redirects two /cgi-bin/redirect
    get "$url/own/one" | cmp - www/hello.txt
    program self << END
echo ran >>"$own/runs"
printf 'Location: /own/self\n\n'
END
    [ "$(status_of "$url/own/self")" = 502 ]
    log_says '/own/self was redirected 10 times'
    [ "$(wc -l < "$own/runs")" = 11 ]
    nothing_is_left
}

@test "a local redirect that is not sound, or not alone, is 502" {
    redirects space '/a b'
    redirects fragment '/a#b'
    redirects zero '/a%00'
    redirects long "/$(head -c 8000 /dev/zero | tr '\0' x)"
    program header <<< 'printf "Set-Cookie: a=b\nLocation: /hello.txt\n\n"'
    program body <<< 'printf "Location: /hello.txt\n\nbody"; exec sleep 1000'
    program dies <<< 'printf "Location: /hello.txt\n\n"; kill -KILL $$'
    for name in space fragment zero long header body dies; do
        [ "$(status_of "$url/own/$name")" = 502 ]
    done
    log_says "cgi space: its Location is none of ours (400): /a b"
    log_says "cgi fragment: its Location is none of ours (400): /a#b"
    log_says "cgi zero: its Location is none of ours (400): /a%00"
    log_says 'cgi long: its Location is none of ours (414): /xxx'
    log_says 'cgi header: there is more than the Location of a local redirect'
    log_says 'cgi body: wrote more than its local redirect, ended after'
    log_says 'cgi dies: killed by signal 9 (Killed) after its header'
    nothing_is_left
}

@test "with a Status, a path in Location is for the client" {
    program away <<< 'printf "Status: 303\nLocation: /hello.txt\n\nthere"'
    [ "$(get -w ' %{http_code} %{redirect_url}' "$url/own/away")" = \
        "there 303 $url/hello.txt" ]
}

@test "NPH programs are not run: 501, before any body is sent" {
    program nph-own <<< "echo ran >'$own/ran'; echo 'HTTP/1.1 200 OK'; echo"
    [ "$(status_of "$url/own/nph-own")" = 501 ]
    log_says 'cgi nph-own: NPH programs are not offered'
    said=$(get -v --expect100-timeout 5 -H Expect:100-continue -d hello \
        "$url/own/nph-own" 2>&1)
    [[ $said == *"HTTP/1.1 501"* && $said != *"100 Continue"* ]]
    [ ! -e "$own/ran" ]
}

@test "a form greets its visitor in text, not in markup" {
    get --data-urlencode 'name=<b>&ä' "$url/cgi-bin/form.py" > "$own/got"
    grep -qF 'Hello, &lt;b&gt;&amp;ä!' "$own/got"
}

@test "a program that fails before its header is 502, and the log says why" {
    for name in exit3 segv empty no-header; do
        [ "$(status_of "$url/cgi-bin/$name")" = 502 ]
    done
    log_says 'cgi exit3: exited with status 3 before a header'
    log_says 'cgi segv: killed by signal 11'
    log_says 'cgi empty: exited with status 0 before a header'
    log_says 'cgi no-header: a header line is not "Name: value"'
    nothing_is_left
}

@test "a program that cannot be started is 502, and the log says why" {
    printf '#!/no/such/interpreter\n' > "$own/lost"
    printf 'no first line of a script\n' > "$own/format"
    chmod +x "$own/lost" "$own/format"
    [ "$(status_of "$url/own/lost")" = 502 ]
    [ "$(status_of "$url/own/format")" = 502 ]
    log_says 'cgi lost: could not be started: No such file or directory'
    log_says 'cgi format: could not be started: Exec format error'
    nothing_is_left
}

@test "a header that is too long or holds a stray CR or NUL is 502" {
    program long <<< 'printf "X: "; head -c 40000 /dev/zero | tr "\0" x'
    program stray <<< 'printf "Content-Type: a/b\nX: a\rSet-Cookie: b\n\n"'
    program nul <<< 'printf "Content-Type: a/b\nX: a\0b\n\n"'
    for name in long stray nul; do
        [ "$(status_of "$url/own/$name")" = 502 ]
    done
    nothing_is_left
}

@test "a program that says nothing is 504, and its whole group is gone" {
    program forever << END
echo \$\$ >"$own/pid"
exec "$PWD/part2/cgi-bin/forever"
END
    start --cgi-timeout 1
    [ "$(status_of "$url/own/forever")" = 504 ]
    to_end=$(group "$(cat "$own/pid")")
    [ -z "$to_end" ]
    log_says 'cgi forever: neither read nor wrote for too long, ended before'
    nothing_is_left
}

@test "a program may use what it is granted, and no more" {
    program limits <<< 'printf "Content-Type: a/b\n\n"
                        ulimit -t; ulimit -v; ulimit -n; ulimit -c'
    program burns <<< 'while :; do :; done'
    program hoards << 'END'
printf 'Content-Type: a/b\n\n'
exec python3 -c 'print(len(bytearray(400 << 20)))' 2>&1
END
    ulimit -S -c "$(ulimit -H -c)"
    start
    get "$url/own/limits" > "$own/got"
    printf '%s\n' "$(ulimit -t)" "$(ulimit -v)" "$(ulimit -n)" 0 |
        diff - "$own/got"
    [[ $(get "$url/own/hoards") == *419430400 ]]

    start --cgi-cpu 1 --cgi-memory 300M --cgi-files 32
    get "$url/own/limits" > "$own/got"
    printf '%s\n' 1 307200 32 0 | diff - "$own/got"
    [ "$(status_of "$url/own/burns")" = 502 ]
    log_says 'cgi burns: killed by signal 24 (CPU time limit exceeded) before'
    [[ $(get "$url/own/hoards") == *MemoryError* ]]
    nothing_is_left
}

@test "a limit that the server itself has cannot be exceeded" {
    program limits <<< 'printf "Content-Type: a/b\n\n"; ulimit -n'
    stop_stage
    ulimit -n 200
    start --cgi-files 4096
    [ "$(get "$url/own/limits")" = 200 ]
}

@test "whoever is deaf to SIGXCPU is killed a second later" {
    program deaf <<< 'trap "" XCPU; while :; do :; done'
    start --cgi-cpu 1
    [ "$(status_of "$url/own/deaf")" = 502 ]
    log_says 'cgi deaf: killed by signal 9 (Killed) before a header'
}

@test "a program that runs for too long is ended, busy or not" {
    program ticks << END
echo \$\$ >"$own/pid"
printf 'Content-Type: a/b\n\n'
while :; do echo tick; sleep 0.05; done
END
    program silent <<< 'exec sleep 1000'
    start --cgi-time 1
    run get "$url/own/ticks"
    [ "$status" = 18 ]
    [[ $output == tick* ]]
    group_is_gone "$(cat "$own/pid")"
    log_says 'cgi ticks: ran for too long, ended after its header'
    [ "$(status_of "$url/own/silent")" = 504 ]
    log_says 'cgi silent: ran for too long, ended before a header'
    nothing_is_left
}

@test "an answer that stops in the middle is cut off, not ended" {
    program stuck <<< 'printf "Content-Type: a/b\n\nhalf"; exec sleep 1000'
    program crash <<< 'printf "Content-Type: a/b\n\nhalf"; kill -KILL $$'
    program short <<< 'printf "Content-Type: a/b\nContent-Length: 9\n\nhalf"'
    start --cgi-timeout 1
    for name in stuck crash short; do
        run get "$url/own/$name"
        [ "$status" = 18 ] # curl: the end came too early
        [ "$output" = half ]
    done
    log_says 'cgi stuck: neither read nor wrote for too long, ended after'
    log_says 'cgi crash: killed by signal 9 (Killed) after its header'
    log_says 'cgi short: its answer could not be completed'
    nothing_is_left
}

@test "a status after a whole answer is only logged" {
    program grep <<< 'printf "Content-Type: a/b\n\nwhole\n"; exit 1'
    [ "$(get "$url/own/grep")" = whole ]
    log_says 'cgi grep: exited with status 1 after its header'
}

@test "the first byte arrives while the program still runs" {
    program waits << END
printf 'Content-Type: text/plain\n\nfirst\n'
until [ -e "$own/go" ]; do sleep 0.05; echo; done
echo last
END
    get -N -o "$own/got" "$url/own/waits" &
    local client=$!
    wait_until 50 grep -q first "$own/got"
    run grep last "$own/got"
    [ "$status" = 1 ]
    touch "$own/go"
    wait "$client"
    grep -q last "$own/got"
}

@test "a client that leaves ends its program" {
    program endless << END
echo \$\$ >"$own/pid"
printf 'Content-Type: text/plain\n\n'
while :; do echo tick; sleep 0.05; done
END
    curl -s -N -o "$own/got" "$url/own/endless" &
    local client=$!
    wait_until 50 grep -q tick "$own/got"
    to_end=$(cat "$own/pid")
    kill "$client"
    wait_until 50 group_is_gone "$to_end"
    log_says 'cgi endless: lost its client, ended after its header'
    nothing_is_left
}

# silent NAME BEFORE: a program that says BEFORE, then nothing for ever.
silent() {
    program "$1" << END
echo \$\$ >"$own/pid"
printf '$2'
exec sleep 1000
END
}

@test "a client that left before the answer began is noticed by and by" {
    silent nothing ''
    run curl -s -m 1 "$url/own/nothing"
    [ "$status" = 28 ] # curl: it took too long
    to_end=$(cat "$own/pid")
    wait_until 80 group_is_gone "$to_end"
    log_says 'cgi nothing: lost its client, ended before a header'
    nothing_is_left
}

@test "a client that left a silent answer is noticed by and by" {
    silent half 'Content-Type: a/b\n\nhalf'
    run curl -s -N -m 1 "$url/own/half"
    [ "$output" = half ]
    to_end=$(cat "$own/pid")
    wait_until 80 group_is_gone "$to_end"
    log_says 'cgi half: lost its client, ended after its header'
    nothing_is_left
}

# half_closed NAME VERSION [WAITS]: ask for a program, send no more, and show
# all that comes. Once it holds WAITS, the program is let go.
half_closed() {
    python3 - "$port" "$own/go" "$@" << 'END'
import socket, sys
port, go, name, version, *waits = sys.argv[1:]
client = socket.create_connection(("127.0.0.1", int(port)), 10)
client.sendall(f"GET /own/{name} HTTP/{version}\r\nHost: a\r\n\r\n".encode())
client.shutdown(socket.SHUT_WR)
got = b""
while (some := client.recv(4096)):
    got += some
    if waits and waits[0].encode().decode("unicode_escape").encode() in got:
        open(go, "w").close()
sys.stdout.buffer.write(got)
END
}

@test "a client that only sends no more gets its whole answer" {
    program patient << END
until [ -e "$own/go" ]; do sleep 0.05; done
printf 'Content-Type: a/b\n\nwhole'
END
    half_closed patient 1.1 '100 Continue\r\n\r\n' > "$own/got"
    grep -q '^HTTP/1.1 100 Continue' "$own/got"
    grep -q '^HTTP/1.1 200 OK' "$own/got"
    grep -qx 'whole.' "$own/got" # and CR

    rm "$own/go"
    program streams << END
printf 'Content-Type: a/b\n\none'
until [ -e "$own/go" ]; do sleep 0.05; done
printf two
END
    half_closed streams 1.1 'one\r\n0' > "$own/got"
    tr -d '\r' < "$own/got" | sed '1,/^$/d' > "$own/body"
    grep -qx '0*03' "$own/body" # the second size; the first has no zero
    printf '%s\n' 3 one 3 two 0 '' > "$own/chunks"
    sed 's/^0*\([0-9]\)/\1/' "$own/body" | diff "$own/chunks" -
    nothing_is_left
}

@test "nothing but the answer comes if it is quick, or the client is HTTP/1.0" {
    program quick <<< 'printf "Content-Type: a/b\n\nquick"'
    program slow <<< 'sleep 1.5; printf "Content-Type: a/b\n\nslow"'
    half_closed quick 1.1 > "$own/got"
    [[ $(cat "$own/got") == "HTTP/1.1 200 OK"*quick* ]]
    half_closed slow 1.0 > "$own/got"
    [[ $(cat "$own/got") == "HTTP/1.1 200 OK"*slow ]]
}

@test "a process left behind holds neither the answer nor the port" {
    SECONDS=0
    get "$url/cgi-bin/leave-sleep" > "$own/got"
    [ "$SECONDS" -lt 10 ]
    to_end=$(awk '{ print $2 }' "$own/got")
    kill -0 "$to_end"
    nothing_is_left
    local old=$port
    start --port "$old"
    [ "$port" = "$old" ]
    kill -0 "$to_end"
}

@test "a program that only closes its output is answered for, then ended" {
    program lingers << END
echo \$\$ >"$own/pid"
printf 'Content-Type: text/plain\n\nall\n'
exec >&-
exec sleep 1000
END
    [ "$(get "$url/own/lingers")" = all ]
    to_end=$(cat "$own/pid")
    wait_until 50 group_is_gone "$to_end"
    log_says 'cgi lingers: closed its output but did not exit'
    nothing_is_left
}

@test "programs do not outlive a server that is killed" {
    program stays << END
echo \$\$ >"$own/pid"
printf 'Content-Type: text/plain\n\n'
exec sleep 1000
END
    get "$url/own/stays" &
    local client=$!
    wait_until 50 test -s "$own/pid"
    to_end=$(cat "$own/pid")
    kill -KILL "$server"
    wait "$client" || true
    wait_until 50 group_is_gone "$to_end"
}

@test "a program inherits descriptors 0, 1 and 2, and no signal setting" {
    get "$url/cgi-bin/fds" > "$own/got"
    sed -n 's/.* \([0-9]* -> .*\)/\1/p' "$own/got" > "$own/fds"
    [ "$(wc -l < "$own/fds")" = 4 ]
    grep -q '^0 -> pipe:' "$own/fds"
    grep -q '^1 -> pipe:' "$own/fds"
    grep -q '^2 -> ' "$own/fds"
    grep -q '^3 -> /proc/[0-9]*/fd$' "$own/fds" # ls's own
    run grep socket "$own/fds"
    [ "$status" = 1 ]

    program signals <<< 'printf "Content-Type: a/b\n\n"
                         exec grep -E "Sig(Blk|Ign)" /proc/self/status'
    # 32 and 33 are glibc's own; who starts us may have left them ignored.
    get "$url/own/signals" > "$own/got"
    [ "$(wc -l < "$own/got")" = 2 ]
    while read -r _ mask; do
        [ $((0x$mask & ~0x180000000)) = 0 ]
    done < "$own/got"
    [ "$(get "$url/cgi-bin/yes-head" | LC_ALL=C sort)" = "head ended with status 0
y
yes ended with status 141" ]
}

@test "a program leads a process group of its own" {
    program group <<< 'printf "Content-Type: a/b\n\n"
                       echo $$ $(cut -d" " -f5 /proc/$$/stat)'
    read -r pid group <<< "$(get "$url/own/group")"
    [ "$pid" = "$group" ]
}

@test "an answer without a body does not keep a program for ever" {
    start --cgi-timeout 0.5
    program endless <<< 'printf "Content-Type: a/b\n\n"
                         while sleep 0.1; do echo more; done'
    program nothing <<< 'printf "Status: 204\n\n"
                         while sleep 0.1; do echo more; done'
    curl -s --head -m 5 "$url/own/endless" > "$own/got"
    [ "$(status_of -m 5 "$url/own/nothing")" = 204 ]
    [ "$(status_of -m 5 "$url/own/no-such")" = 404 ]
    wait_until 50 has_children "$server" 0
}

@test "slashes in front of a prefix do not give its programs away" {
    program secret <<< 'printf "Content-Type: a/b\n\n"; echo ran'
    serve 2a --cgi "/own=$own" --root "$BATS_TEST_TMPDIR"
    mkdir "$BATS_TEST_TMPDIR/own"
    cp "$own/secret" "$BATS_TEST_TMPDIR/own/"
    for path in /own/secret //own/secret ///own//secret; do
        [ "$(get --path-as-is "$url$path")" = ran ]
    done
}

@test "a status that cannot be learned is said, and the answer is cut" {
    program dies <<< 'printf "Content-Type: a/b\n\n"; echo half; kill -SEGV $$'
    stop_stage
    program=$(program_of 2a)
    log=$BATS_TEST_TMPDIR/ignoring
    env --ignore-signal=CHLD "$program" --port 0 --cgi "/own=$own" \
        2> "$log" 3>&- &
    server=$!
    wait_until 100 grep -q 'listening on' "$log"
    port=$(sed -n 's/.*:\([0-9]*\)\/, pid.*/\1/p' "$log")
    run get "http://127.0.0.1:$port/own/dies"
    [ "$status" != 0 ]
    wait_until 50 grep -q 'killed by signal 11' "$log"
}

@test "what a program says on standard error is in the server's log" {
    program speaks <<< 'printf "Content-Type: a/b\n\n"; echo "dear log" >&2'
    [ "$(status_of "$url/own/speaks")" = 200 ]
    log_says 'dear log'
}

@test "a hundred answers on one connection leave nothing behind" {
    local before urls=()
    before=$(descriptors)
    for _ in {1..100}; do urls+=("$url/cgi-bin/hello.sh"); done
    get "${urls[@]}" > "$own/got"
    [ "$(grep -c Hello "$own/got")" = 100 ]
    nothing_is_left
    wait_until 50 has_descriptors "$before"
}

@test "a wrong mount or time-out is refused with a reason" {
    for mount in nonsense x=part2/cgi-bin /x /x=; do
        refuses --cgi "$mount"
        [[ $output == *"--cgi must be /PREFIX=TARGET, not '$mount'"* ]]
    done
    refuses --cgi /a%zz=part2/cgi-bin
    [[ $output == *"'/a%zz' is no path of a URL"* ]]
    run timeout 10 "$build/2a_cgi" --port 0 --cgi /x=/no/such/dir
    [ "$status" = 1 ]
    [[ $output == *"cannot run programs of /no/such/dir: No such file"* ]]
    refuses --cgi-timeout soon
    for size in 12X '' M -1 1MB 9999999999G 9223372036854775808; do
        refuses --cgi-memory "$size"
        [[ $output == *"--cgi-memory must be a size like 64M or 2G, not '$size'"* ]]
    done
    for option in time cpu files; do
        refuses "--cgi-$option" -1
    done
}

@test "a prefix is percent-decoded, as the path of a request is" {
    start --cgi /caf%C3%A9=part2/cgi-bin
    for path in /caf%C3%A9 /%63af%c3%a9; do
        get "$url$path/env" > "$own/got"
        grep -qFx $'SCRIPT_NAME=/caf\xC3\xA9/env' "$own/got"
    done
}

@test "a prefix can be mounted only once, however it is written" {
    for again in /own /own/ /%6Fwn; do
        refuses --cgi "/own=$own" --cgi "$again=part2/cgi-bin"
        [[ $output == *"/own/ is mounted twice"* ]]
    done
}

@test "32 prefixes can be mounted, and no more" {
    local mounts=()
    for i in {1..32}; do mounts+=(--cgi "/$i=part2/cgi-bin"); done
    serve 2a "${mounts[@]}"
    [ "$(status_of "$url/32/hello.sh")" = 200 ]
    refuses "${mounts[@]}" --cgi /33=part2/cgi-bin
    [[ $output == *"no more than 32 mounts are possible"* ]]
}

@test "the fork ladder serves programs too, and learns how they end" {
    for stage in 3a 3b 3c; do
        serve "$stage" --cgi /cgi-bin=part2/cgi-bin
        [[ $(get "$url/cgi-bin/hello.sh") == "Hello from a shell script"* ]]
        [ "$(status_of "$url/cgi-bin/exit3")" = 502 ]
        log_says 'cgi exit3: exited with status 3 before a header'
        get "$url/hello.txt" | cmp - www/hello.txt
    done
}
