# lib.sh - for the curl scripts: the server they talk to, and commands that
# are shown before they run (sourced, POSIX sh).
# shellcheck shell=sh disable=SC2034 # names for whoever sources it

cd "$(dirname "$0")/../.." || exit 1
. scripts/lib.sh

stage=$(basename "$0" .sh)
case ${1:-} in
--help)
    cat <<EOF
Usage: scripts/curl/$stage.sh [PORT]
Shows what stage $stage does, one curl command after the other. With PORT it
talks to the server you started there (make run-$stage); without, it starts one
on a free port and ends it afterwards.
EOF
    exit 0
    ;;
'')
    end_by stop_stage
    # shellcheck disable=SC2086 # several options
    start_stage "$stage" --quiet ${stage_options:-}
    ;;
*[!0-9]*) fail "PORT must be a number, not '$1'; see --help" ;;
*)
    port=$1
    curl -s -o /dev/null "http://localhost:$port/" || [ $? -ne 7 ] ||
        fail "nobody listens on port $port; start it with: make run-$stage"
    ;;
esac

# try 'WHAT TO LOOK FOR' COMMAND...: show the command, what to look for, run it.
try() {
    printf '\n\033[1m$'
    look_for=$1
    shift
    for word; do
        case $word in
        *[!A-Za-z0-9_./:=%,@+-]* | '') printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\033[0m\n# %s\n' "$look_for"
    "$@" || echo "# curl ends with status $?"
}

CURL_HOME=scripts/curl # its .curlrc: no progress meter
export CURL_HOME
site=http://localhost:$port

# show_family 'WHAT TO LOOK FOR': for stages that fork. One request at a time,
# and the zombies these leave; then two slow pages at once.
show_family() {
    try 'as 1c: files, HEAD, keep-alive' \
        curl -i "$site/hello.txt"
    if [ -n "$server" ]; then # else it is yours: scripts/zombies PID counts
        for _ in 1 2 3 4 5 6 7 8; do
            settle
            curl -s -o /dev/null "$site/hello.txt"
        done
        settle
        try "$1" scripts/zombies "$server"
    fi
    try 'two slow pages at once: both take 0.5 s, a child for each' \
        curl --parallel --parallel-immediate --parallel-max 2 \
        -H 'Connection: close' -w '%{time_total} s\n' \
        "$site/slow?ms=500" "$site/slow?ms=500"
}
