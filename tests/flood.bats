#!/usr/bin/env bats
# flood.bats - build/flood against servers that do one thing each.
#
# Every server is scripted.py below, run with the name of what it does. It
# prints its port, and writes what it sees to $LOG, one event a line, so that
# a test can tell what really came over the wire.
#
# shellcheck disable=SC2030,SC2031 # each test has a port of its own
# shellcheck disable=SC2016 # what is quoted is for another shell to expand

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    FLOOD=$(realpath "$build/flood")
    LOG=$BATS_TEST_TMPDIR/log
    : > "$LOG"
    PIDS=()
    write_server > "$BATS_TEST_TMPDIR/scripted.py"
}

teardown() {
    for pid in "${PIDS[@]}"; do
        kill "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    done
}

write_server() {
    cat << 'PYTHON'
import os, socket, struct, sys, threading, time

what, argument = sys.argv[1], (sys.argv[2:] + [""])[0]
log_file = os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND)


def log(*words):
    os.write(log_file, (" ".join(map(str, words)) + "\n").encode())


def read_request(client):
    """One request with its body; logs every piece. None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        if not piece:
            return None
        log("piece", len(piece))
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        piece = client.recv(65536)
        if not piece:
            return None
        body += piece
    log("request", head.split(b"\r\n")[0].decode(), "body", len(body))
    for line in head.split(b"\r\n")[1:]:
        log("header", line.decode())
    return data


def answer(client, body=b"hello", status="200 OK", more=""):
    head = "HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n" % (
        status, len(body), more)
    client.sendall(head.encode() + body)


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))


def log_how_it_ends(client):
    try:
        while client.recv(65536):
            pass
        log("ended by close")
    except ConnectionResetError:
        log("ended by reset")


def wait_until_logged(words):
    while words not in open(os.environ["LOG"]).read():
        time.sleep(0.01)


# --- what a server can do with one connection ------------------------------

def by_length(client, number):
    read_request(client)
    answer(client, status=argument or "200 OK")


def keep(client, number):
    """Argument: requests for one connection, then Connection: close."""
    left = int(argument or 0)
    while read_request(client):
        left -= 1
        answer(client, more="Connection: close\r\n" if left == 0 else "")
        if left == 0:
            return


def chunks(client, number):
    while read_request(client):
        client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")


def slow(client, number):
    """Keeps the connection. Argument: seconds before each answer."""
    while read_request(client):
        time.sleep(float(argument))
        answer(client)


def slow_at_first(client, number):
    """Argument: seconds before the first answer of all."""
    read_request(client)
    if number == 1:
        time.sleep(float(argument))
    answer(client)


def raw(client, number):
    """Argument: the answer, with escapes; sent byte by byte."""
    read_request(client)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in argument.encode().decode("unicode_escape").encode("latin-1"):
        client.sendall(bytes([byte]))


def says_too_much(client, number):
    read_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabcd")


def resets(client, number):
    read_request(client)
    reset(client)


def resets_midway(client, number):
    """After a part of the answer has arrived over there."""
    read_request(client)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
    wait_until_logged("seen")
    reset(client)


def says_nothing(client, number):
    read_request(client)
    log_how_it_ends(client)


def one_byte(client, number):
    read_request(client)
    client.sendall(b"H")
    log_how_it_ends(client)


def until_shut(client, number):
    """Answers when the client has shut its side. Argument: body bytes."""
    data = b""
    while True:
        piece = client.recv(65536)
        if not piece:
            break
        data += piece
    log("shut after", len(data))
    answer(client, b"x" * int(argument))


def impatient_with_the_first(client, number):
    """Closes on its first client before it answers any other."""
    if number == 1:
        impatient(client, number)
        return
    read_request(client)
    wait_until_logged("heard nothing")
    answer(client)


def impatient(client, number):
    """Closes on whom says nothing for a while. Argument: seconds."""
    client.settimeout(float(argument))
    try:
        log("heard", len(client.recv(65536)))
    except TimeoutError:
        log("heard nothing")


def refuses_body(client, number):
    client.recv(65536)
    answer(client, status="413 Too Large", more="Connection: close\r\n")
    client.shutdown(socket.SHUT_WR)
    log_how_it_ends(client)


# --- servers ----------------------------------------------------------------

def serve(client, number, act):
    log("connected", number)
    try:
        with client:
            act(client, number)
    except ConnectionError:
        log("lost", number)


def a_thread_each(listener, act):
    number = 0
    while True:
        client, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(client, number, act),
                         daemon=True).start()


def one_at_a_time(listener):
    number = 0
    while True:
        client, _ = listener.accept()
        number += 1
        serve(client, number, by_length)


def when_all_are_here(listener):
    """Argument: how many. Reads from nobody before; logs who speaks when."""
    clients = [listener.accept()[0] for _ in range(int(argument))]

    def listen(client, number):
        read_request(client)
        log("speaks", number)
        answer(client)

    threads = [threading.Thread(target=serve, args=(client, i + 1, listen))
               for i, client in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
if what != "only_bound":
    listener.listen(512)
print(listener.getsockname()[1], flush=True)
if what == "only_bound":
    threading.Event().wait()
elif what in ("one_at_a_time", "when_all_are_here"):
    globals()[what](listener)
else:
    a_thread_each(listener, globals()[what])
PYTHON
}

# Start a server that does WHAT; sets port.
start_server() {
    : > "$BATS_TEST_TMPDIR/port"
    LOG=$LOG python3 "$BATS_TEST_TMPDIR/scripted.py" "$@" \
        > "$BATS_TEST_TMPDIR/port" 3>&- &
    PIDS+=($!)
    wait_until 300 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
}

# One that hangs is a failure like any other.
flood() {
    timeout 100 "$FLOOD" "$@"
}

# Run flood with --json, a generous time-out unless one is given, and without
# its messages.
flood_json() {
    run flood --json --quiet --timeout 60 "$@"
    echo "status $status: $output"
}

# Start flood in the background; sets flood, its pid, and ERR.
start_flood() {
    ERR=$BATS_TEST_TMPDIR/err
    "$FLOOD" --json "$@" > "$BATS_TEST_TMPDIR/out" 2> "$ERR" 3>&- &
    flood=$!
    PIDS+=("$flood")
}

# Wait for it; sets status and output.
finish_flood() {
    status=0
    wait "$flood" || status=$?
    output=$(cat "$BATS_TEST_TMPDIR/out")
    echo "status $status: $output"
}

# expect NAME VALUE ...: these fields of the JSON that was printed.
expect() {
    local wrong=0 found
    while (($# > 0)); do
        found=$(field "$1")
        if [[ $found != "$2" ]]; then
            echo "expected $1 $2, found $found"
            wrong=1
        fi
        shift 2
    done
    return "$wrong"
}

field() {
    local pattern="\"$1\":(\"[^\"]*\"|[^,}]*)"
    [[ $output =~ $pattern ]] && echo "${BASH_REMATCH[1]}"
}

# at_least NUMBER NUMBER, either of which may have a fraction.
at_least() {
    awk -v is="$1" -v least="$2" 'BEGIN { exit !(is + 0 >= least + 0) }' ||
        { echo "$1 is less than $2"; return 1; }
}

logged() {
    grep -c -e "$1" "$LOG" || true
}

has_logged() {
    (($(logged "$1") >= $2))
}

can_unshare() {
    unshare --user --map-root-user "$@" true 2> /dev/null
}

# --- what is printed --------------------------------------------------------

@test "the table has its lines in a fixed order" {
    start_server by_length
    run flood -n 20 -c 4 "127.0.0.1:$port"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = \
        "answered 20  refused 0  reset 0  closed early 0  timed out 0" ]
    number='[0-9]+\.[0-9]+'
    times="^p50 $number ms  p90 $number ms  p99 $number ms  max $number ms$"
    [[ ${lines[1]} =~ $times ]]
    [ "${lines[2]}" = "2xx 20  3xx 0  4xx 0  5xx 0" ]
    [ "${lines[3]}" = \
        "sent 20  connections 20  received 860 bytes  of body 100" ]
    rate="^$number s  [0-9]+ requests/s$"
    [[ ${lines[4]} =~ $rate ]]
    [ "${#lines[@]}" -eq 5 ]
}

@test "nothing but the result is printed when no terminal is there" {
    start_server by_length
    run flood -n 5 "127.0.0.1:$port"
    [ "${#lines[@]}" -eq 5 ]
}

@test "a terminal sees progress, and it is cleared at the end" {
    start_server impatient 0.5
    run script -qec "'$FLOOD' --silent -n 2 127.0.0.1:$port" /dev/null
    echo "$output" | cat -v
    [[ $output == *$'\r\e[Kclosed by server 0 of 2'*$'\r\e[Kclosed by server 2  refused'* ]]
    run script -qec "'$FLOOD' -q --silent -n 2 127.0.0.1:$port" /dev/null
    [[ $output != *$'\e'* ]]
}

@test "json is one line with every field" {
    start_server by_length
    flood_json -n 7 "127.0.0.1:$port"
    [ "${#lines[@]}" -eq 1 ]
    python3 -m json.tool <<< "$output"
    expect requests 7 sent 7 answered 7 status_2xx 7 status_3xx 0 \
        status_4xx 0 status_5xx 0 refused 0 reset 0 closed_early 0 \
        timed_out 0 errors 0 unfinished 0 aborted 0 closed_by_server 0 \
        held 0 held_closed_by_server 0 connections 7 bytes_received 301 \
        body_bytes 35 first_error null
    at_least "$(field max_ms)" "$(field p99_ms)"
    at_least "$(field p99_ms)" "$(field p90_ms)"
    at_least "$(field p90_ms)" "$(field p50_ms)"
    at_least "$(field requests_per_second)" 0.01
    at_least "$(field seconds)" 0.000001
}

@test "the longest time is the longest, whenever it was" {
    start_server slow_at_first 0.4
    flood_json -n 4 -c 1 "127.0.0.1:$port"
    expect answered 4
    at_least "$(field max_ms)" 400
    at_least "$(field max_ms)" "$(field p50_ms)"
}

@test "statuses are counted by class and count as answers" {
    for class in 3 4 5; do
        start_server by_length "${class}04 Whatever"
        flood_json -n 3 "127.0.0.1:$port"
        [ "$status" -eq 0 ]
        expect answered 3 "status_${class}xx" 3 status_2xx 0
    done
}

# --- answers ----------------------------------------------------------------

# answer_is RAW NAME VALUE ...: what one such answer counts as.
answer_is() {
    start_server raw "$1"
    shift
    flood_json -n 1 "127.0.0.1:$port"
    expect "$@"
}

@test "an answer without a length ends when the server closes" {
    answer_is 'HTTP/1.0 200 OK\r\n\r\nhello' answered 1 body_bytes 5
}

@test "a chunked answer ends with its trailers" {
    answer_is 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n' \
        answered 1 body_bytes 15
    start_server chunks
    flood_json --keep -n 3 -c 1 "127.0.0.1:$port"
    expect answered 3 body_bytes 15 connections 1
}

@test "chunked wins over a length" {
    answer_is 'HTTP/1.1 200 OK\r\nContent-Length: 900\r\ntransfer-encoding: gzip, Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n' \
        answered 1 body_bytes 1
}

@test "interim answers are passed over" {
    answer_is 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi' \
        answered 1 status_2xx 1 body_bytes 2
}

@test "204 and 304 have no body whatever their headers say" {
    answer_is 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n' \
        answered 1 status_2xx 1 body_bytes 0
    answer_is 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n' \
        answered 1 status_3xx 1 body_bytes 0
}

@test "a header line longer than the reader's buffer does no harm" {
    local long
    long=$(printf 'x%.0s' {1..500})
    answer_is "HTTP/1.1 200 OK\r\nX-Long: $long\r\n$long\r\nContent-Length: 3\r\n\r\nabc" \
        answered 1 body_bytes 3
}

@test "an answer that stops too soon is closed early" {
    answer_is '' answered 0 closed_early 1 bytes_received 0
    answer_is 'HTTP/1.1 200 OK\r\nContent-Le' answered 0 closed_early 1
    answer_is 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello' \
        answered 0 closed_early 1 body_bytes 5
    answer_is 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n' \
        answered 0 closed_early 1
    [ "$status" -eq 1 ]
}

@test "what breaks the rules of HTTP is an error and says so" {
    local reason='"the answer is not HTTP/1.1"'
    answer_is 'Hello, world\r\n' answered 0 errors 1 first_error "$reason"
    answer_is 'HTTP/1.1 20 OK\r\n\r\n' errors 1
    answer_is 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab' \
        errors 1
    answer_is 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n' errors 1
    answer_is 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n' \
        errors 1
    answer_is 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' \
        errors 1
    [ "$status" -eq 1 ]
    run flood -n 1 "127.0.0.1:$port"
    [[ ${lines[0]} == *"  errors 1" ]]
    [[ $output == *"first error: the answer is not HTTP/1.1"* ]]
}

# --- failures ---------------------------------------------------------------

@test "nobody listens: refused" {
    start_server only_bound
    flood_json -n 25 -c 5 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect requests 25 sent 0 answered 0 refused 25 connections 0 \
        p50_ms null max_ms null
    run flood -n 25 "127.0.0.1:$port"
    [ "${lines[1]}" = "p50 -  p90 -  p99 -  max -" ]
}

@test "a server that resets: reset" {
    start_server resets
    flood_json -n 12 -c 3 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect answered 0 reset 12 closed_early 0 sent 12
}

@test "a reset in an answer that only closing could end: reset" {
    start_server resets_midway
    start_flood -n 1 --timeout 60 "127.0.0.1:$port"
    wait_until 300 has_logged '^request' 1
    echo seen >> "$LOG"
    finish_flood
    [ "$status" -eq 1 ]
    expect answered 0 reset 1
}

@test "a server that says nothing: timed out, after that time" {
    start_server says_nothing
    flood_json -n 3 -c 3 --timeout 0.3 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect answered 0 timed_out 3 sent 3
    at_least "$(field seconds)" 0.3
    at_least 20 "$(field seconds)"
}

@test "a full listen queue: connecting counts against the time-out" {
    python3 -c 'import socket, sys, threading
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(0)
print(s.getsockname()[1], flush=True); threading.Event().wait()' \
        > "$BATS_TEST_TMPDIR/port" 3>&- &
    PIDS+=($!)
    wait_until 300 test -s "$BATS_TEST_TMPDIR/port"
    port=$(cat "$BATS_TEST_TMPDIR/port")
    flood_json -n 12 -c 12 --hold --timeout 0.5 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect answered 0 timed_out 12 connections 1
}

@test "no local port is left: an error that says so" {
    can_unshare --net || skip "no network namespaces here"
    command -v ip > /dev/null || skip "no ip command"
    cat > "$BATS_TEST_TMPDIR/few_ports" << 'SCRIPT'
ip link set lo up
echo 40000 40003 > /proc/sys/net/ipv4/ip_local_port_range
python3 "$1" keep > "$1.port" 3>&- &
server=$!
for ((i = 0; i < 400; i++)); do [ -s "$1.port" ] && break; sleep 0.05; done
"$2" --json -q -n 10 -c 10 --hold=0.1 "127.0.0.1:$(cat "$1.port")"
status=$?
kill $server
exit $status
SCRIPT
    LOG=$LOG run unshare --user --map-root-user --net bash \
        "$BATS_TEST_TMPDIR/few_ports" "$BATS_TEST_TMPDIR/scripted.py" "$FLOOD"
    echo "$output"
    [ "$status" -eq 1 ]
    at_least "$(field errors)" 6
    [[ $(field first_error) == *"no local port is free"* ]]
    at_least 10 "$(field seconds)"
}

@test "one descriptor limit is raised, the other is respected" {
    start_server keep
    run bash -c 'ulimit -Sn 30; "$@"' - "$FLOOD" -q -n 60 -c 60 --hold=0.1 \
        "127.0.0.1:$port"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"held 60  closed by server 0"* ]]
    run bash -c 'ulimit -n 30; "$@"' - "$FLOOD" -n 60 -c 60 "127.0.0.1:$port"
    [ "$status" -eq 2 ]
    [[ $output == *"need 76 descriptors, but only 30 are allowed"* ]]
    [ "${#lines[@]}" -eq 1 ]
}

# --- connections ------------------------------------------------------------

@test "without --keep every request has a connection and says it closes" {
    start_server keep
    flood_json -n 9 -c 3 "127.0.0.1:$port/some/where?x=1"
    [ "$status" -eq 0 ]
    expect answered 9 connections 9
    [ "$(logged '^connected')" -eq 9 ]
    [ "$(logged '^request GET /some/where?x=1 HTTP/1.1 body 0$')" -eq 9 ]
    [ "$(logged '^header Connection: close$')" -eq 9 ]
    [ "$(logged "^header Host: 127.0.0.1:$port\$")" -eq 9 ]
}

@test "--keep shares the requests out among the connections" {
    start_server keep
    flood_json --keep -n 10 -c 4 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 10 sent 10 connections 4
    [ "$(logged '^connected')" -eq 4 ]
    [ "$(logged '^request')" -eq 10 ]
    [ "$(logged '^header Connection')" -eq 0 ]
}

@test "--keep connects again when the server says it closes" {
    start_server keep 2
    flood_json -k -n 10 -c 2 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 10 connections 6
}

@test "--keep does not go on after an answer that ends by closing" {
    start_server raw 'HTTP/1.1 200 OK\r\n\r\nhello'
    flood_json -k -n 4 -c 1 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 4 connections 4
}

@test "--keep does not trust a connection that said too much" {
    start_server says_too_much
    flood_json -k -n 2 -c 1 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 2 connections 2
}

@test "--body posts that many bytes" {
    start_server keep
    flood_json -n 3 -c 3 --body 300000 "127.0.0.1:$port/in"
    [ "$status" -eq 0 ]
    expect answered 3 sent 3
    [ "$(logged '^request POST /in HTTP/1.1 body 300000$')" -eq 3 ]
    flood_json -n 1 -b 0 "127.0.0.1:$port"
    [ "$(logged '^header Content-Length: 0$')" -eq 1 ]
}

@test "an answer that comes before the body is sent counts" {
    start_server refuses_body
    flood_json -n 1 -b 50000000 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 1 status_4xx 1
}

@test "--header adds lines and replaces our own" {
    start_server by_length
    flood_json -n 1 -H 'X-One: 1' -H 'X-Two:2' -H 'host: example.org' \
        -H 'Connection: keep-alive' "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    [ "$(logged '^header X-One: 1$')" -eq 1 ]
    [ "$(logged '^header X-Two:2$')" -eq 1 ]
    [ "$(grep -ci '^header host:' "$LOG")" -eq 1 ]
    [ "$(grep -c '^header Connection:' "$LOG")" -eq 1 ]
}

@test "large numbers: 2000 requests from 128 clients" {
    start_server by_length
    flood_json -n 2000 -c 128 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 2000 connections 2000
}

# --- ways to behave ---------------------------------------------------------

@test "--together speaks only when all are connected, last one first" {
    start_server when_all_are_here 5
    flood_json --together -n 5 -c 5 "127.0.0.1:$port"
    cat "$LOG"
    [ "$status" -eq 0 ]
    expect answered 5
    order=$(grep -o '^speaks .*' "$LOG" | cut -d ' ' -f 2 | tr '\n' ' ')
    [ "$order" = "5 4 3 2 1 " ]
}

@test "a server that takes one client at a time fools all but --together" {
    start_server one_at_a_time
    flood_json -n 3 -c 3 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 3
    flood_json --together -n 3 -c 3 --timeout 1.5 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect answered 1 timed_out 2 connections 3
}

@test "--together goes on in rounds, also with --keep" {
    start_server keep
    flood_json --together -n 10 -c 4 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 10 connections 10
    flood_json --together --keep -n 10 -c 4 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 10 connections 4
}

@test "--together: to stand while others are answered is no time-out" {
    start_server slow 0.6
    flood_json --together --keep -n 10 -c 5 --timeout 2 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 10 timed_out 0 connections 5
}

@test "--together: who is thrown out while standing was closed early" {
    start_server impatient_with_the_first 0.2
    flood_json --together -n 2 -c 2 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect answered 1 closed_early 1 sent 1
}

@test "--hold keeps all connections until it is interrupted" {
    start_server keep
    start_flood --hold -n 6 -c 2 --timeout 60 "127.0.0.1:$port"
    wait_until 300 grep -q "^holding 6 connections until Ctrl-C$" "$ERR"
    [ "$(logged '^request')" -eq 6 ]
    [ "$(logged '^header Connection')" -eq 0 ]
    kill -0 "$flood"
    [ "$(find "/proc/$flood/fd" -lname 'socket:*' | wc -l)" -ge 6 ]
    kill -INT "$flood"
    finish_flood
    [ "$status" -eq 0 ]
    expect answered 6 held 6 held_closed_by_server 0 connections 6
}

@test "--hold=SECONDS lets go after that time" {
    start_server keep
    local before=$EPOCHREALTIME
    flood_json --hold=0.7 -n 2 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 2 held 2
    at_least "$EPOCHREALTIME" \
        "$(awk -v before="$before" 'BEGIN { printf "%.6f", before + 0.7 }')"
}

@test "--hold tells which connections the server closed" {
    start_server by_length
    flood_json --hold=1 -n 3 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect held 3 held_closed_by_server 3
}

@test "--drip sends byte by byte with --gap ms between" {
    start_server by_length
    flood_json --drip --gap 10 -n 1 "127.0.0.1:$port/drip"
    [ "$status" -eq 0 ]
    expect answered 1 sent 1
    local bytes pieces
    bytes=$(awk '$1 == "piece" { sum += $2 } END { print sum }' "$LOG")
    pieces=$(logged '^piece')
    echo "$bytes bytes in $pieces pieces"
    at_least "$(field p50_ms)" "$(((bytes - 1) * 10))"
    ((pieces >= 10))
    flood_json -n 1 "127.0.0.1:$port/gush"
    [ "$(logged '^piece')" -eq $((pieces + 1)) ]
}

@test "--half-close shuts its side and still reads every byte" {
    start_server until_shut 3000000
    flood_json --half-close -n 2 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect answered 2 body_bytes 6000000
    [ "$(logged '^shut after')" -eq 2 ]
    flood_json -n 1 --timeout 0.3 "127.0.0.1:$port"
    expect timed_out 1
}

@test "--abort resets at the first byte of the answer" {
    start_server one_byte
    flood_json --abort -n 3 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect aborted 3 answered 0 sent 3 bytes_received 3
    wait_until 300 has_logged '^ended by' 3
    [ "$(logged '^ended by reset$')" -eq 3 ]
    run flood --abort -n 3 "127.0.0.1:$port"
    [ "${lines[0]}" = \
        "aborted 3  refused 0  reset 0  closed early 0  timed out 0" ]
}

@test "--abort=MS resets that long after the request" {
    start_server says_nothing
    flood_json --abort=300 -n 2 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect aborted 2 answered 0
    at_least "$(field p50_ms)" 300
    wait_until 300 has_logged '^ended by' 2
    [ "$(logged '^ended by reset$')" -eq 2 ]
}

@test "--silent says nothing and tells when the server closed" {
    start_server impatient 0.4
    flood_json --silent -n 3 -c 3 "127.0.0.1:$port"
    [ "$status" -eq 0 ]
    expect closed_by_server 3 sent 0 answered 0 connections 3
    at_least "$(field p50_ms)" 390
    [ "$(logged '^heard nothing$')" -eq 3 ]
    run flood --silent -n 1 "127.0.0.1:$port"
    [[ ${lines[0]} == "closed by server 1  refused 0  reset 0  "* ]]
}

@test "--silent that outlasts its time-out says the server did not close" {
    start_server impatient 60
    flood_json --silent -n 2 --timeout 0.2 "127.0.0.1:$port"
    [ "$status" -eq 1 ]
    expect closed_by_server 0 timed_out 2
}

# --- signals ----------------------------------------------------------------

@test "a signal ends it early, and the result is still printed" {
    start_server says_nothing
    for signal in INT TERM; do
        : > "$LOG"
        start_flood -n 50 -c 5 --timeout 60 "127.0.0.1:$port"
        wait_until 300 has_logged '^request' 5
        kill -s "$signal" "$flood"
        finish_flood
        [ "$status" -eq 1 ]
        expect requests 50 sent 5 answered 0 unfinished 50
    done
}

# --- targets and usage ------------------------------------------------------

@test "targets may be written in several ways" {
    start_server by_length
    for target in "localhost:$port" "127.0.0.1:$port/a" "0.0.0.0:$port" \
        "http://localhost:$port/a?b=c#d" "[::ffff:127.0.0.1]:$port/" \
        "HTTP://127.0.0.1:$port?q"; do
        flood_json -n 2 "$target"
        [ "$status" -eq 0 ]
        expect answered 2
    done
    [ "$(logged '^request GET /a?b=c HTTP')" -eq 2 ]
    [ "$(logged '^request GET /?q HTTP')" -eq 2 ]
}

@test "an address that refuses is passed over for one that answers" {
    can_unshare --mount || skip "no mount namespaces here"
    start_server by_length
    printf '::1 both\n127.0.0.1 both\n' > "$BATS_TEST_TMPDIR/hosts"
    in_both() {
        flood_status=0
        output=$(unshare --user --map-root-user --mount bash -c \
            'mount --bind "$1" /etc/hosts; shift; exec "$@"' - \
            "$BATS_TEST_TMPDIR/hosts" "$FLOOD" --json "$@") || flood_status=$?
        echo "status $flood_status: $output"
    }
    in_both -n 20 "both:$port"
    [ "$flood_status" -eq 0 ]
    expect answered 20 refused 0 connections 20
    start_server only_bound
    in_both -n 20 "both:$port"
    [ "$flood_status" -eq 1 ]
    expect answered 0 refused 20
}

@test "strangers are not flooded by accident" {
    run flood -n 1 192.0.2.1:80
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == *"not this machine"*"--anywhere"* ]]
}

@test "--anywhere lets a stranger be the target" {
    can_unshare --net || skip "no network namespaces here"
    # In a namespace without a route, so that nothing leaves this machine.
    run unshare --user --map-root-user --net "$FLOOD" --json --anywhere -n 3 \
        192.0.2.1:80
    [ "$status" -eq 1 ]
    expect errors 3 first_error '"Network is unreachable"'
}

@test "a host that has no address is named in one line" {
    run flood nowhere.invalid:80
    [ "$status" -eq 2 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "flood: cannot resolve 'nowhere.invalid': "* ]]
}

@test "a target that makes no sense is refused in one line" {
    for target in localhost localhost:0 localhost:65536 localhost:http :80 \
        '' '[::1' '[::1]' localhost:80x https://localhost:80 \
        'localhost:80/a b' $'localhost:80/\r\nX: y'; do
        run flood "$target"
        echo "$target: $output"
        [ "$status" -eq 2 ]
        [[ $output == "flood: '$target': "* ]]
    done
}

@test "wrong usage says what is wrong" {
    for wrong in '' 'a:1 b:2' '-n 0 a:1' '-n x a:1' '-n 99999999999 a:1' \
        '-c 0 a:1' '--timeout 0 a:1' '--timeout nan a:1' '-b -1 a:1' \
        '-H nocolon a:1' '-H :x a:1' '--gap 5 a:1' '--drip --gap 1s a:1' \
        '--hold --silent a:1' '--keep --abort a:1' '--silent --drip a:1' \
        '--no-such-option a:1'; do
        # shellcheck disable=SC2086 # the words of one command line
        run flood $wrong
        echo "$wrong: $output"
        [ "$status" -eq 64 ]
        [ -n "$output" ]
    done
}

@test "--help has every option and some examples" {
    run flood --help
    [ "$status" -eq 0 ]
    for word in --requests --concurrency --keep --together --hold --drip \
        --gap --half-close --abort --silent --timeout --body --header --json \
        --quiet --anywhere Examples: 'Exit status'; do
        [[ $output == *"$word"* ]]
    done
}
