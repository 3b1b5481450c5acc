#!/bin/sh
# bench-gateways.sh - what it costs to let a program answer: CPU time a request
# of servers that take turns under the same load.
set -eu

cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/bench-lib.sh

# Who takes part: name | command. A command is told PORT, where the samples or
# programs are (WSGI, DIR), and for WSGI which application (APP). The first of
# the kit's that starts is what the others are compared with.
of_stage='--port PORT --quiet --wsgi-path WSGI --wsgi /=APP'
wsgi_servers="2c|$build/2c_wsgi $of_stage
3c|$build/3c_fork_wait_loop $of_stage
3e|$build/3e_supervised --workers 2 $of_stage
gunicorn|gunicorn --workers 2 --bind 127.0.0.1:PORT --chdir WSGI APP
uwsgi|uwsgi --master --processes 2 --http-socket 127.0.0.1:PORT \
--plugin python3 --pythonpath WSGI --need-app --die-on-term \
--disable-logging --module APP"
cgi_servers="2a|$build/2a_cgi --port PORT --quiet --cgi /cgi-bin=DIR/cgi-bin
lighttpd|lighttpd -D -f DIR/lighttpd.conf
apache2|apache2 -f DIR/apache2.conf -D FOREGROUND
busybox|busybox httpd -f -p 127.0.0.1:PORT -h DIR"
ours='2a 2c 3c 3e'

usage() {
    cat <<'END'
Usage: scripts/bench-gateways.sh [OPTION...] [PART...]
Measures what it costs to let a program answer "Hello, world.", a connection
each, two at a time. The parts; without any, all:
  plain   a WSGI application without a framework
  flask   one that uses Flask
  django  one that uses Django, with the middleware of a usual site
  c       a CGI program in C
  sh      a CGI program that is a shell script
Options:
  --json        one line of JSON for each row, not the table
  --requests=N  a turn is N requests (500)
  --rounds=N    let the servers take N turns (5)
Compared are the kit's stages (2a for CGI, 2c and later for WSGI), gunicorn and
uwsgi with two processes; lighttpd, apache2 (mod_cgid) and busybox httpd: as
far as they are installed. Counted is the CPU time of a server with all its
children. Times depend on the machine; ratios within one run much less.
END
}

json=no rounds=5 requests=500 parts=
for argument; do
    case $argument in
    --json) json=yes ;;
    --rounds=[1-9] | --rounds=[1-9][0-9]) rounds=${argument#*=} ;;
    --requests=[1-9]*[!0-9]*) usage >&2 && exit 64 ;;
    --requests=[1-9]*) requests=${argument#*=} ;;
    plain | flask | django | c | sh) parts="$parts $argument" ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
    esac
done
[ -n "$parts" ] || parts='plain flask django c sh'
PATH=$PATH:/usr/sbin:/sbin
make_dir

# --- CPU time ----------------------------------------------------------------

# A perf counter knows about every child. Where the kernel lets us have none,
# /proc must do, which knows those that were waited for.
meter=$build/bench/cpu_meter
"$meter" "$dir/meter" true 2>/dev/null || meter=

# metered NAME COMMAND...: become the command.
metered() {
    name=$1
    shift
    [ -z "$meter" ] || exec "$meter" "$dir/$name.cpu" "$@"
    exec "$@"
}

# ignores_children PID: so that their time is in /proc for nobody.
ignores_children() {
    ignored=$(sed -n 's/^SigIgn:.*\(.....\)$/\1/p' "/proc/$1/status")
    [ $((0x$ignored & 0x10000)) -ne 0 ]
}

has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# cpu_us NAME: of the server and its children until now, in microseconds.
# shellcheck disable=SC2154 # pid is set by eval
cpu_us() {
    eval "pid=\$pid_$1"
    if [ -z "$meter" ]; then
        ticks=$(cpu_ticks "$pid")
        echo $((ticks * 1000000 / $(getconf CLK_TCK)))
        return
    fi
    lines=$(wc -l <"$dir/$1.cpu")
    kill -USR1 "$pid"
    wait_until 50 has_lines "$dir/$1.cpu" $((lines + 1)) ||
        fail "nobody measures $1"
    ns=$(tail -n 1 "$dir/$1.cpu")
    echo $((ns / 1000))
}

# --- Servers -----------------------------------------------------------------

make_programs() {
    mkdir "$dir/cgi-bin"
    cp "$build/bench/cgi_hello" "$dir/cgi-bin/hello"
    cat >"$dir/cgi-bin/hello.sh" <<'END'
#!/bin/sh
echo "Content-Type: text/plain"
echo
echo "Hello, world."
END
    chmod -R a+rX "$dir"
    chmod a+x "$dir/cgi-bin/hello.sh"
}

configure_lighttpd() {
    write_lighttpd_conf "$dir" 'server.modules = ( "mod_cgi" )' \
        "\$HTTP[\"url\"] =~ \"^/cgi-bin/\" { cgi.assign = ( \"\" => \"\" ) }"
}

configure_apache2() {
    write_apache2_conf "$dir" 'mpm_event alias cgid' \
        "ScriptSock $dir/cgid.sock" "ScriptAlias /cgi-bin/ $dir/cgi-bin/"
}

# is_there NAME PROGRAM: and if it is a stage, it has this gateway.
is_there() {
    command -v "$2" >/dev/null || return 1
    case " $ours " in
    *" $1 "*) "$2" --help | grep -q -- "--$gateway=" ;;
    esac
}

# start NAME COMMAND: one of the table.
start() {
    if ! is_there "$1" "${2%% *}"; then
        missing="$missing $1"
        return
    fi
    port=$(free_port)
    case $1 in lighttpd | apache2) "configure_$1" ;; esac
    command=$(echo "$2" | sed -e "s|PORT|$port|g" -e "s|APP|$app|g" \
        -e "s|DIR|$dir|g" -e "s|WSGI|part2/wsgi|g")
    # shellcheck disable=SC2086 # a command of several words
    join_peer "$1" metered "$1" $command
}

# A server whose children's time would be missing is not compared.
drop_uncounted() {
    [ -z "$meter" ] || return 0
    kept=
    for name in $servers; do
        eval "pid=\$pid_$name"
        if [ "$name" = apache2 ] || ignores_children "$pid"; then
            uncounted="$uncounted $name"
            kill "$pid"
            wait "$pid" 2>/dev/null || true
        else
            kept="$kept $name"
        fi
    done
    servers=$kept
}

# start_all TABLE
start_all() {
    IFS='
'
    for row in $1; do
        unset IFS
        start "${row%%|*}" "${row#*|}"
    done
    unset IFS
    drop_uncounted
}

# --- Turns -------------------------------------------------------------------

# take_turn NAME: prints "NAME microseconds errors".
take_turn() {
    eval "port=\$port_$1"
    before=$(cpu_us "$1")
    "$build/flood" --json -c 2 -n "$requests" "127.0.0.1:$port$page" \
        >"$dir/flood" || true
    after=$(cpu_us "$1")
    good=$(sed 's/.*"status_2xx":\([0-9]*\).*/\1/' "$dir/flood")
    echo "$1 $((after - before)) $((requests - good))"
}

take_turns() {
    for name in $servers; do
        take_turn "$name" >/dev/null # to warm up
    done
    for _ in $(seq "$rounds"); do
        for name in $servers; do
            take_turn "$name"
        done
    done >"$dir/turns"
}

# Each round has its own ratios to the yardstick; told is their median.
report_turns() {
    awk -v json="$json" -v part="$1" -v title="$2" -v requests="$requests" \
        -v ours="$ours" "$statistics"'
        {
            if (!($1 in turns))
                names[++count] = $1
            turn = ++turns[$1]
            cpu[$1, turn] = $2 / requests
            errors[$1] += $3
        }
        END {
            split(ours, stages, " ")
            yardstick = names[1]
            for (i = 1; i in stages; i++)
                if (stages[i] in turns && !(yardstick in is_ours)) {
                    yardstick = stages[i]
                    is_ours[yardstick]
                }
            if (json != "yes")
                printf "%s\n  %-9s %10s  %-15s %7s  %-13s %6s\n", title, "",
                    "CPU us", "(spread)", "ratio", "to " yardstick, "errors"
            for (i = 1; i <= count; i++)
                report(names[i])
        }
        function report(name,    i, n, us, ratio, middle) {
            n = turns[name]
            for (i = 1; i <= n; i++) {
                us[i] = cpu[name, i]
                ratio[i] = us[i] / cpu[yardstick, i]
            }
            middle = median(ratio, n)
            if (json == "yes")
                printf "{\"part\":\"%s\",\"name\":\"%s\",\"cpu_us\":%.1f," \
                    "\"cpu_ratio\":%.3f,\"to\":\"%s\",\"errors\":%d}\n", part,
                    name, median(us, n), middle, yardstick, errors[name]
            else
                printf "  %-9s %10.0f  %-15s %7.2f  %-13s %6d\n", name,
                    median(us, n), whole(us, n), middle, spread(ratio, n),
                    errors[name]
        }
        function whole(list, n) {
            sort(list, n)
            return sprintf("(%.0f-%.0f)", list[1], list[n])
        }' "$dir/turns"
}

# compare PART TITLE TABLE: one group of servers, from start to end.
compare() {
    start_all "$3"
    if [ -n "$servers" ]; then
        take_turns
        report_turns "$1" "$2"
    fi
    end_servers
}

# compare_wsgi PART TITLE MODULE:CALLABLE
compare_wsgi() {
    page=/hello gateway=wsgi app=$3
    compare "$1" "WSGI, $2" "$wsgi_servers"
}

# compare_cgi PART TITLE PROGRAM
compare_cgi() {
    page=/cgi-bin/$3 gateway=cgi app=''
    compare "$1" "CGI, $2" "$cgi_servers"
}

run_part() {
    case $1 in
    plain) compare_wsgi plain 'no framework' plain:app ;;
    flask) compare_wsgi flask Flask flask_app:app ;;
    django)
        part2/wsgi/django_site/prepare.py >/dev/null
        compare_wsgi django Django django_site.wsgi:application
        ;;
    c) compare_cgi c 'a C program' hello ;;
    sh) compare_cgi sh 'a shell script' hello.sh ;;
    esac
}

# tell_once WHAT NAMES
tell_once() {
    [ -z "$2" ] || echo "$1: $(echo "$2" | tr ' ' '\n' | sort -u | xargs)" >&2
}

export DJANGO_DATA="$dir/django" FLASK_SECRET_KEY=bench
missing=''
uncounted=''
make_programs
for part in $parts; do
    run_part "$part"
done
tell_once 'not there, left out' "$missing"
tell_once 'their CPU time cannot be counted here, left out' "$uncounted"
