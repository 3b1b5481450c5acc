#!/bin/sh
# exercises.sh - the exercises are checked as their readers' work is: what a
# reader starts from fails, the solution passes, and each mutant, a solution
# with one mistake, fails for the observation that its first line states (and
# the grader says what the second line states, if it is "Says: WORDS").
# Then the scripts around them: start, grade, compare.
set -u

usage() {
    cat <<'EOT'
Usage: tests/exercises.sh [NAME...]     (or: make check-exercises)
Checks these exercises, or all of them and the scripts that serve them. JOBS=6
says how many graders run at a time.
EOT
}

case ${1:-} in
--help) usage && exit 0 ;;
--case) ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.." || exit 1
. scripts/lib.sh
. exercises/find.sh

# --- One grading: run by ourselves with --case NAME VARIANT ------------------

tell() {
    printf '%-9s %s\n' "$1" "$2"
}

has_patched() {
    for patch; do
        patch -s -d "$WORK/$name" -p1 --no-backup-if-mismatch \
            <"exercises/$name/$patch" >"$own/patch" 2>&1 || return 1
    done
}

# Does what the grader said agree with what should be? Prints a line.
judge() {
    case $wanted:$status in
    pass:0) tell ok "$what passes" && return ;;
    pass:77) tell SKIPPED "$what: $(grep '^SKIPPED' "$own/said")" && return ;;
    fail:1)
        if grep -q "^NOT  $expected:" "$own/said" &&
            grep -qF -- "$says" "$own/said"; then
            tell ok "$what fails: $expected"
            return
        elif grep -q "^SKIPPED  $expected:" "$own/said"; then
            tell SKIPPED "$what: $(grep "^SKIPPED  $expected" "$own/said")"
            return
        fi
        ;;
    esac
    tell FAILED "$what should $wanted${expected:+ for $expected}${says:+, saying "$says"}; status $status
$(sed 's/^/    | /' "$own/said")"
}

if [ "${1:-}" = --case ]; then
    name=$2
    variant=$3
    own=$CASES/$name-$(basename "$variant" .patch)
    what="$name: $(basename "$variant" .patch)"
    expected=
    says=
    mkdir -p "$own/tmp"
    export WORK="$own/work" GRADES="$own/grade" TMPDIR="$own/tmp"
    scripts/start.sh "$name" >/dev/null || exit 1
    case $variant in
    start)
        wanted=fail
        expected=$(field_of "$name" fails)
        ;;
    solution)
        wanted=pass
        has_patched solution.patch
        ;;
    *)
        wanted=fail
        expected=$(sed -n '1s/^Expect: //p' "exercises/$name/$variant")
        says=$(sed -n '2s/^Says: //p' "exercises/$name/$variant")
        has_patched solution.patch "$variant"
        ;;
    esac || {
        tell FAILED "$what does not apply any more: $(cat "$own/patch")"
        exit 0
    }
    status=0
    timeout 100 scripts/grade.sh "$name" >"$own/said" 2>&1 </dev/null ||
        status=$?
    left=$(ls -A "$TMPDIR")
    if [ -n "$left" ]; then
        tell FAILED "$what leaves files: $left"
    else
        judge
    fi
    rm -rf "$own/grade"
    exit 0
fi

# --- The scripts around them -------------------------------------------------

a_start_is_not_overwritten_once_it_is_begun() {
    scripts/start.sh 11 && echo mine >>"$WORK/11-predict/prediction.txt" &&
        ! scripts/start.sh 11 && grep -q mine "$WORK/11-predict/prediction.txt"
}

a_start_may_be_asked_for_twice_if_nothing_is_changed() {
    scripts/start.sh 10 && scripts/start.sh 10-count-zombies
}

force_begins_again_and_keeps_the_old_file() {
    rm -rf "$WORK/11-predict"
    scripts/start.sh 11 && echo mine >>"$WORK/11-predict/prediction.txt" &&
        FORCE=1 scripts/start.sh 11 &&
        ! grep -q mine "$WORK/11-predict/prediction.txt" &&
        grep -q mine "$WORK/11-predict/prediction.txt.old"
}

an_exercise_that_is_not_there_is_named_with_those_that_are() {
    ! scripts/start.sh 99 && grep -q 'no exercise 99' "$said" &&
        grep -q 12b-self-pipe "$said" && ! scripts/grade.sh 99
}

a_compile_error_is_shown_at_the_readers_line() {
    scripts/start.sh 9 && file=$WORK/9-hits/3a_fork_no_wait.c &&
        echo 'int broken(void) { return nothing; }' >>"$file" || return 1
    ! scripts/grade.sh 9 &&
        grep -q "$file:$(wc -l <"$file"):.*nothing" "$said" &&
        ! grep -q observations "$said"
}

grading_what_is_not_begun_says_how_to_begin() {
    ! scripts/grade.sh 12a && grep -q 'make start EX=12a-stolen-child' "$said"
}

every_stage_is_the_same_as_itself_with_other_space_and_comments() {
    for stage in part?/[0-9]*.c; do
        short=$(basename "$stage" | sed 's/_.*//')
        sed 's|//.*||; s/    /\t/g; s/;/ ; /; /"/!s/(/ (\n/; s|{$|/* a\nb */{|' \
            "$stage" >"$WORK/typed.c"
        scripts/compare.sh "$short" "$WORK/typed.c" &&
            grep -q "the same.*$stage" "$said" || return 1
    done
}

the_first_real_difference_is_shown_with_both_lines() {
    sed 's|^ \* New here.*||; s/WNOHANG) > 0/WNOHANG)>=0/' \
        part3/3c_fork_wait_loop.c >"$WORK/typed.c"
    line=$(grep -n 'WNOHANG) > 0' part3/3c_fork_wait_loop.c | cut -d: -f1)
    ! scripts/compare.sh 3c "$WORK/typed.c" &&
        grep -q "typed.c:$line: while (waitpid(-1, NULL, WNOHANG)>=0" "$said" &&
        grep -q "3c_fork_wait_loop.c:$line: while (waitpid" "$said" &&
        grep -q 'yours has >=, the stage has >$' "$said"
}

a_file_that_ends_too_early_is_said_to_end() {
    head -n 30 part3/3c_fork_wait_loop.c >"$WORK/typed.c"
    ! scripts/compare.sh 3c "$WORK/typed.c" && grep -q 'ends here' "$said"
}

every_exercise_has_a_task_and_three_hints() {
    for name in $(list_exercises); do
        echo "$name"
        grep -q "make start EX=$name" "exercises/$name/task.md" || return 1
        grep -q "make grade EX=$name" "exercises/$name/task.md" || return 1
        [ "$(grep -c '^## Hint' "exercises/$name/hints.md")" -eq 3 ] || return 1
    done
}

every_section_to_read_again_is_in_the_tutorial() {
    grep -ho 'again [0-9.]* ' exercises/*/check.sh exercises/lib.sh | sort -u |
        while read -r _ section; do
            echo "section $section"
            grep -q "^### $section " TUTORIAL.md || return 1
        done
}

# Root becomes a user of whom no other process runs, and that user limits what
# he starts: just to what he says, for nobody else counts.
an_ordinary_user_may_have_as_many_processes_as_he_says() {
    scripts/as-nobody scripts/as-nobody --help || return 77
    [ "$(id -u)" -eq 0 ] || return 77
    allowed=$(scripts/as-nobody scripts/as-nobody -u 20 \
        prlimit --nproc --output=SOFT --noheadings | tr -d ' ')
    echo "20 wanted, $allowed allowed"
    [ "$allowed" = 20 ]
}

test_scripts() {
    said=$all/said
    export WORK="$all/work" GRADES="$all/grade" TMPDIR="$all/tmp"
    mkdir -p "$WORK" "$TMPDIR"
    sed -n '/^# --- The scripts/,/^test_scripts/s/^\([a-z_]*\)() {$/\1/p' \
        tests/exercises.sh | grep -v test_scripts | while read -r test; do
        status=0
        "$test" >"$said" 2>&1 || status=$?
        case $status in
        0) tell ok "$test" ;;
        77) tell SKIPPED "$test: only root can, in a clone others may read" ;;
        *) tell FAILED "$test:
$(sed 's/^/    | /' "$said")" ;;
        esac
    done
}

# --- All of it ---------------------------------------------------------------

# "NAME VARIANT" lines.
cases() {
    for name in "$@"; do
        echo "$name start"
        echo "$name solution"
        for mutant in exercises/"$name"/mutants/*.patch; do
            echo "$name mutants/$(basename "$mutant")"
        done
    done
}

# Processes that still run something of ours. (The brackets are for grep not
# to find itself.)
left_over() {
    grep -la "[${all%"${all#?}"}]${all#?}" /proc/[0-9]*/cmdline 2>/dev/null
}

nothing_left() {
    ! left_over >/dev/null
}

all=$(mktemp -d)
export CASES="$all/cases"
results=$(mktemp)
end_by "rm -rf '$all' '$results'"
[ -x "$build/flood" ] || make -s all || exit 1

wanted=
for name; do
    wanted="$wanted $(find_exercise "$name")" || exit 1
done
{
    # shellcheck disable=SC2046,SC2086 # one word an exercise
    cases ${wanted:-$(list_exercises)} |
        xargs -P "${JOBS:-6}" -n 2 tests/exercises.sh --case
    [ -n "$wanted" ] || test_scripts
    if ! wait_until 20 nothing_left; then
        tell FAILED "processes are left: $(left_over | tr '\n' ' ')"
    fi
} | tee "$results"
skipped=$(grep -c '^SKIPPED ' "$results")
failed=$(grep -c '^FAILED ' "$results")
echo "$(grep -c '^ok ' "$results") passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
