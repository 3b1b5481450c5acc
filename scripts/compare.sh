#!/bin/sh
# compare.sh - where does the file you typed differ from the stage?
#
# Both are cut into words and signs; comments, and how much space stands
# between, make no difference. The first word or sign that does is shown.
set -eu

usage() {
    cat <<'EOT'
Usage: scripts/compare.sh STAGE [FILE]   (or: make compare-3c [FILE=...])
Compares the file you typed, work/typed/3c_fork_wait_loop.c if no FILE is
given, with the stage, and shows the first real difference: both lines.
Status: 0 the same, 1 different, 2 there is nothing to compare.
EOT
}

case ${1:-} in
--help) usage && exit 0 ;;
'' | -*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh

stage=$(source_of "$1") || exit 2
typed=${2:-work/typed/$(basename "$stage")}
if [ ! -e "$typed" ]; then
    echo "compare.sh: there is no $typed" >&2
    echo "Type the stage there, or: make compare-$1 FILE=..." >&2
    exit 2
fi

cut=$(mktemp -d)
end_by "rm -rf '$cut'"

# A line for each word or sign: its line number and itself.
words_of() {
    awk '
    function take(len) {
        print NR "\t" substr(text, 1, len)
        text = substr(text, len + 1)
    }
    {
        text = $0
        while (text != "") {
            if (in_comment) {
                end = index(text, "*/")
                in_comment = !end
                text = end ? substr(text, end + 2) : ""
            } else if (match(text, /^[ \t\r]+/))
                text = substr(text, RLENGTH + 1)
            else if (substr(text, 1, 2) == "//")
                text = ""
            else if (substr(text, 1, 2) == "/*") {
                in_comment = 1
                text = substr(text, 3)
            } else if (match(text, /^"([^"\\]|\\.)*"/) ||
                       match(text, /^\047([^\047\\]|\\.)*\047/) ||
                       match(text, /^[A-Za-z0-9_]+/) ||
                       match(text, /^(->|\+\+|--|&&|\|\||[-+*\/%&|<>=!^]=)/))
                take(RLENGTH)
            else
                take(1)
        }
    }' "$1"
}

words_of "$typed" >"$cut/typed"
words_of "$stage" >"$cut/stage"

# The number of the first that differs, "" if none does.
first=$(cut -f 2 "$cut/typed" >"$cut/a" && cut -f 2 "$cut/stage" >"$cut/b" &&
    awk 'NR == FNR { stage[NR] = $0; last = NR; next }
         FNR > last || stage[FNR] != $0 { print FNR; found = 1; exit }
         END { if (!found && FNR < last) print FNR + 1 }' "$cut/b" "$cut/a")
if [ -z "$first" ]; then
    echo "the same: $typed is $stage, but for space and comments"
    exit 0
fi

# place FILE WORDS: the line in which word number $first stands.
place() {
    line=$(sed -n "${first}s/	.*//p" "$2")
    if [ -z "$line" ]; then
        echo "  $1: ends here"
    else
        echo "  $1:$line: $(sed -n "${line}s/^[[:space:]]*//p" "$1")"
    fi
}

word() {
    sed -n "${first}s/^[^	]*	//p" "$1"
}

echo 'the first difference:'
place "$typed" "$cut/typed"
place "$stage" "$cut/stage"
if [ -n "$(word "$cut/typed")" ] && [ -n "$(word "$cut/stage")" ]; then
    echo "yours has $(word "$cut/typed"), the stage has $(word "$cut/stage")"
fi
exit 1
