# lib.sh - what the graders share (sourced by exercises/NAME/check.sh, POSIX
# sh), on top of scripts/lib.sh: observations, the reader's program, freezing.
#
# scripts/grade.sh runs the check.sh: it sets work, where the reader's files
# are; tree, the copy of the sources with them; and graded, where its programs
# are.
#
# A check.sh names its observations in the order in which it makes them:
#
#     observations='starts counts'
#     again 9.2 'curl localhost:8080/status'
#     expect counts "the page says $hits" [ "$hits" -eq 200 ]
#     conclude
# shellcheck shell=sh

cd "$(dirname "$0")/../.." || exit 1
. scripts/lib.sh

exercise=$(basename "$(dirname "$0")")
: "${work:?run it by scripts/grade.sh $exercise}"
: "${graded?run it by scripts/grade.sh $exercise}"
observations=
in_front= # a command by which stages are started, such as setsid
judged=  # the names of those made so far,
held=    # of those that hold,
skipped= # and of those that cannot be made here
dir=$(mktemp -d) # for what this run writes

# Ends what start_graded started, whatever it does with SIGTERM.
stop_graded() {
    [ -n "$server" ] || return 0
    send TERM "$server"
    send CONT "$server"
    wait_until 10 is_dead "$server" || send KILL "$server"
    wait "$server" 2>/dev/null
    rm -f "$log"
    server=
}

clean_up() {
    end_helpers
    stop_graded
    rm -rf "$dir"
}
end_by clean_up

# again SECTION COMMAND: what a reader is told when the next observations do
# not hold: how to see it, and what to read.
again() {
    section=$1
    command=$2
}

# expect NAME SEEN TEST...: one observation; SEEN is told if it does not hold.
expect() {
    name=$1
    seen=$2
    shift 2
    judged="$judged $name"
    if "$@"; then
        held="$held $name"
        echo "ok   $name"
        return
    fi
    echo "NOT  $name: $seen"
    echo "       see it yourself: $command"
    echo "       read again: section $section"
}

# cannot NAME WHY: this machine cannot make the observation.
cannot() {
    skipped="$skipped $1"
    echo "SKIPPED  $1: $2"
}

# A grader that cannot go on says why and still counts.
fail() {
    echo "${0##*/}: $*" >&2
    conclude
}

# The closing line, and the end: 0 if all hold, 77 if all hold that could be
# made here, else 1.
conclude() {
    total=0 holding=0 missing=0
    for name in $observations; do
        total=$((total + 1))
        case "$held " in
        *" $name "*) holding=$((holding + 1)) ;;
        *) case "$judged$skipped " in
            *" $name "*) ;;
            *) echo "--   $name: not looked at" ;;
            esac ;;
        esac
        case "$skipped " in *" $name "*) missing=$((missing + 1)) ;; esac
    done
    echo "$holding of $total observations hold"
    [ "$holding" -lt "$total" ] || exit 0
    [ $((holding + missing)) -lt "$total" ] || exit 77
    exit 1
}

# start_graded STAGE [OPTION...]: the reader's stage, as start_stage: sets
# server, port and log. The first time this is the observation "starts"; a
# stage that does not start ends the run.
start_graded() {
    stage=$1
    shift
    # shellcheck disable=SC2086 # none or one word
    try_to_start $in_front "$(echo "$graded/${stage}_"*)" --port 0 \
        --root www "$@"
    case $held in
    *starts*) ;;
    *)
        again 9.1 "make try EX=$exercise"
        expect starts "it says: $(tail -n 1 "$log")" [ -n "$port" ]
        ;;
    esac
    [ -n "$port" ] || conclude
}

# answered FLOOD-OPTION... : how many requests of a flood were answered.
answered() {
    "$build/flood" --json "$@" 2>/dev/null | json_field answered
}

is_calm_or_dead() {
    is_calm || is_dead "$server"
}

# alive: the server's living children, a line each.
alive() {
    children_of "$server" '[^Z]' | sort
}

# with_client: those that have a client: a socket more than the listener.
with_client() {
    for pid in $(alive); do
        sockets=$(find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null | wc -l)
        [ "$sockets" -lt 2 ] || echo "$pid"
    done
}

# has_clients N: do so many workers have one?
has_clients() {
    [ "$(with_client | wc -l)" -eq "$1" ]
}

# all_buried: is nobody left below the server? What is there once all is quiet
# stays, so little time is given after that.
all_buried() {
    wait_until 50 is_quiet
    wait_until 10 has_children "$server" 0
}

is_quiet() {
    is_dead "$server" || is_settled
}

# freeze N [COMMAND...]: N children of the server die while it is stopped;
# then COMMAND runs; then the server goes on. The children wait for clients
# that say nothing, so they die just when these are ended. Sets frozen to what
# came of it, in words; fails if the server did not go on.
freeze() {
    n=$1
    shift
    wait_until 20 has_only_dead
    living=$(($(count_children "$server") + n))
    dead=$(($(zombies) + n))
    visit_silently "$n"
    frozen="$n clients came, and there were not $living children"
    wait_until 40 has_children "$server" "$living" || return 1
    send STOP "$server"
    wait_until 50 is_stopped "$server"
    send TERM "$clients"
    frozen="the $n children did not end with their clients"
    wait_until 40 has_children "$server" "$dead" Z || return 1
    [ $# -eq 0 ] || "$@"
    send CONT "$server"
    frozen='the server did not go on'
    wait_until 50 is_calm_or_dead
    is_calm || return 1
    left=$(zombies)
    # shellcheck disable=SC2034 # for the check.sh
    frozen="$n died while the server was stopped; it went on: $left zombies"
}

# link_again STAGE OBJECT WITH: the reader's stage once more, in $linked: linked
# as the Makefile says, but of OBJECT in the place of its own, and WITH.
link_again() {
    linked=$dir/linked
    cp -a "$graded" "$linked" &&
        cp "$2" "$(echo "$linked"/part?/"${1}_"*.o)" &&
        make -s -C "${tree:?}" B="$linked" LDFLAGS="$3" "$1"
}

# --- Who writes to shared memory? --------------------------------------------

# compile_own FILE.c -o FILE.o [OPTION...]: with the reader's headers.
compile_own() {
    ${CC:-cc} -std=c11 -D_GNU_SOURCE -I"${tree:?}" -O1 -g -w -c "$@"
}

# start_noting STAGE [OPTION...]: the reader's stage, so compiled that its
# writes to shared memory are seen. Where that cannot be done the run ends.
start_noting() {
    from=$(source_of "$1")
    if ! { compile_own -fsanitize=thread "${tree:?}/$from" -o "$dir/stage.o" &&
        compile_own exercises/9-hits/writers.c -o "$dir/writers.o" &&
        link_again "$1" "$dir/stage.o" "$dir/writers.o"; } \
        >"$dir/said" 2>&1; then
        cannot one-writer "the compiler says: $(tail -n 1 "$dir/said")"
        conclude
    fi
    export WRITERS="$dir/writers"
    : >"$WRITERS"
    graded=$linked
    start_graded "$@"
}

# lines_of ADDRESS...: those of the reader's file, as sed wants them: "45p;52p;"
lines_of() {
    command -v addr2line >/dev/null || return
    name=$(basename "$from" .c)
    addr2line -e "$linked/$name" "$@" |
        sed -n "s/.*$name\\.c:\\([0-9][0-9]*\\).*/\\1/p" | sort -nu |
        sed 's/$/p;/' | tr -d '\n'
}

# expect_one_writer SECTION: the observation one-writer: no field in shared
# memory was written by two processes since start_noting.
expect_one_writer() {
    # "PID ADDRESS CALLER" lines: how many fields, the most writers that one
    # has, and the places in the program from which that one was written.
    found=$(sort -u "$WRITERS" | awk '
        { places[$2] = places[$2] " " $3 }
        !seen[$1, $2]++ { writers[$2]++ }
        writers[$2] == 1 && !known[$2]++ { fields++ }
        writers[$2] > most { most = writers[$2]; worst = $2 }
        END { print fields + 0, most + 0 places[worst] }')
    again_in=$1
    # shellcheck disable=SC2086 # words
    set -- $found
    fields=$1 most=$2
    shift 2
    lines=
    [ "$most" -lt 2 ] || lines=$(lines_of "$@")
    file=$work/$(basename "$from")
    if [ "$most" -eq 0 ]; then
        seen='no process wrote to memory that it shares with the others'
        again "$again_in" "grep -n -e mmap -e MAP_ $file"
    elif [ -n "$lines" ]; then
        seen="of $fields shared fields one was written by $most processes, here:
$(sed -n "$lines" "$file" | sed 's/^ */           /')"
        again "$again_in" "sed -n '$lines' $file     (who runs through it?)"
    else
        seen="of $fields shared fields one was written by $most processes"
        again "$again_in" "grep -n MAP_ $file     (and who writes there?)"
    fi
    expect one-writer "$seen" [ "$most" -eq 1 ]
}
