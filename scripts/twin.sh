#!/bin/sh
# twin.sh - builds the broken twin of a stage: the sources with a lab's patch.
#
# The tree is copied with its objects, so only what the patch touches is
# compiled again. Prints the folder in which the twin's programs are.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/twin.sh NAME [TARGET...]
Copies the sources to build/twins/NAME, applies labs/NAME/break.patch, makes
the TARGETs there (every stage if none is given), and prints where they are.
EOF
}

case ${1:-} in
--help) usage && exit 0 ;;
'' | -*) usage >&2 && exit 64 ;;
esac
name=$1
shift
cd "$(dirname "$0")/.."
build=${BUILD:-build}
patch=labs/$name/break.patch
twin=$build/twins/$name
if [ ! -e "$patch" ]; then
    echo "twin.sh: there is no $patch" >&2
    exit 1
fi

mkdir -p "$build/twins"
exec 9>"$build/twins/$name.lock" # one at a time makes this twin
flock 9
# Objects of another patch would be newer than the sources restored below.
cmp -s "$patch" "$twin/applied.patch" || rm -rf "$twin"
mkdir -p "$twin/$build"
cp -a Makefile bench common part1 part2 part3 tools tests www scripts labs "$twin/"
for made in common part1 part2 part3 tools tests flags; do
    [ ! -e "$build/$made" ] || cp -au "$build/$made" "$twin/$build/"
done
if ! said=$(patch -d "$twin" -p1 --no-backup-if-mismatch <"$patch" 2>&1); then
    echo "twin.sh: $patch does not apply any more: $said" >&2
    exit 1
fi
cp "$patch" "$twin/applied.patch"
if [ $# -eq 0 ]; then
    set -- 1a 1b 1c 2a 2b 3a 3b 3c
fi
if ! said=$(make -s -C "$twin" B="$build" "$@" 2>&1); then
    echo "twin.sh: the twin $name does not build: $said" >&2
    exit 1
fi
echo "$twin/$build"
