#!/bin/sh
# pictures.sh - makes the pictures of the tutorial from runs of the stages.
set -eu

usage() {
    cat <<'EOF'
Usage: scripts/pictures.sh [--check] [NAME...]     (or: make pictures)
Runs the stages and draws all of these, or those named. They are drawn in
build/pictures and, as SVG, in part1/pictures:
  vanished answers lost against the size of requests (1b's twin, 1c)
  nagle    thirty requests on one connection         (1c and its twin)
  backlog  nine clients and a busy server            (1b's twin)
and part3/pictures:
  zombies  zombies over time, under one flood        (3a, 3b, 3c)
           and, as four.svg, the living too          (3a, 3b, 3c, 3d)
  curve    zombies left against clients at a time    (3b, 3c)
  freeze   what happens while the parent is stopped  (3b, 3c)
  calls    calls of the handler, children buried     (3c)
  switches context switches for a client, by workers (3d and its twin)
  shares   requests of each worker, by way to wait   (3d and its twins)
  storm    forks over time, in a crash storm         (3e and its twin)
  sweep    requests a second and memory, by workers  (3e)
  leak     memory of two applications, by requests   (3e)
  --check  draws nothing: makes shorter runs and looks whether they have the
           shape that the pictures show
EOF
}

names='vanished nagle backlog zombies curve freeze calls switches shares storm
    sweep leak'
check=no bursts=5 pause_s=0.7 runs=5 backlogs='0 1 5 128' storm_s=12
case ${1:-} in
--help) usage && exit 0 ;;
--check)
    check=yes bursts=3 pause_s=0.2 runs=1 backlogs='5 128' storm_s=2
    shift
    ;;
esac
for name; do
    echo "$names" | grep -qw -e "$name" || { usage >&2 && exit 64; }
done

cd "$(dirname "$0")/.."
. scripts/lib.sh
. labs/crash-storm/storm.sh

samples=$(mktemp)

clean_up() {
    end_helpers
    stop_stage
    rm -f "$samples"
}
end_by clean_up

say() {
    printf '%-9s%s\n' "$1" "$2"
}

# draw PART NAME VARIABLES: and write down how and when, for whoever finds the
# file. With --check, look whether that was done.
draw() {
    if [ $check = yes ]; then
        grep -q '<desc>make pictures .*, 20..-..-..</desc>' \
            "$1/pictures/$2.svg" ||
            fail "$1/pictures/$2.svg does not say how it was made"
        return
    fi
    gnuplot -e "out='$data/$2'; $3" "scripts/$2.gp"
    made="make pictures (scripts/pictures.sh, scripts/$2.gp), $(date +%F)"
    mkdir -p "$1/pictures"
    sed "s|<desc>.*</desc>|<desc>$made</desc>|" "$data/$2.svg" \
        >"$1/pictures/$2.svg"
}

# ask N AT-A-TIME [MS]: requests that are all answered.
ask() {
    ask_all "slow?ms=${3:-20}" "$1" "$2"
}

# --- zombies, four: what build/watch sees -------------------------------------

CLIENTS=40 # of a burst

record_zombies() { # BURSTS PAUSE
    scripts/over-time.sh --bursts "$1" --pause "$2" --dir "$data" \
        3a 3b 3c 3d >"$data/zombies.txt"
}

# after_bursts STAGE: its zombies after each burst, a line each.
after_bursts() {
    sed -n "s/^$1 *//p" "$data/zombies.txt" | tr -s ' ' '\n'
}

check_zombies() { # BURSTS
    awk 'NR == 1 { next } $3 < last { exit 1 } { last = $3 }' \
        "$data/zombies-3a.tsv" || fail 'zombies: 3a falls'
    [ "$(after_bursts 3a | tail -n 1)" -eq $(($1 * CLIENTS)) ] ||
        fail 'zombies: 3a does not end at the number of requests'
    after_bursts 3b | sort -nc 2>/dev/null || fail 'zombies: 3b falls'
    [ "$(after_bursts 3b | tail -n 1)" -gt 0 ] ||
        fail 'zombies: 3b ends at zero'
    [ "$(after_bursts 3c | sort -u)" = 0 ] || fail 'zombies: 3c is not at zero'
    awk 'NR > 1 && $3 > 0 { exit 1 }' "$data/zombies-3d.tsv" ||
        fail 'zombies: 3d has some'
    say zombies "3a climbs to $(after_bursts 3a | tail -n 1), 3b to \
$(after_bursts 3b | tail -n 1) and never falls, 3c comes back to zero, 3d stays"
}

picture_zombies() {
    record_zombies "$bursts" "$pause_s"
    check_zombies "$bursts"
    draw part3 zombies "files='$data/zombies-3a.tsv $data/zombies-3b.tsv \
$data/zombies-3c.tsv'"
    draw part3 four "directory='$data'"
}

# --- curve: what scripts/curve.sh finds --------------------------------------

check_curve() {
    awk -F '\t' '
        $1 == "3b" && $2 == 1 && $5 > 0 { exit 1 }
        $1 == "3c" && $5 > 0 { exit 1 }
        $1 == "3b" { share[$2] += $5 / $4 }
        END { if (!(share[128] > share[2])) exit 1 }' "$data/curve.tsv" ||
        fail 'curve: not 3b from zero upwards and 3c at zero'
    say curve '3b is zero at one and rises, 3c is at zero'
}

picture_curve() {
    scripts/curve.sh --runs "$runs" --tsv "$data/curve.tsv" 3b 3c >/dev/null
    check_curve
    draw part3 curve "file='$data/curve.tsv'"
}

# --- freeze: scripts/freeze.sh with a look every few milliseconds ------------

FROZEN=8

# One look: appends rows of time, name, state to the samples; prints how many
# children live and how many are dead.
look() {
    cat /proc/uptime "/proc/$server/status" /proc/[0-9]*/stat 2>/dev/null |
        awk -v parent="$server" -v samples="$samples" '
            NR == 1 { ms = 1000 * $1; next }
            /^State:/ { print ms, "parent", $2 >>samples }
            /^ShdPnd:/ { # SIGCHLD is the lowest bit of the fifth digit
                print ms, "pending", $2 ~ /[13579bdf]....$/ >>samples
            }
            /^[0-9]+ \(/ {
                pid = $1
                sub(/^.*\) /, "")
                if ($2 != parent) next
                print ms, pid, $1 >>samples
                if ($1 == "Z") dead++; else alive++
            }
            END { print alive + 0, dead + 0 }'
}

# look_until ALIVE DEAD: look until there are so many, or fail.
look_until() {
    looks=0
    while [ "$(look)" != "$1 $2" ]; do
        looks=$((looks + 1))
        [ $looks -lt 2000 ] || fail "never $1 alive and $2 dead"
    done
}

look_for() { # LOOKS
    for _ in $(seq "$1"); do
        look >/dev/null
        sleep 0.01
    done
}

# Rows of what was the case, for which child (1: the first to die), from when
# to when.
intervals() {
    printf 'what\tchild\tfrom_ms\tto_ms\n'
    sort -n -s -k 1,1 "$samples" | awk '
        function row(what, child, from, to) {
            printf "%s\t%d\t%d\t%d\n", what, child, from - began, to - began
        }
        # A state that is held by `who` from one look to the one that differs.
        function turn(who, state, ms) {
            if (is[who] == state) return
            if (is[who] != "") row(is[who], number[who], since[who], ms)
            is[who] = state
            since[who] = ms
        }
        !began { began = now = $1 }
        $1 != now { next_look[now] = $1; now = $1 }
        $2 == "parent" { turn($2, $3 == "T" ? "stopped" : "running", $1) }
        $2 == "pending" {
            if (is[$2] == "pending" && !$3) row("handler", 0, $1, $1)
            turn($2, $3 ? "pending" : "none", $1)
        }
        $2 ~ /^[0-9]/ {
            if ($3 == "Z" && !number[$2]) number[$2] = ++children
            turn($2, $3 == "Z" ? "dead" : "alive", $1)
            seen[$2] = $1
        }
        END {
            for (who in is)
                if (who in seen && seen[who] < now) {
                    gone = next_look[seen[who]]
                    turn(who, "gone", gone)
                    row("buried", number[who], gone, gone)
                } else {
                    if (who in seen) row("zombie", number[who], now, now)
                    turn(who, "over", now)
                }
        }'
}

record_freeze() { # STAGE
    : >"$samples"
    start_stage "$1" --quiet
    set --
    while [ $# -lt $FROZEN ]; do # one after the other they will die
        set -- "$@" "http://localhost:$port/slow?ms=$((500 + 70 * $#))"
    done
    curl --silent --no-keepalive --header 'Connection: close' --parallel \
        --parallel-immediate --parallel-max $FROZEN "$@" >/dev/null 2>&1 &
    helpers=$!
    look_until $FROZEN 0
    kill -STOP "$server"
    look_until 0 $FROZEN
    look_for 15
    kill -CONT "$server"
    look_for 40
    await_helpers
    stop_stage
    intervals >"$data/freeze-$stage.tsv"
}

check_freeze() { # STAGE ZOMBIES
    awk -v zombies="$2" -v n=$FROZEN '
        { count[$1]++ }
        END { exit !(count["zombie"] + 0 == zombies &&
                     count["buried"] + 0 == n - zombies &&
                     count["handler"] == 1 && count["pending"] == 1) }' \
        "$data/freeze-$1.tsv" ||
        fail "freeze: $1 does not leave $2 of $FROZEN by one call"
    say freeze "$1 leaves $2 of $FROZEN by one call"
}

picture_freeze() {
    record_freeze 3b
    check_freeze 3b $((FROZEN - 1))
    record_freeze 3c
    check_freeze 3c 0
    draw part3 freeze "files='$data/freeze-3b.tsv $data/freeze-3c.tsv'"
}

# --- calls: the twin of lab 12.1, which writes ">" and a dot for each burial --

# Rows of: children buried, calls so far.
record_calls() { # NAME COMMAND...
    name=$1
    shift
    start_twin_of fewer-calls 3c --quiet
    "$@"
    grep '^>' "$log" |
        awk 'BEGIN { OFS = "\t"; print 0, 0 }
             { print buried += length($0) - 1, NR }' >"$data/calls-$name.tsv"
    stop_stage
}

# All of a crowd die while the parent is stopped.
ask_frozen() { # TIMES
    for _ in $(seq "$1"); do
        kill_together $CLIENTS
    done
}

check_calls() { # TIMES
    for name in one many frozen; do
        awk '$2 > $1 { exit 1 }' "$data/calls-$name.tsv" ||
            fail "calls: more calls than children, $name"
        tail -n 1 "$data/calls-$name.tsv" >"$samples"
        read -r buried calls <"$samples"
        [ "$buried" -eq $(($1 * CLIENTS)) ] ||
            fail "calls: not all children were buried, $name"
    done
    [ "$calls" -eq "$1" ] || fail 'calls: more than one a freeze'
    say calls "never more than children; $calls for $buried when frozen"
}

picture_calls() {
    record_calls one ask $((bursts * CLIENTS)) 1 5
    record_calls many ask $((bursts * CLIENTS)) $CLIENTS
    record_calls frozen ask_frozen "$bursts"
    check_calls "$bursts"
    draw part3 calls "files='$data/calls-one.tsv $data/calls-many.tsv \
$data/calls-frozen.tsv'; titles='\"one client at a time\" \"40 at a time\" \
\"40 at a time, dead while it is stopped\"'"
}

# --- vanished: answers lost against the body of the request ------------------

record_vanished() { # TIMES
    mkdir -p "$data/root"
    head -c 200000 /dev/zero >"$data/root/big"
    : >"$data/vanished.tsv"
    for who in twin 1c; do
        if [ $who = twin ]; then
            start_twin_of vanished-answer 1b --quiet
        else
            start_stage 1c --quiet --root "$data/root"
        fi
        for bytes in 500 1000 2000 3500 5000 10000 30000 100000; do
            head -c $bytes /dev/zero >"$samples"
            lost=0
            for _ in $(seq "$1"); do
                curl -s -X GET -H Expect: --data-binary "@$samples" \
                    -o /dev/null "http://localhost:$port/big" ||
                    lost=$((lost + 1))
            done
            printf '%s\t%s\t%s\t%s\n' $who $bytes "$1" $lost \
                >>"$data/vanished.tsv"
        done
        stop_stage
    done
}

check_vanished() {
    awk '$1 == "1c" && $4 > 0 { exit 1 }
         $1 == "twin" && $2 < 3600 && $4 > 0 { exit 1 }
         $1 == "twin" && $2 > 4096 { lost += $4 }
         END { if (!lost) exit 1 }' "$data/vanished.tsv" ||
        fail 'vanished: not some of the twin beyond one read, and none else'
    say vanished "none within one read, some beyond it, 1c loses none"
}

picture_vanished() {
    record_vanished $((4 * runs))
    check_vanished
    draw part1 vanished "file='$data/vanished.tsv'"
}

# --- nagle: each of thirty requests on one connection -------------------------

ask_thirty() { # HOW URL
    curl -s -o /dev/null -w '%{time_total}\n' "$2?ms=0&[1-30]" |
        awk -v how="$1" '{ printf "%s\t%d\t%.3f\n", how, NR, $1 * 1000 }' \
            >>"$data/nagle.tsv"
}

record_nagle() {
    mkdir -p "$data/root"
    head -c 20000 /dev/zero >"$data/root/page"
    : >"$data/nagle.tsv"
    start_twin_of forty-milliseconds 1c --quiet --root "$data/root"
    ask_thirty two "http://localhost:$port/page"
    ask_thirty one "http://localhost:$port/slow"
    stop_stage
    start_stage 1c --quiet --root "$data/root"
    ask_thirty nodelay "http://localhost:$port/page"
    stop_stage
}

# median HOW
median() {
    awk -v how="$1" '$1 == how { print $3 }' "$data/nagle.tsv" | sort -n |
        sed -n 15p
}

check_nagle() {
    awk -v two="$(median two)" -v one="$(median one)" \
        -v nodelay="$(median nodelay)" \
        'BEGIN { exit !(two > 10 * one && two > 10 * nodelay) }' ||
        fail 'nagle: two writes do not take ten times as long'
    say nagle "medians: two writes $(median two) ms, one $(median one) ms, \
TCP_NODELAY $(median nodelay) ms"
}

picture_nagle() {
    record_nagle
    check_nagle
    draw part1 nagle "file='$data/nagle.tsv'"
}

# --- backlog: nine come while nobody accepts --------------------------------

CALLERS=9

has_queued() {
    [ "$(ss -Hltn "sport = :$port" | awk '{ print $2 }')" -ge "$1" ]
}

record_backlog() { # BACKLOG...
    : >"$data/backlog.tsv"
    for backlog; do
        export BACKLOG="$backlog"
        start_twin_of never-accepts 1b --quiet
        pause "$server"
        curl -s -Z --parallel-immediate --parallel-max $CALLERS -m 60 \
            -w '\ntook %{time_total}\n' \
            "http://localhost:$port/[1-$CALLERS]" \
            >"$samples" 2>/dev/null &
        helpers=$!
        queued=$((backlog + 1 < CALLERS ? backlog + 1 : CALLERS))
        wait_until 50 has_queued $queued || fail 'nobody is in the queue'
        kill -CONT "$server"
        await_helpers
        stop_stage
        sed -n 's/^took //p' "$samples" | sort -n |
            awk -v backlog="$backlog" \
                '{ printf "%s\t%d\t%.3f\n", backlog, NR, $1 }' \
                >>"$data/backlog.tsv"
    done
}

# Those within the number are soon answered, and the next one is not.
check_backlog() {
    awk -v callers=$CALLERS '
        { count[$1]++ }
        $2 <= $1 + 1 && $3 > 0.9 { exit 1 }
        $2 > $1 + 1 && $3 < 0.9 { exit 1 }
        END { for (b in count) if (count[b] != callers) exit 1 }' \
        "$data/backlog.tsv" ||
        fail 'backlog: not one more than the number at once, the others late'
    say backlog "one more than the number at once, the others after a second"
}

# shellcheck disable=SC2086 # one word a backlog
picture_backlog() {
    record_backlog $backlogs
    check_backlog
    draw part1 backlog "file='$data/backlog.tsv'"
}

# --- switches, shares: 3d, and its twins that wait for clients in other ways --

# start_waiting WAY [OPTION...]
start_waiting() {
    way=$1
    shift
    case $way in
    accept) start_stage 3d "$@" ;;
    poll) start_twin_of herd 3d "$@" ;;
    epoll) start_twin_of herd+epoll 3d "$@" ;;
    exclusive) start_twin_of favourite 3d "$@" ;;
    esac
}

# ask_one_by_one N
ask_one_by_one() {
    for _ in $(seq "$1"); do
        ask_calmly
    done
}

# shellcheck disable=SC2046 # a word a worker
record_switches() { # CLIENTS
    for way in accept poll; do
        for workers in 1 2 4 8 16 32; do
            start_waiting "$way" --quiet --workers $workers
            await_workers $workers
            before=$(switches $(children_of "$server"))
            ask_one_by_one "$1"
            after=$(switches $(children_of "$server"))
            stop_stage
            printf '%s\t%d\t%d\t%d\n' "$way" $workers "$1" $((after - before))
        done
    done >"$data/switches.tsv"
}

check_switches() {
    awk '{ each[$1, $2] = $4 / $3 }
         $1 == "accept" && $4 > 4 * $3 { exit 1 }
         END { exit !(each["poll", 8] > 2 * each["poll", 2] &&
                      each["poll", 32] > 2 * each["poll", 8] &&
                      each["poll", 32] > 16) }' "$data/switches.tsv" ||
        fail 'switches: not few with accept, and with poll as many as workers'
    say switches 'few for a client with accept, with poll more by each worker'
}

# A row for each worker, in the order of their birth.
record_shares() { # REQUESTS
    for way in accept poll epoll exclusive; do
        start_waiting "$way" --workers 8
        await_workers 8
        ask_one_by_one "$1"
        { children_of "$server" && answerers; } | sort -n | uniq -c |
            awk -v way="$way" '{ printf "%s\t%d\t%d\n", way, NR, $1 - 1 }'
        stop_stage
    done >"$data/shares.tsv"
}

check_shares() { # REQUESTS
    awk -v requests="$1" '
        { sum[$1] += $3 }
        $1 == "accept" && $3 > requests / 8 + 2 { exit 1 }
        $1 == "exclusive" && $3 > most { most = $3 }
        END { for (way in sum) if (sum[way] != requests) exit 1
              exit !(most > 0.8 * requests) }' "$data/shares.tsv" ||
        fail 'shares: not even with accept, and all to one with EPOLLEXCLUSIVE'
    say shares 'even with accept, nearly all to one with EPOLLEXCLUSIVE'
}

picture_switches() {
    record_switches $((4 * runs))
    check_switches
    draw part3 switches "file='$data/switches.tsv'"
}

picture_shares() {
    record_shares $((40 * runs))
    check_shares $((40 * runs))
    draw part3 shares "file='$data/shares.tsv'"
}

# --- storm: forks over time, as lab 16.4 begins it --------------------------

record_storm() { # SECONDS
    for who in twin 3e; do
        case $who in
        twin) begin_storm "$data" start_twin_of crash-storm 3e ;;
        3e) begin_storm "$data" start_stage 3e ;;
        esac
        ms=0
        while [ $ms -lt $((1000 * $1)) ]; do
            forks=$(forks)
            ms=$(($(now_ms) - began))
            printf '%s\t%d\t%d\n' $who $ms "$forks"
            sleep 0.02
        done
        stop_stage
    done >"$data/storm.tsv"
}

# forks_of WHO: all that it had made at last, and when.
forks_of() {
    sed -n "s/^$1\t\(.*\)\t\(.*\)/\2 \1/p" "$data/storm.tsv" | tail -n 1
}

check_storm() {
    forks_of twin >"$samples"
    read -r bad ms <"$samples"
    forks_of 3e >"$samples"
    read -r good ms <"$samples"
    if [ "$good" -lt 3 ] || [ "$good" -gt "$(most_forks "$ms")" ] ||
        [ "$bad" -lt $((10 * good)) ]; then
        fail "storm: $bad forks without back-off, $good with it"
    fi
    say storm "$bad forks without back-off, $good with it"
}

picture_storm() {
    record_storm "$storm_s"
    check_storm
    draw part3 storm "file='$data/storm.tsv'"
}

# --- sweep: what scripts/sweep.sh finds, the best of some runs ---------------

record_sweep() { # RUNS
    for _ in $(seq "$1"); do
        scripts/sweep.sh --tsv "$samples" >/dev/null
        tail -n +2 "$samples"
    done | awk -v OFS='\t' '
        BEGIN { print "workers", "cpu", "used", "wait", "kib" }
        $2 > cpu[$1] { cpu[$1] = $2; used[$1] = $3 }
        $4 > wait[$1] { wait[$1] = $4 }
        { kib[$1] = $5 }
        END {
            for (w = 1; w <= 64; w *= 2)
                print w, cpu[w], used[w], wait[w], kib[w]
        }' >"$data/sweep.tsv"
}

check_sweep() {
    awk -f labs/knees/knees.awk "$data/sweep.tsv" ||
        fail 'sweep: not computing to two processors, waiting to 32 clients'
    say sweep 'computing ends at two processors, waiting at 32 clients'
}

# On a busy machine the first knee is not to be seen.
has_knee() {
    awk '{ cpu[$1] = $2 }
         END { exit !(cpu[2] > 1.6 * cpu[1] && cpu[64] > 0.8 * cpu[2]) }' \
        "$data/sweep.tsv"
}

picture_sweep() {
    record_sweep "$runs"
    check_sweep
    [ $check = yes ] || has_knee || fail 'sweep: try when the machine is idle'
    draw part3 sweep "file='$data/sweep.tsv'"
}

# --- leak: what scripts/leak.sh finds ----------------------------------------

check_leak() {
    awk 'NR > 1 { a[NR] = $2; b[NR] = $3 }
         END { exit !(a[3] > b[3] && a[NR] - a[6] < a[3] / 10 &&
                      b[NR] - b[6] > b[3]) }' "$data/leak.tsv" ||
        fail 'leak: not A fast and then flat, B on and on'
    say leak 'A grows faster and stops, B goes on'
}

picture_leak() {
    scripts/leak.sh --tsv "$data/leak.tsv" 1600 >/dev/null
    check_leak
    draw part3 leak "file='$data/leak.tsv'"
}

data=$build/pictures
[ $check = no ] || data=$data/check
mkdir -p "$data"
# shellcheck disable=SC2086 # one word a name
[ $# -gt 0 ] || set -- $names
for name; do
    "picture_$name"
done
[ $check = yes ] ||
    echo "pictures: part?/pictures/*.svg; as .png and .tsv in $data"
