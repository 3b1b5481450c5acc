#!/bin/sh
# freeze.sh - the lost signal, made certain.
#
# The parent is stopped; N children end while it cannot listen; the parent
# goes on. However many died, one SIGCHLD is pending, and the handler runs
# once. Prints what is seen at each step.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/freeze.sh STAGE [N]
Stops the parent of a fork stage (3a, 3b, 3c), lets N children (8) die, lets
the parent go on, and counts the zombies that are left.
  scripts/freeze.sh 3b 8    leaves 7
  scripts/freeze.sh 3c 8    leaves none
EOF
}

case ${1:-} in
--help) usage && exit 0 ;;
3?) stage=$1 ;;
*) usage >&2 && exit 64 ;;
esac
n=${2:-8}
case $n in
'' | *[!0-9]* | 0*) usage >&2 && exit 64 ;;
esac
[ "$n" -le 100 ] || { echo "freeze.sh: 100 children at most" >&2 && exit 64; }

cd "$(dirname "$0")/.."
. scripts/lib.sh

clean_up() {
    stop_stage
    end_helpers
}
end_by clean_up

start_stage "$stage" --quiet
set --
while [ $# -lt "$n" ]; do
    set -- "$@" "http://localhost:$port/slow?ms=1000"
done
curl --silent --no-keepalive --header 'Connection: close' --parallel \
    --parallel-immediate --parallel-max "$n" "$@" >/dev/null 2>&1 &
helpers=$!
wait_until 50 has_children "$server" "$n" || fail "no $n children came"
pause "$server"
echo "$n children are working; the parent is stopped"

wait_until 150 has_children "$server" "$n" Z || fail "the children live on"
case $(pending) in
*1????) meaning='one bit: SIGCHLD' ;;
*) meaning='none: it never asked for SIGCHLD' ;;
esac
echo "$n are dead, 0 buried; pending signals $(pending) ($meaning)"

kill -CONT "$server"
wait_until 50 is_calm || fail "the parent did not go on"
echo "the parent goes on: $(zombies) zombies"
await_helpers
