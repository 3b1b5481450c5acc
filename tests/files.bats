#!/usr/bin/env bats
# files.bats - files as clients fetch them: resumed, in parts, only if they
# have changed, encoded, and larger than any memory.

# shellcheck disable=SC2154 # start_stage sets server and port

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    root=$BATS_TEST_TMPDIR/root
    mkdir -p "$root/docs" "$root/bare/<b>"
    seq 100000 > "$root/numbers.txt"
    echo old > "$root/old.txt"
    touch -d '1994-11-06 08:49:37 UTC' "$root/"*.txt
    gzip -k "$root/numbers.txt"
    start
}

start() {
    start_stage 1c --root "$root" "$@"
    url=http://127.0.0.1:$port
}

teardown() {
    for pid in ${to_end:-}; do
        kill -KILL "$pid" 2> /dev/null || true
    done
    stop_stage
}

get() {
    curl -s --max-time 60 "$@"
}

status_of() {
    get -o /dev/null -w '%{http_code}' "$@"
}

half_of_numbers() {
    head -c 300000 "$root/numbers.txt" > "$BATS_TEST_TMPDIR/half"
}

@test "curl -C - resumes" {
    half_of_numbers
    cd "$BATS_TEST_TMPDIR"
    [ "$(get -C - -o half -w '%{http_code} %{size_download}' \
        "$url/numbers.txt")" = "206 $(($(stat -c %s root/numbers.txt) - 300000))" ]
    cmp half root/numbers.txt
}

@test "wget -c resumes" {
    command -v wget > /dev/null || skip "wget is not installed"
    cd "$BATS_TEST_TMPDIR"
    head -c 300000 root/numbers.txt > numbers.txt
    wget -c -S --no-proxy "$url/numbers.txt" 2> wget.log
    grep -q '206 Partial Content' wget.log
    cmp numbers.txt root/numbers.txt
    wget -c -S --no-proxy "$url/numbers.txt" 2> wget.log # there is no more
    grep -q '416 Range Not Satisfiable' wget.log
    cmp numbers.txt root/numbers.txt
}

@test "curl --range takes one part, or several" {
    [ "$(get --range 0-5 "$url/numbers.txt")" = $'1\n2\n3' ]
    [ "$(get --range -7 "$url/numbers.txt")" = 100000 ]
    get --range 0-1,-7 -D "$BATS_TEST_TMPDIR/head" \
        -o "$BATS_TEST_TMPDIR/parts" "$url/numbers.txt"
    boundary=$(tr -d '\r' < "$BATS_TEST_TMPDIR/head" |
        sed -n 's/^Content-Type: multipart.byteranges; boundary=//p')
    [ "$(tr -d '\r' < "$BATS_TEST_TMPDIR/parts")" = "--$boundary
Content-Type: text/plain; charset=utf-8
Content-Range: bytes 0-1/588895

1

--$boundary
Content-Type: text/plain; charset=utf-8
Content-Range: bytes 588888-588894/588895

100000

--$boundary--" ]
}

@test "the parts can be read by a library that knows mail" {
    get --range 0-1,10-11,-7 -i "$url/numbers.txt" | python3 -c '
import email, sys
answer = email.message_from_bytes(sys.stdin.buffer.read().partition(b"\n")[2])
print([part.get_payload() for part in answer.get_payload()])' > "$BATS_TEST_TMPDIR/out"
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = "['1\n', '6\n', '100000\n']" ]
}

@test "curl -z and --etag-compare fetch only what has changed" {
    cd "$BATS_TEST_TMPDIR"
    [ "$(status_of -z '6 Nov 1994 08:49:37 GMT' "$url/old.txt")" = 304 ]
    [ "$(status_of -z '6 Nov 1994 08:49:36 GMT' "$url/old.txt")" = 200 ]
    [ "$(status_of -z '-6 Nov 1994 08:49:36 GMT' "$url/old.txt")" = 412 ]
    get --etag-save etag -o first "$url/old.txt"
    [ "$(status_of --etag-compare etag "$url/old.txt")" = 304 ]
    echo new > "$root/old.txt"
    [ "$(status_of --etag-compare etag "$url/old.txt")" = 200 ]
}

@test "curl --compressed gets what is compressed already" {
    cd "$BATS_TEST_TMPDIR"
    get --compressed -D head -w '%{size_download}' -o got "$url/numbers.txt" \
        > size
    grep -q '^Content-Encoding: gzip' head
    grep -q '^Vary: Accept-Encoding' head
    [ "$(cat size)" = "$(stat -c %s root/numbers.txt.gz)" ]
    cmp got root/numbers.txt
    get -D head -o got "$url/numbers.txt"
    run grep '^Content-Encoding' head
    [ "$status" -eq 1 ]
    grep -q '^Vary: Accept-Encoding' head
    cmp got root/numbers.txt
}

@test "--index names the index, --list lists what has none" {
    echo page > "$root/docs/page.html"
    [ "$(status_of "$url/docs/")" = 404 ]
    stop_stage
    start --index page.html --list
    [ "$(get "$url/docs/")" = page ]
    [[ $(get "$url/bare/") == *'<a href="%3Cb%3E/">&lt;b&gt;/</a>'* ]]
    [[ $(get "$url/") == *'<a href="old.txt">old.txt</a>'* ]]
    [ "$(status_of "$url/bare/%3Cb%3E/")" = 200 ]
}

@test "the system's table of types is used" {
    [ -e /etc/mime.types ] || skip "there is no /etc/mime.types"
    : > "$root/a.torrent"
    get -I "$url/a.torrent" | grep -q '^Content-Type: application/x-bittorrent'
}

# The kibibytes of memory that the server holds.
resident() {
    "$build/watch" --once "$server" | awk '$1 == "rss" { print $2 }'
}

has_grown_to() {
    [ "$(stat -c %s "$1")" -ge "$2" ]
}

@test "a gibibyte for a slow reader costs no memory" {
    truncate -s 1G "$root/large"
    get -o /dev/null "$url/old.txt"
    before=$(resident)
    get --limit-rate 8M -o "$BATS_TEST_TMPDIR/got" "$url/large" &
    to_end=$!
    wait_until 200 has_grown_to "$BATS_TEST_TMPDIR/got" 12000000
    [ "$(resident)" -le $((before + 512)) ]
}

@test "a gibibyte is a gibibyte" {
    truncate -s 1G "$root/large"
    echo end >> "$root/large"
    [ "$(get -o /dev/null -w '%{size_download}' "$url/large")" = 1073741828 ]
    [ "$(get --range 1073741824- "$url/large")" = end ]
}

@test "a file that shrinks while it is sent ends the connection" {
    truncate -s 64M "$root/large"
    run python3 - "$port" "$root/large" <<'END'
import http.client, os, sys
client = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
client.request("GET", "/large")
answer = client.getresponse()
assert int(answer.headers["Content-Length"]) == 64 << 20
answer.read(1000)
os.truncate(sys.argv[2], 1000000)
try:
    answer.read()
except (http.client.IncompleteRead, ConnectionError):
    print("told")
END
    [ "$output" = told ]
    [ "$(status_of "$url/old.txt")" = 200 ]
}
