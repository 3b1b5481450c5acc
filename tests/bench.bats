#!/usr/bin/env bats
# bench.bats - what a request may cost, as ratios; never a time.

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source tests/lib.bash
}

# field NAME: of the one line of JSON in $output.
field() {
    [[ $output =~ \"$1\":([0-9.]+) ]] && echo "${BASH_REMATCH[1]}"
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
