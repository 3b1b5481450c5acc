#!/usr/bin/env bats
# bench.bats - what a request may cost, as ratios; never a time.

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
}

# field NAME: of the one line of JSON in $output.
field() {
    [[ $output =~ \"$1\":([0-9.]+) ]] && echo "${BASH_REMATCH[1]}"
}

# field_of ROW NAME: the same of the row of that name.
field_of() {
    output=$(grep "\"name\":\"$1\"" <<<"$output") field "$2"
}

is_at_most() {
    awk -v value="$1" -v most="$2" 'BEGIN { exit !(value > 0 && value <= most) }'
}

# Sanitizers and valgrind count each other's instructions.
skip_if_sanitized() {
    [ "$build" = build ] || skip "this build is sanitized"
}

@test "request_feed costs at most twice the instructions of http-parser alone" {
    skip_if_sanitized
    command -v valgrind || skip "valgrind is not installed: scripts/deps.sh --all"
    run scripts/bench.sh --json parse
    [ "$status" -eq 0 ]
    echo "$output"
    is_at_most "$(field ratio)" 2
}

# Other load on the machine can only make it worse: one good round will do.
@test "1c needs at most twice the CPU of a fixed answer, 1.6 times if that reads the file" {
    skip_if_sanitized
    for _ in 1 2 3; do
        run scripts/bench.sh --json --rounds=3 load
        [ "$status" -eq 0 ]
        output=$(grep '"name":"1c"' <<<"$output")
        echo "$output"
        if is_at_most "$(field cpu_ratio_min)" 2 &&
            is_at_most "$(field cpu_to_file_min)" 1.6; then
            return 0
        fi
    done
    false
}

@test "a page of 3e costs less than one of apache2 with as many processes" {
    skip_if_sanitized
    [ -x /usr/sbin/apache2 ] ||
        skip "apache2 is not installed: scripts/deps.sh --all"
    run scripts/bench.sh --json --rounds=3 load peers
    [ "$status" -eq 0 ]
    echo "$output"
    is_at_most "$(field_of 3e cpu_ratio)" "$(field_of apache2 cpu_ratio)"
}

@test "a request to a WSGI application costs 3e at most half of gunicorn's CPU" {
    skip_if_sanitized
    scripts/can wsgi || skip "this build has no Python"
    command -v gunicorn || skip "gunicorn is not installed: scripts/deps.sh --all"
    run scripts/bench-gateways.sh --json --rounds=3 plain
    [ "$status" -eq 0 ]
    echo "$output"
    is_at_most "$(field_of 3e cpu_us)" \
        "$(($(field_of gunicorn cpu_us | cut -d. -f1) / 2))"
}

@test "bench.sh prints a table of both" {
    run scripts/bench.sh --rounds=1 load
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "1 KiB over one kept connection, 1 rounds in turn;"* ]]
    [[ ${lines[1]} == *"logs none"* ]]
    [[ ${lines[3]} =~ ^" "+1c" "+[0-9.]+" "+[0-9.]+ ]]
    [[ ${lines[4]} =~ ^" "+fixed" "+[0-9.]+" "+1.00" "+"(1.00-1.00)" ]]
}

@test "bench.sh says what it wants when it is called wrongly" {
    for arguments in walk --rounds=0 --rounds=x --fast; do
        run scripts/bench.sh "$arguments"
        [ "$status" -eq 64 ]
        [[ $output == "Usage: scripts/bench.sh"* ]]
    done
}

@test "bench-gateways.sh compares 2a with whoever is there" {
    run scripts/bench-gateways.sh --rounds=2 --requests=20 c
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "CGI, a C program" ]
    [[ ${lines[2]} =~ ^" "+2a" "+[1-9][0-9]*" "+"("[0-9]+-[0-9]+")"" "+1.00" "+"(1.00-1.00)"" "+0$ ]]
}

@test "bench-gateways.sh names in one line who is not there" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    for tool in $(compgen -c | grep -vE '^(gunicorn|uwsgi)' | sort -u); do
        path=$(type -P "$tool") && ln -sf "$path" "$BATS_TEST_TMPDIR/bin/"
    done
    PATH=$BATS_TEST_TMPDIR/bin run scripts/bench-gateways.sh \
        --rounds=1 --requests=20 plain flask
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} == "not there, left out: "*"gunicorn uwsgi" ]]
}

@test "bench-gateways.sh counts errors, and goes on without who does not start" {
    cat >"$BATS_TEST_TMPDIR/busybox" <<'END'
#!/usr/bin/python3
"""busybox httpd -f -p ADDRESS:PORT: one good answer, then only bad ones."""
import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    answers = [200]

    def do_GET(self):
        self.send_response(self.answers.pop() if self.answers else 500)
        self.end_headers()


address = "127.0.0.1", int(sys.argv[4].split(":")[1])
http.server.HTTPServer(address, Handler).serve_forever()
END
    printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/lighttpd"
    chmod +x "$BATS_TEST_TMPDIR"/*
    PATH=$BATS_TEST_TMPDIR:$PATH run scripts/bench-gateways.sh \
        --json --rounds=2 --requests=10 c
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"lighttpd did not start, left out"* ]]
    [[ $output == *'"name":"2a"'*'"cpu_ratio":1.000,"to":"2a","errors":0}'* ]]
    [[ $output == *'"name":"busybox",'*'"to":"2a","errors":20}'* ]]
}

@test "bench-gateways.sh says what it wants when it is called wrongly" {
    for arguments in walk --rounds=0 --requests=0 --requests=1x --fast; do
        run scripts/bench-gateways.sh "$arguments"
        [ "$status" -eq 64 ]
        [[ $output == "Usage: scripts/bench-gateways.sh"* ]]
    done
}

# Prints: CPU of its own and of children waited for, in ticks of /proc.
cpu_of_a_careless_parent() {
    "$build/bench/cpu_meter" "$1" /usr/bin/python3 -c '
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
child = os.fork()
if child == 0:
    while sum(os.times()[:2]) < 0.5:
        pass
    os._exit(0)
while os.path.exists(f"/proc/{child}"):
    time.sleep(0.01)
os.kill(os.getppid(), signal.SIGUSR1)
while os.path.getsize("'"$1"'") == 0:
    time.sleep(0.01)
print(*os.times()[:4])
'
}

@test "cpu_meter counts children that nobody waited for, where /proc does not" {
    "$build/bench/cpu_meter" "$BATS_TEST_TMPDIR/none" true ||
        skip "this kernel gives us no perf counter"
    run cpu_of_a_careless_parent "$BATS_TEST_TMPDIR/cpu"
    [ "$status" -eq 0 ]
    awk -v counted="$(cat "$BATS_TEST_TMPDIR/cpu")" '{
        known = $1 + $2 + $3 + $4
        exit !(known < 0.4 && counted / 1e9 > known + 0.4) }' <<<"$output"
}

@test "cpu_meter ends as its command ends, and passes TERM on" {
    "$build/bench/cpu_meter" "$BATS_TEST_TMPDIR/none" true ||
        skip "this kernel gives us no perf counter"
    run "$build/bench/cpu_meter" "$BATS_TEST_TMPDIR/cpu" sh -c 'exit 3'
    [ "$status" -eq 3 ]
    status=0
    "$build/bench/cpu_meter" "$BATS_TEST_TMPDIR/cpu" /no/such/program || status=$?
    [ "$status" -eq 127 ]
    # shellcheck disable=SC2016 # the inner shell's
    run "$build/bench/cpu_meter" "$BATS_TEST_TMPDIR/cpu" \
        sh -c 'trap "exit 4" TERM; kill "$PPID"
            for _ in $(seq 500); do sleep 0.02; done'
    [ "$status" -eq 4 ]
    run "$build/bench/cpu_meter"
    [ "$status" -eq 64 ]
}
