#!/usr/bin/env bats
# watch.bats - build/watch and scripts/zombies, each looking at a parent that
# does what it is told: parent.py below takes an order a line from a pipe. At
# its end it buries what it has left dead, so no test leaves a zombie behind.

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/.." || return
    WATCH=$(realpath "${BUILD:-build}/watch")
    WATCHERS=()
    OUT=$BATS_TEST_TMPDIR/out
    write_parent > "$BATS_TEST_TMPDIR/parent.py"
    parent_start parent
    PARENT=$PID
}

teardown() {
    for pid in "${WATCHERS[@]}"; do
        kill "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    done
    for file in "$BATS_TEST_TMPDIR"/*.pid; do
        parent_end "$(basename "$file" .pid)"
    done
}

write_parent() {
    cat << 'PYTHON'
import os, signal, socket, sys

# Open for both directions, the pipe never ends while orders may come.
orders = os.fdopen(os.open(sys.argv[1], os.O_RDWR))
living, listener = [], None


def child(end):
    pid = os.fork()
    if pid == 0:
        end()
    return pid


def bury_all():
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    living.clear()
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGUSR1})
for line in orders:
    word, *numbers = line.split()
    for _ in range(int(numbers[0]) if word in ("dead", "killed", "live") else 0):
        if word == "dead":
            child(lambda: os._exit(int(numbers[1])))
        elif word == "killed":
            child(lambda: os.kill(os.getpid(), signal.SIGKILL))
        else:
            living.append(child(signal.pause))
    if word == "bury":
        bury_all()
    elif word == "listen":
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
    elif word == "end":
        break
    print("done", flush=True)
bury_all()
PYTHON
}

# parent_start NAME: start a parent. Sets $PID; its answers are in NAME.log.
parent_start() {
    local path=$BATS_TEST_TMPDIR/$1

    mkfifo "$path.pipe"
    : > "$path.log"
    python3 "$BATS_TEST_TMPDIR/parent.py" "$path.pipe" > "$path.log" 3>&- &
    PID=$!
    echo "$PID" > "$path.pid"
    tell "$1" hello
}

# tell NAME WORDS...: give an order and wait until it is carried out.
tell() {
    local path=$BATS_TEST_TMPDIR/$1
    local before

    shift
    before=$(grep -c "done" "$path.log" || true)
    echo "$*" > "$path.pipe"
    wait_until answered "$path.log" "$before"
}

answered() {
    [ "$(grep -c "done" "$1")" -gt "$2" ]
}

parent_end() {
    local path=$BATS_TEST_TMPDIR/$1
    local pid

    pid=$(cat "$path.pid")
    if kill -0 "$pid" 2> /dev/null; then
        echo end > "$path.pipe"
    fi
    wait "$pid" || true
}

# wait_until COMMAND...: until it succeeds, at most ten seconds.
wait_until() {
    for _ in $(seq 200); do
        if "$@"; then return; fi
        sleep 0.05
    done
    echo "waited in vain for: $*" >&2
    return 1
}

# watch_into_file OPTIONS...: in the background, its output in $OUT.
watch_into_file() {
    "$WATCH" "$@" > "$OUT" 3>&- &
    WATCHER=$!
    WATCHERS+=("$WATCHER")
}

# The value of a line of --once.
value() {
    "$WATCH" --once "$PARENT" | awk -v name="$1" '$1 == name { print $2 }'
}

zombies_are() {
    [ "$(value zombies)" = "$1" ]
}

# A column of the last line of a TSV.
last() {
    tail -n 1 "$OUT" | cut -f "$1"
}

last_is() {
    [ "$(last "$1")" = "$2" ]
}

@test "--once counts the zombies and the living" {
    tell parent dead 7 0
    tell parent live 2
    wait_until zombies_are 7
    [ "$(value alive)" -eq 2 ]
    [ "$(value fds)" -ge 3 ]
    [ "$(value rss)" -gt 0 ]
}

@test "buried zombies are no longer counted" {
    tell parent dead 5 0
    wait_until zombies_are 5
    tell parent bury
    [ "$(value zombies)" -eq 0 ]
    [ "$(value oldest)" = - ]
}

@test "the zombies of another parent do not count" {
    parent_start other
    tell other dead 3 0
    tell parent dead 2 0
    wait_until zombies_are 2
    run scripts/zombies "$PARENT"
    [ "$output" = "2 zombies" ]
    run scripts/zombies "$PID"
    [ "$output" = "3 zombies" ]
}

@test "scripts/zombies agrees with watch" {
    for n in 0 1 6; do
        tell parent bury
        tell parent dead "$n" 0
        wait_until zombies_are "$n"
        run scripts/zombies "$PARENT"
        [ "$status" -eq 0 ]
        [ "$output" = "$n zombies" ]
    done
}

@test "scripts/zombies says what is wrong" {
    run scripts/zombies 99999999
    [ "$status" -eq 1 ]
    [ "$output" = "zombies: no such process: 99999999" ]
    run scripts/zombies
    [ "$status" -eq 64 ]
    run scripts/zombies 12x
    [ "$status" -eq 64 ]
    run scripts/zombies --help
    [ "$status" -eq 0 ]
    [[ $output == Usage:* ]]
}

@test "--tsv has a header, rising times, and reaches the number of dead" {
    watch_into_file --tsv "$PARENT"
    wait_until test -s "$OUT"
    tell parent dead 9 0
    wait_until last_is 3 9
    tell parent bury
    wait_until last_is 3 0
    kill -INT "$WATCHER"
    wait "$WATCHER"

    header=$'ms\talive\tzombies\toldest_ms\tfds\trss_kb\tcpu_ms\tpending'
    [ "$(head -n 1 "$OUT")" = "$header" ]
    awk -F '\t' '
        NF != 8 { print "fields: " $0; bad = 1 }
        NR == 2 && $1 != 0 { print "starts at " $1; bad = 1 }
        NR > 2 && $1 <= last { print "after " last " came " $1; bad = 1 }
        { last = $1 }
        END { exit bad }' "$OUT"
}

@test "the oldest zombie grows older" {
    watch_into_file --tsv "$PARENT"
    wait_until test -s "$OUT"
    tell parent dead 1 0
    grows() { [ "$(last 4)" -gt 300 ]; }
    wait_until grows
    awk -F '\t' 'NR > 2 && $3 == 1 && was == 1 && $4 <= age { exit 1 }
                 NR > 2 { was = $3; age = $4 }' "$OUT"
}

@test "--rate sets the samples a second" {
    "$WATCH" --tsv --rate 4 --seconds 1 "$PARENT" > "$OUT"
    count=$(wc -l < "$OUT")
    [ "$count" -ge 2 ]
    [ "$count" -le 5 ] # the header and four, fewer on a busy machine
}

@test "a signal that waits for the parent is named" {
    kill -USR1 "$PARENT"
    tell parent dead 1 0
    [[ $("$WATCH" --once "$PARENT") == *"SIGUSR1,SIGCHLD"* ]]
    [ "$("$WATCH" --tsv --seconds 0.1 "$PARENT" | awk -F '\t' \
        'NR == 2 { print $8 }')" = SIGUSR1,SIGCHLD ]
}

@test "--json is JSON, with the same numbers" {
    tell parent dead 4 0
    wait_until zombies_are 4
    "$WATCH" --once --json "$PARENT" > "$OUT"
    python3 - "$OUT" "$PARENT" << 'PYTHON'
import json, sys

sample = json.load(open(sys.argv[1]))
assert sample["pid"] == int(sys.argv[2]), sample
assert sample["zombies"] == 4 and sample["alive"] == 0, sample
assert sample["oldest_at_least"] is True, sample
assert sample["port"] is None, sample
assert sample["pending"] == "SIGCHLD", sample
assert int(sample["pending_mask"], 16) == 1 << 16, sample
PYTHON
}

@test "the port is found" {
    tell parent listen
    port=$(grep -x '[0-9]*' "$BATS_TEST_TMPDIR/parent.log")
    run "$WATCH" --once "$PARENT"
    [[ ${lines[0]} == "python"*"  pid $PARENT  port $port" ]]
}

@test "--plain writes a line a second without escape codes" {
    tell parent dead 3 0
    wait_until zombies_are 3
    watch_into_file --plain "$PARENT"
    three_lines() { [ "$(wc -l < "$OUT")" -ge 3 ]; }
    wait_until three_lines
    line='^ *[0-9.]* s  alive 0  zombies 3  oldest >[0-9.]* s  fds'
    run ! grep -v "$line" "$OUT"
    [ "$(awk 'NR == 3 { print ($1 >= 2 && $1 < 9) }' "$OUT")" -eq 1 ]
    run ! grep -q $'\033' "$OUT"
}

@test "without a terminal it is plain" {
    watch_into_file --seconds 0.1 "$PARENT"
    wait "$WATCHER"
    grep -q '^ *0\.0 s  alive 0  zombies 0  oldest -' "$OUT"
}

@test "it ends with 0 when the process is gone, and says so" {
    tell parent dead 2 0
    wait_until zombies_are 2
    watch_into_file "$PARENT"
    wait_until test -s "$OUT"
    parent_end parent
    wait "$WATCHER"
    [[ $(tail -n 1 "$OUT") == "python"*" $PARENT is gone; at most 2 zombies at once" ]]
}

@test "INT and TERM end it with 0" {
    for signal in INT TERM; do
        watch_into_file --tsv "$PARENT"
        wait_until test -s "$OUT"
        kill -"$signal" "$WATCHER"
        wait "$WATCHER"
    done
}

@test "errors are one line" {
    while read -r expected arguments; do
        # shellcheck disable=SC2086 # several arguments
        run "$WATCH" $arguments
        echo "watch $arguments: $status, $output"
        [ "$status" -eq "$expected" ]
        [[ $output == "watch: "* ]]
        [ "${#lines[@]}" -eq 1 ]
    done << 'END'
1 99999999
64 abc
64 12x
64 -- -3
64 0
64
64 1 2
64 --rate fast 1
64 --rate 0 1
64 --seconds -1 1
64 --seconds nan 1
END
}

@test "--help explains, with an example" {
    run "$WATCH" --help
    [ "$status" -eq 0 ]
    [[ $output == *"Usage:"*"--tsv"*"build/watch PID"* ]]
}

# On a terminal. script(1) gives it one of 80 columns and 24 lines.
live() {
    TERM=xterm script -qec "stty cols 80 rows 24; exec '$WATCH' $*" /dev/null \
        > "$OUT" 3>&- < /dev/null &
    WATCHER=$!
    WATCHERS+=("$WATCHER")
}

@test "live, a zombie is a flat line, and its burial is marked" {
    tell parent dead 2 3
    tell parent killed 1
    tell parent live 1
    wait_until zombies_are 3
    live "$PARENT"
    wait_until grep -q "child  Z .*______  exit 3" "$OUT"
    wait_until grep -q "child  Z .*______  killed by SIGKILL" "$OUT"
    wait_until grep -q "child  S .*_" "$OUT"
    wait_until grep -q "parent S .*_  pending SIGCHLD" "$OUT"
    run ! grep -q "child  Z .*/" "$OUT"
    tell parent bury
    wait_until grep -q "child  + .*+ buried" "$OUT"
}

@test "live, the screen is given back at the end" {
    live "$PARENT"
    wait_until grep -q "zombies 0" "$OUT"
    parent_end parent
    wait "$WATCHER"
    grep -q $'^.*\033\[?1049h\033\[?25l' "$OUT"
    # Cursor back, screen back, and only then the last word.
    grep -q $'\033\[?25h\033\[?1049l''python.* is gone; at most 0 zombies' "$OUT"
}

@test "NO_COLOR leaves no colour and loses nothing" {
    tell parent dead 1 0
    wait_until zombies_are 1
    NO_COLOR=1 live --seconds 1 "$PARENT"
    wait "$WATCHER"
    run ! grep -q $'\033\[[0-9]*m' "$OUT"
    grep -q "child  Z .*exit 0  <- dead, not buried" "$OUT"
}
