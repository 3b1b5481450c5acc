#!/bin/sh
# check.sh - does zombies.sh see the zombies of households that are known?
. "$(dirname "$0")/../lib.sh"

observations='count of-nobody-else whose odd-names on-3a age proc-alone'
script=$work/zombies.sh

household=$dir/household
${CC:-cc} -D_GNU_SOURCE -O1 exercises/10-count-zombies/household.c \
    -o "$household" || fail 'cannot build household.c'

# found NAME [CHILD...]: a household of its own; sets founded to its pid.
found() {
    "$household" "$@" >"$dir/house" &
    founded=$!
    helpers="$helpers $founded"
    wait_until 50 grep -q ready "$dir/house" ||
        fail "the household $1 was not founded"
}

# Programs that know /proc for you are noted, and then run. So is stat: the
# times of a folder in /proc are not those of its process, but nearly so if
# somebody happened to look at it then.
mkdir "$dir/bin"
for name in ps pgrep pidof pstree top stat; do
    real=$(command -v $name) || continue
    cat >"$dir/bin/$name" <<END
#!/bin/sh
echo $name >>'$dir/used'
exec $real "\$@"
END
    chmod +x "$dir/bin/$name"
done
: >"$dir/used"

# run [PID]: what the script says, in $dir/out.
run() {
    PATH=$dir/bin:$PATH timeout 20 "$script" "$@" >"$dir/out" 2>"$dir/err" \
        </dev/null
}

# of PID FIELD...: these fields of the line for PID, "?" if there is none.
of() {
    pid=$1
    shift
    awk -v pid="$pid" -v from="$1" -v to="${2:-$1}" '
        $1 == pid { for (i = from; i <= to; i++)
                        line = line (i > from ? " " : "") $i
                    found = 1 }
        END { print found ? line : "?" }' "$dir/out"
}

# Starts now, for it must become older than the others.
"$household" elders +2200 Zold +2200 Zyoung >"$dir/elders" &
elders=$!
helpers="$helpers $elders"

found first Za Zb Zc Slive
first=$founded
found second Zd Ze
second=$founded
found third Slive
third=$founded

again 10.3 "make run-3a, and elsewhere: build/flood -n 3 localhost:8080
         $script PID"
run "$first"
expect count "of 3 zombies it counts $(of "$first" 2) $(tail -n 1 "$dir/err")" \
    [ "$(of "$first" 2)" = 3 ]

# saw TEXT: what is told of an observation; the first counts.
saw() {
    seen=${seen:-$*}
}

# Asked for one, it tells of no other; and who has none has none.
seen=
run "$first"
[ "$(of "$second")" = '?' ] || saw "asked for $first it tells of $second too"
run "$second"
[ "$(of "$second" 2)" = 2 ] ||
    saw "of 2 zombies it counts $(of "$second" 2), and there are 3 elsewhere"
run "$third"
[ "$(of "$third" 2)" = 0 ] ||
    saw "of 0 zombies it counts $(of "$third" 2), and there are 5 elsewhere"
expect of-nobody-else "$seen" [ -z "$seen" ]

seen=
run
[ "$(of "$first" 2) $(of "$first" 4)" = '3 first' ] ||
    saw "without a PID, for \"$first 3 AGE first\": \"$(of "$first" 1 4)\""
[ "$(of "$second" 2) $(of "$second" 4)" = '2 second' ] ||
    saw "without a PID, for \"$second 2 AGE second\": \"$(of "$second" 1 4)\""
[ "$(of "$third" 2)" = '?' ] || saw "it lists $third, which has no zombie"
expect whose "$seen" [ -z "$seen" ]

# A name may hold anything, ") Z 4711 (" too, which looks like the end of the
# name, the state and the parent.
found 'a) Z (b c' 'Z) S 1 (' 'Zx y z' "S) Z $second ("
odd=$founded
again 10.3 "cat /proc/PID/stat    (of a process that is called
         \") Z $second (\"; which parenthesis ends the name?)"
seen=
run "$second"
[ "$(of "$second" 2)" = 3 ] &&
    saw "a living process called \") Z $second (\" is taken for a zombie"
[ "$(of "$second" 2)" = 2 ] ||
    saw "beside odd names it counts $(of "$second" 2) zombies of 2"
run "$odd"
[ "$(of "$odd" 2)" = 2 ] ||
    saw "of 2 zombies with odd names it counts $(of "$odd" 2)"
[ "$(of "$odd" 4 7)" = 'a) Z (b c' ] ||
    saw "it says that \"a) Z (b c\" is called \"$(of "$odd" 4 7)\""
expect odd-names "$seen" [ -z "$seen" ]

start_stage 3a --quiet
answered -n 7 -c 1 "127.0.0.1:$port/hello.txt" >/dev/null
wait_until 50 has_children "$server" 7 Z
again 10.1 "make run-3a, and elsewhere: build/flood -n 7 localhost:8080
         $script PID"
run "$server"
expect on-3a "3a has $(zombies) zombies; it counts $(of "$server" 2)" \
    [ "$(of "$server" 2)" = "$(zombies)" ]
stop_graded

# Seconds since the oldest zombie of the elders was started, as is known here.
oldest_age() {
    awk -v parent="$elders" -v hertz="$(getconf CLK_TCK)" '
        FILENAME == "/proc/uptime" { uptime = $1; next }
        { sub(/^.*\) /, "")
          if ($2 == parent && (!first || $20 < first)) first = $20 }
        END { print uptime - first / hertz }' /proc/uptime "$dir/stats"
}

snapshot() {
    cat /proc/[0-9]*/stat >"$dir/stats" 2>/dev/null
}

# The number, give or take what rounding does and the time that passes.
is_between() {
    awk -v it="$1" -v low="$2" -v high="$3" 'BEGIN {
        exit !(it ~ /^[0-9]/ && it + 0 >= low - 1 && it + 0 <= high + 1) }'
}

wait_until 100 grep -q ready "$dir/elders" || fail 'the elders are not ready'
again 10.3 "cut -d' ' -f22 /proc/ZOMBIE/stat; cat /proc/uptime; getconf CLK_TCK"
snapshot
low=$(oldest_age)
run "$elders"
high=$(oldest_age)
it_says=$(of "$elders" 3)
expect age "the older of 2 zombies was started $low s ago, its parent and the
       other zombie some seconds before and after it; it says: $it_says" \
    is_between "$it_says" "$low" "$high"

again 10.3 "grep -n $(tail -n 1 "$dir/used") $script"
used=$(sort -u "$dir/used" | tr '\n' ' ')
seen="it runs ${used}which reads /proc for you"
case " $used" in
*' stat '*) seen="it runs stat: the time of the folder /proc/PID is when somebody
       first looked at it, not when the process was started" ;;
esac
expect proc-alone "$seen" [ -z "$used" ]
conclude
