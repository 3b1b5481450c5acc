#!/bin/sh
# lab.sh - runs all labs, a line each; or one, with all it shows.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/lab.sh [NAME]     (or: make lab, make lab-NAME)
Runs one lab and shows what is to be seen, or all of them in the order of the
chapters, a line each, JOBS=3 at a time. Ends with status 1 if a verdict is not
as it should be.
EOF
}

case ${1:-} in
--help) usage && exit 0 ;;
--line) ;;
-*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh

# One of all, for ourselves: --line NUMBER NAME.
if [ "${1:-}" = --line ]; then
    said=$(mktemp)
    end_by "rm -f '$said'"
    status=0
    "labs/$3/run.sh" >"$said" 2>&1 </dev/null || status=$?
    case $status in
    0) result=ok ;;
    77) result=SKIPPED ;;
    *) result=FAILED ;;
    esac
    {
        printf '%-5s %-18s %-8s %s\n' "$2" "$3" "$result" \
            "$(tail -n 1 "$said")"
        [ "$result" != FAILED ] || sed 's/^/      | /' "$said"
    } | tee -a "$VERDICTS" # in one piece: another may end as well
    exit 0
fi

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

VERDICTS=$(mktemp)
export VERDICTS
end_by "rm -f '$VERDICTS'"
in_order | xargs -P "${JOBS:-3}" -n 2 scripts/lab.sh --line

count() {
    grep -c "^[0-9.]* *[^ ]* *$1 " "$VERDICTS" || true
}
failed=$(count FAILED)
echo "$(count ok) passed, $failed failed, $(count SKIPPED) skipped"
[ "$failed" -eq 0 ]
