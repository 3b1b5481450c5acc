#!/bin/sh
# mix.sh - the same answer from a shell script, from C and from Python, each
# behind two servers that know nothing of each other.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/mix.sh
Asks three applications (labs/mix-and-match/greet/) for the same path, behind
2b and behind Python's wsgiref, and compares the six bodies byte for byte.
EOF
}
case ${1:-} in
--help) usage && exit 0 ;;
?*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/.."
. scripts/lib.sh
lab=labs/mix-and-match
own=$(mktemp -d)
wsgiref=

clean_up() {
    stop_stage
    if [ -n "$wsgiref" ]; then
        kill "$wsgiref" 2>/dev/null || true
        wait "$wsgiref" 2>/dev/null || true
    fi
    rm -rf "$own"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# ask SERVER PORT APPLICATION PATH: keeps the body, and shows it.
ask() {
    body=$own/body.$1.$3
    curl -s -S -f -o "$body" "http://localhost:$2$4/some/path" ||
        fail "$3 behind $1 does not answer"
    printf '%-6s behind %-8s %s\n' "$3" "$1:" "$(cat "$body")"
}

greet=$lab/greet
echo "\$ cc -shared -fPIC -Ipart2 -o greet.so $greet/greet.c"
cc -shared -fPIC -Ipart2 -o "$own/greet.so" "$greet/greet.c"

start_stage 2b --quiet --cgi "/cgi=$greet" --app "/c=$own/greet.so"
ask 2b "$port" shell /cgi/greet.sh
ask 2b "$port" C /c
ask 2b "$port" WSGI /cgi/greet.py

: >"$own/port"
"$lab/wsgiref_server.py" "$greet/greet.sh" "$own/greet.so" "$greet/greet.py" \
    >"$own/port" 3>&- &
wsgiref=$!
wait_until 100 grep -q '^port ' "$own/port" || fail 'wsgiref did not start'
port=$(sed -n 's/^port //p' "$own/port")
ask wsgiref "$port" shell /shell
ask wsgiref "$port" C /c
ask wsgiref "$port" WSGI /wsgi

for body in "$own"/body.*; do
    cmp "$own/body.2b.shell" "$body" || fail 'not the same bytes'
done
echo '6 bodies, all equal'
