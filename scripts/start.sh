#!/bin/sh
# start.sh - puts the starting files of an exercise into work/.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/start.sh [NAME]     (or: make start EX=NAME)
Puts what exercise NAME starts from into work/NAME/. The number is enough:
9 is 9-hits. Without NAME: lists the exercises. Work that you have begun is
not overwritten, unless FORCE=1 says so; then it is kept beside as FILE.old.
EOT
}

case ${1:-} in
--help) usage && exit 0 ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
. exercises/find.sh

if [ -z "${1:-}" ]; then
    list_exercises
    echo 'begin with: make start EX=NAME'
    exit 0
fi
name=$(find_exercise "$1")
own=${WORK:-work}/$name
file=$own/$(file_of "$name")

fresh=$(mktemp)
end_by "rm -f '$fresh'"
write_start "$name" "$fresh"
mkdir -p "$own"
if [ -e "$file" ] && ! cmp -s "$file" "$fresh"; then
    if [ "${FORCE:-}" != 1 ]; then
        echo "start.sh: $file is not as it was: you have begun." >&2
        echo "To begin again: make start EX=$name FORCE=1" >&2
        exit 1
    fi
    mv "$file" "$file.old"
    echo "what you had is now $file.old"
fi
cat "$fresh" >"$file"
case $file in
*.sh) chmod +x "$file" ;;
esac

echo "yours to change: $file"
echo "the task:        exercises/$name/task.md"
echo "if you are stuck: exercises/$name/hints.md"
if [ -n "$(field_of "$name" make)" ]; then
    echo "to try it:       make try EX=$name"
fi
echo "to grade it:     make grade EX=$name"
