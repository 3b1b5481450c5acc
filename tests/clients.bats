#!/usr/bin/env bats
# clients.bats - programs that others wrote are content with 3c, one with 1c.
#
# Those that make deps does not install are left out, aloud, where they are
# not there.
#
# shellcheck disable=SC2154 # bats sets stderr and lines

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    site=$BATS_TEST_TMPDIR/site
    mkdir "$site"
    seq 100000 >"$site/numbers.txt"
    echo 'Hello from a file.' >"$site/hello.txt"
}

teardown() {
    stop_stage
}

# serve [OPTION...]: the site of this test, by 3c.
serve() {
    start_stage 3c "$@" --root "$site"
    url=http://127.0.0.1:$port
}

needs() {
    command -v "$1" >/dev/null || skip "$1 is not installed"
}

@test "curl keeps one connection for three files" {
    serve
    run curl -sS -w '%{http_version} %{http_code} %{num_connects}\n' \
        -o /dev/null "$url/hello.txt" -o /dev/null "$url/numbers.txt" \
        -o /dev/null "$url/none"
    [ "$status" -eq 0 ]
    [ "$output" = $'1.1 200 1\n1.1 200 0\n1.1 404 0' ]
}

@test "curl gets the same bytes by HTTP/1.1 and by HTTP/1.0" {
    serve
    curl -sS -o "$BATS_TEST_TMPDIR/1.1" "$url/numbers.txt"
    cmp "$site/numbers.txt" "$BATS_TEST_TMPDIR/1.1"
    run curl -sS --http1.0 -D - -o "$BATS_TEST_TMPDIR/1.0" "$url/numbers.txt"
    [ "$status" -eq 0 ]
    cmp "$site/numbers.txt" "$BATS_TEST_TMPDIR/1.0"
    grep -i '^Connection: close' <<<"$output"
}

@test "curl reads why its upload is refused, though it is larger than any buffer" {
    serve
    truncate -s 9M "$BATS_TEST_TMPDIR/upload"
    for continues in 'Expect: 100-continue' 'Expect:'; do
        run curl -sS -H "$continues" -w '%{http_code}' \
            --data-binary "@$BATS_TEST_TMPDIR/upload" "$url/hello.txt"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ ${lines[-1]} =~ 4(05|13)$ ]] # no POST here, and too much of it
    done
}

@test "curl uploads what may be read, and is told that nobody wants it" {
    serve
    truncate -s 1M "$BATS_TEST_TMPDIR/upload"
    for continues in 'Expect: 100-continue' 'Expect:'; do
        run curl -sS -H "$continues" -w '%{http_code}' \
            --data-binary "@$BATS_TEST_TMPDIR/upload" "$url/hello.txt"
        [ "$status" -eq 0 ]
        [[ ${lines[-1]} == *405 ]]
    done
}

# fetch_again FILE: wget -c with the first 1000 bytes there; sets the status
# that the server answered with.
fetch_again() {
    cd "$BATS_TEST_TMPDIR" || return
    head -c 1000 "$site/$1" >"$1"
    wget --no-verbose --server-response -c "$url/$1" 2>wget.log || return
    answered=$(sed -n 's/^ *HTTP\/1\.1 \([0-9]*\) .*/\1/p' wget.log)
    cmp "$site/$1" "$1"
}

# A server without ranges answers 200 with all of it, and wget begins anew.
@test "wget -c ends up with the whole file" {
    needs wget
    serve
    fetch_again numbers.txt
    if curl -sS -I "$url/numbers.txt" | grep -qi '^Accept-Ranges: bytes'; then
        [ "$answered" = 206 ]
    else
        [ "$answered" = 200 ]
    fi
}

@test "wget mirrors a page with what it needs" {
    needs wget
    serve
    cp -r www/. "$site"
    cd "$BATS_TEST_TMPDIR"
    run wget --no-verbose -p -nH -P copy "$url/"
    [ "$status" -eq 0 ]
    cmp "$site/index.html" copy/index.html
    cmp "$site/style.css" copy/style.css
}

@test "ab is answered by each of its requests, with and without keep-alive" {
    needs ab
    serve --quiet
    for keep in '' -k; do
        # shellcheck disable=SC2086 # nothing, if it is empty
        run ab -q $keep -n 500 -c 5 "$url/hello.txt"
        [ "$status" -eq 0 ]
        grep -E '^Complete requests: +500$' <<<"$output"
        grep -E '^Failed requests: +0$' <<<"$output"
        [[ $output != *Non-2xx* ]]
        [ -z "$keep" ] || grep -E '^Keep-Alive requests: +500$' <<<"$output"
    done
}

@test "wrk sees no error" {
    needs wrk
    serve --quiet
    run wrk -t 1 -c 4 -d 1s "$url/hello.txt"
    [ "$status" -eq 0 ]
    grep -E '^ +[1-9][0-9]* requests in' <<<"$output"
    [[ $output != *"Socket errors"* && $output != *Non-2xx* ]]
}

@test "python's http.client keeps its connection through 200, 404, HEAD and POST" {
    serve
    run python3 - "$port" <<'PYTHON'
import http.client, sys

connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), 10)
first = None
for method, path, body, wanted in [
    ("GET", "/hello.txt", None, 200),
    ("GET", "/none", None, 404),
    ("HEAD", "/hello.txt", None, 200),
    ("POST", "/hello.txt", b"x" * 100000, 405),
    ("GET", "/numbers.txt", None, 200),
]:
    connection.request(method, path, body)
    first = first or connection.sock
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == wanted, (method, path, answer.status)
    assert int(answer.headers["Content-Length"]) == len(text) or method == "HEAD"
    assert connection.sock is first, "a second connection"
print("content")
PYTHON
    [ "$output" = content ]
}

@test "python pipelines a hundred requests and reads the answers in order" {
    serve
    for i in $(seq 10); do
        echo "this is $i" >"$site/$i"
    done
    run python3 - "$port" <<'PYTHON'
import http.client, socket, sys

client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
numbers = [i % 10 + 1 for i in range(100)]
client.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % i
                        for i in numbers))
stream = client.makefile("rb")


class Same:  # http.client closes what it was given; this one stays
    def makefile(self, mode):
        return stream


for number in numbers:
    answer = http.client.HTTPResponse(Same())
    answer._close_conn = lambda: None
    answer.begin()
    text = answer.read(int(answer.headers["Content-Length"]))
    assert text == b"this is %d\n" % number, (number, text)
print("in order")
PYTHON
    echo "$output"
    [ "$output" = "in order" ]
}

# --- A browser ---------------------------------------------------------------

find_browser() {
    for browser in chromium chromium-browser google-chrome; do
        ! command -v "$browser" >/dev/null || return 0
    done
    skip "Chromium is not installed: scripts/deps.sh --all"
}

# browse: what has become of the page when all of it is loaded, as text. The
# browser asks nobody but the server under test, plays without a click, and
# leaves orphans, which the adopter waits for and buries.
browse() {
    "$build/labs/four-cures/adopter" timeout --kill-after=5 90 \
        "$browser" --headless --no-sandbox --disable-gpu --disable-quic \
        --disable-background-networking --disable-component-update \
        --disable-sync --disable-dev-shm-usage --no-first-run \
        --no-proxy-server --autoplay-policy=no-user-gesture-required \
        --user-data-dir="$BATS_TEST_TMPDIR/profile" --dump-dom "$url/" 3>&-
}

# A picture of one pixel, 3 wide by the style sheet; what the page finds of
# both stands in its title.
make_page() {
    base64 -d >"$site/dot.png" <<'END'
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9
awAAAABJRU5ErkJggg==
END
    echo 'img { width: 3px }' >"$site/style.css"
    cat >"$site/index.html" <<'END'
<!doctype html>
<title>loading</title>
<link rel="stylesheet" href="style.css">
<img src="dot.png">
<script>
onload = () => {
    const img = document.querySelector("img")
    document.title = `${img.naturalWidth} wide, shown ${img.width}`
}
</script>
END
}

@test "Chromium shows a page with its picture and its style sheet" {
    find_browser
    serve
    make_page
    run browse
    echo "$output"
    [[ $output == *"<title>1 wide, shown 3</title>"* ]]
    for path in / /style.css /dot.png; do
        grep -E "\"GET $path( HTTP/1.1)?\" 200 " "$log"
    done
}

# Ten minutes of a tone: 9.6 MB, more than a browser reads ahead.
make_tone() {
    python3 - "$site/tone.wav" <<'PYTHON'
import sys, wave

period = b"\0\x20" * 10 + b"\0\xe0" * 10
with wave.open(sys.argv[1], "wb") as tone:
    tone.setparams((1, 2, 8000, 0, "NONE", ""))
    tone.writeframes(period * (8000 // 20 * 600))
PYTHON
}

# A page that plays the last second, and notes in its title how it went. While
# the document in its frame is open, the page counts as loading.
make_player() {
    cat >"$site/index.html" <<'END'
<!doctype html>
<title>loading</title>
<iframe></iframe>
<audio src="tone.wav" muted></audio>
<script>
const audio = document.querySelector("audio")
const frame = document.querySelector("iframe").contentDocument
const seen = []
function note(what) {
    seen.push(what)
    document.title = seen.join(", ")
}
frame.open()
audio.onloadedmetadata = () => {
    note(`${audio.duration} s long`)
    audio.currentTime = audio.duration - 1
}
audio.onseeked = () => {
    note(`at ${audio.currentTime}`)
    audio.play()
}
audio.onended = () => {
    note("at its end")
    frame.close()
}
audio.onerror = () => {
    note(audio.error.message)
    frame.close()
}
</script>
END
}

# had_parts FILE: was it sent in parts, of which the last was but a small one?
had_parts() {
    sed -n 's|.*"GET /'"$1"' HTTP/1.1" \([0-9]* [0-9]*\) .*|\1|p' "$log" |
        awk '$1 != 206 { exit not_a_part = 1 }
             END { exit not_a_part || NR < 2 || $2 > 100000 }'
}

# 1c serves one connection after the other: one that the browser keeps without
# a use for it costs the others the idle time-out.
@test "Chromium plays the end of a sound, and 1c sends it little more" {
    find_browser
    make_tone
    make_player
    start_stage 1c --root "$site" --idle-timeout 1
    url=http://127.0.0.1:$port
    run browse
    echo "$output"
    cat "$log"
    [[ $output == *"<title>600 s long, at 599, at its end</title>"* ]]
    wait_until 50 had_parts tone.wav
}
