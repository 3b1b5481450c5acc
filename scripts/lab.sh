#!/bin/sh
# lab.sh - runs all labs, a line each; or one, with all it shows.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/lab.sh [NAME]     (or: make lab, make lab-NAME)
Runs one lab and shows what is to be seen, or all of them in the order of the
chapters, a line each. Ends with status 1 if a verdict is not as it should be.
EOF
}

case ${1:-} in
--help) usage && exit 0 ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh

if [ $# -gt 0 ]; then
    [ -x "labs/$1/run.sh" ] || {
        echo "lab.sh: there is no lab $1; there are:" >&2
        for lab in labs/*/run.sh; do
            echo "  $(basename "$(dirname "$lab")")" >&2
        done
        exit 1
    }
    sed -n 's/^# \(Lab .*\)/\1/p;' "labs/$1/run.sh"
    exec "labs/$1/run.sh"
fi

# "11.4 freeze", in the order of chapters.
in_order() {
    sed -n 's/^# Lab \([0-9.]* [^ :]*\):.*/\1/p' labs/*/run.sh | sort -V
}

said=$(mktemp)
list=$(mktemp)
end_by "rm -f '$said' '$list'"
in_order >"$list"
passed=0 failed=0 skipped=0
while read -r number name; do
    status=0
    "labs/$name/run.sh" >"$said" 2>&1 </dev/null || status=$?
    case $status in
    0) result=ok passed=$((passed + 1)) ;;
    77) result=SKIPPED skipped=$((skipped + 1)) ;;
    *) result=FAILED failed=$((failed + 1)) ;;
    esac
    printf '%-5s %-18s %-8s %s\n' "$number" "$name" "$result" \
        "$(tail -n 1 "$said")"
    [ "$result" != FAILED ] || sed 's/^/      | /' "$said"
done <"$list"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
