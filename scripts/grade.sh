#!/bin/sh
# grade.sh - builds what the reader wrote, and says which observations hold.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/grade.sh [NAME]        (or: make grade [EX=NAME])
       scripts/grade.sh --try NAME    (or: make try EX=NAME)
Builds the files of work/NAME in a copy of the sources and grades them: each
observation that does not hold is named, with a command that shows it and the
section to read again. Without NAME: grades every exercise you have begun.
  --try   builds them and runs the stage at PORT=8080; Ctrl-C ends it
Status: 0 all observations hold; 77 all that this machine can make; else 1.
EOT
}

try=no
case ${1:-} in
--help) usage && exit 0 ;;
--try) try=yes && shift ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
. exercises/find.sh
mine=${WORK:-work}

# compiler_says FROM FILE LINES: its words, short, about the reader's FILE, that
# is FROM where it was compiled. The lines are messages and what they quote.
compiler_says() {
    grep -e "$1" -e '^ *[0-9]* |' -e 'undefined reference' "$said" |
        sed "s|$1|$2|g; s/^/  /" | head -n "$3"
}

# build_own NAME: the reader's file in a copy of the tree, made there. Sets
# tree, and program.
build_own() {
    stage=$(field_of "$1" make)
    from=$(field_of "$1" from)
    file=$mine/$1/$(file_of "$1")
    tree=${GRADES:-$PWD/$build/grade}/$1
    copy_tree "$tree"
    cat "$file" >"$tree/$from"
    program=$(basename "$(source_of "$stage")" .c)
    program=$tree/$build/$program
    if ! make -s -C "$tree" B="$build" "$stage" >"$said" 2>&1; then
        echo "$file does not compile:"
        compiler_says "$from" "$file" 12
        return 1
    fi
    compiler_says "$from" "$file" 6
}

# grade NAME: in a process of its own, for check.sh ends as it likes.
grade() {
    echo "exercise $1"
    file=$mine/$1/$(file_of "$1")
    if [ ! -e "$file" ]; then
        echo "there is no $file; begin with: make start EX=$1"
        return 1
    fi
    tree=
    graded=
    if [ -n "$(field_of "$1" make)" ]; then
        build_own "$1" || return 1
        graded=$tree/$build
    fi
    export BUILD="$build" work="$mine/$1" tree graded
    "exercises/$1/check.sh"
}

said=$(mktemp)
end_by "rm -f '$said'"
[ -x "$build/flood" ] || make -s "$build/flood"

if [ $try = yes ]; then
    if [ -z "${1:-}" ]; then
        echo 'which exercise? make try EX=NAME; make start lists them' >&2
        exit 64
    fi
    name=$(find_exercise "$1")
    [ -n "$(field_of "$name" make)" ] ||
        fail "$name is no server; see exercises/$name/task.md"
    build_own "$name" || exit 1
    rm -f "$said"
    # shellcheck disable=SC2046 # one word an option
    exec "$program" --port "${PORT:-8080}" --root www \
        $(field_of "$name" options)
fi

if [ -n "${1:-}" ]; then
    name=$(find_exercise "$1")
    status=0
    grade "$name" || status=$?
    exit $status
fi

worst=0 begun=0
for name in $(list_exercises); do
    [ -e "$mine/$name" ] || continue
    begun=$((begun + 1))
    status=0
    grade "$name" || status=$?
    [ $status -eq 0 ] || worst=$status
    echo
done
if [ $begun -eq 0 ]; then
    echo 'you have begun no exercise yet; there are:'
    list_exercises | sed 's/^/  /'
    echo 'begin with: make start EX=NAME'
fi
exit $worst
