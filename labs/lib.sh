# lib.sh - what the labs share (sourced by labs/NAME/run.sh, POSIX sh), on top
# of scripts/lib.sh: twins, a line for what was seen, and the verdict.
#
# A run.sh begins with a comment "# Lab 11.4 freeze: what it shows". It ends
# with verdict(), which exits 0 or 1, or earlier with skip(), which exits 77.
# shellcheck shell=sh disable=SC2034 # names for whoever sources it

cd "$(dirname "$0")/../.." || exit 1
. scripts/lib.sh

lab=$(basename "$(dirname "$0")")
lab_dir=$(mktemp -d) # for what this run writes

lab_clean_up() {
    end_helpers
    stop_stage
    rm -rf "$lab_dir"
}
end_by lab_clean_up

# seen TEXT: one of the two or three lines that matter.
seen() {
    echo "  $*"
}

# skip WHY: this machine cannot show it. Loud, and counted by make lab.
skip() {
    echo "SKIPPED $lab: $*"
    exit 77
}

# need THING: skip the lab unless scripts/can says that it can be done here.
need() {
    why=$(scripts/can "$1") || skip "$why"
}

# show COMMAND...: every line it says is seen; they are kept in $lab_dir/said.
show() {
    "$@" >"$lab_dir/said" || fail "$* failed"
    while IFS= read -r line; do
        seen "$line"
    done <"$lab_dir/said"
}

# verdict RELATION TEST...: says whether the relation held, in words.
# Combine several tests by `verdict 'words' [ a -gt b ] && ...` in a function.
verdict() {
    relation=$1
    shift
    if "$@"; then
        echo "as it should be: $relation"
        exit 0
    fi
    echo "NOT as it should be: $relation"
    exit 1
}

# start_twin STAGE [OPTION...]: the broken twin of this lab, as start_stage.
start_twin() {
    start_twin_of "$lab" "$@"
}

# start_family [OPTION...]: 3e, all its workers ready.
start_family() {
    start_stage 3e --quiet "$@"
    await_family
}

# The supervisor is the next binary, and all workers are that one's.
is_upgraded() {
    grep -q 'upgraded: 0 workers of the last binary' "$log"
}
