#!/bin/sh
# twin.sh - builds the broken twin of a stage: the sources with a lab's patch.
#
# The tree is copied with its objects, so only what the patch touches is
# compiled again. Prints the folder in which the twin's programs are.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/twin.sh NAME[+STEP] [TARGET...]
Copies the sources to build/twins/NAME, applies labs/NAME/break.patch, makes
the TARGETs there (every stage if none is given), and prints where they are.
With +STEP, labs/NAME/STEP.patch is applied to that, for one fault more.
EOF
}

case ${1:-} in
--help) usage && exit 0 ;;
'' | -*) usage >&2 && exit 64 ;;
esac
name=$1
shift
cd "$(dirname "$0")/.."
. scripts/lib.sh
lab=labs/${name%%+*}
case $name in
*+*) patches="$lab/break.patch $lab/${name#*+}.patch" ;;
*) patches=$lab/break.patch ;;
esac
for patch in $patches; do
    [ -e "$patch" ] || fail "there is no $patch"
done
twin=$build/twins/$name
patch=$build/twins/$name.patch

mkdir -p "$build/twins"
exec 9>"$build/twins/$name.lock" # one at a time makes this twin
flock 9
# shellcheck disable=SC2086 # words
cat $patches >"$patch"
# Objects of another patch would be newer than the sources restored below.
cmp -s "$patch" "$twin/applied.patch" || rm -rf "$twin"
copy_tree "$twin"
said=$(patch -d "$twin" -p1 --no-backup-if-mismatch <"$patch" 2>&1) ||
    fail "$patches does not apply any more: $said"
cp "$patch" "$twin/applied.patch"
# shellcheck disable=SC2046 # one word a stage
[ $# -gt 0 ] || set -- $(list_stages)
said=$(make -s -C "$twin" B="$build" "$@" 2>&1) ||
    fail "the twin $name does not build: $said"
echo "$twin/$build"
