#!/bin/sh
# burst.sh STAGE - a flood made with curl alone, and what it leaves behind.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/curl/burst.sh STAGE [N]
Starts a fork stage (3a, 3b, 3c), asks it N slow pages (50) at once with one
curl command, so that its children die together, and counts the zombies.
EOF
}
case ${1:-} in
--help) usage && exit 0 ;;
3?) stage=$1 ;;
*) usage >&2 && exit 64 ;;
esac
n=${2:-50}
case $n in
'' | *[!0-9]* | 0* | ????*) usage >&2 && exit 64 ;;
esac
cd "$(dirname "$0")/../.."
. scripts/lib.sh
end_by stop_stage
start_stage "$stage" --quiet

# [1-N] makes curl ask N times.
set -- --silent --output /dev/null --parallel --parallel-immediate \
    --parallel-max "$n" --write-out '%{http_code} ' \
    --header 'Connection: close' "http://localhost:$port/slow?ms=300&n=[1-$n]"
echo "\$ curl $*"
answered=$(curl "$@" 2>/dev/null | grep -o 200 | wc -l)
settle
echo "$answered answered, $(zombies) zombies"
