#!/bin/sh
# bench.sh - what a request costs, as ratios: instructions that are counted,
# and CPU time of servers that take turns under the same load.
set -eu

cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/bench-lib.sh

usage() {
    cat <<'END'
Usage: scripts/bench.sh [--json] [--rounds=N] [PART...]
Measures what a request costs. The parts; without any, all three:
  parse  instructions to read a browser's request: ours, and http-parser's alone
  load   CPU a kept-alive request for 1 KiB: 1c, with its deadlines, checks and
         the file looked at each time, but no line of log; "fixed", a loop that
         reads and writes a fixed answer of the same size, and nothing else;
         and "file", one that opens, reads and closes the file each time besides
  peers  the same load on 3e with two workers, and on other servers as far as
         they are installed: apache2 (prefork, two workers), nginx, lighttpd,
         busybox httpd, python3 -m http.server; they too log no requests, but
         for the last, which cannot be told
Options:
  --json      one line of JSON for each row, not the table
  --rounds=N  let the servers take N turns (5)
Times depend on the machine and on what else it does; ratios within one run
much less. So compare ratios, and look at how far the rounds lie apart.
END
}

json=no rounds=5 parts=
for argument; do
    case $argument in
    --json) json=yes ;;
    --rounds=[1-9] | --rounds=[1-9][0-9]) rounds=${argument#*=} ;;
    parse | load | peers) parts="$parts $argument" ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
    esac
done
[ -n "$parts" ] || parts='parse load peers'
wants() {
    case " $parts " in *" $1 "*) true ;; *) false ;; esac
}

page=/page.txt
workers=2 # of 3e and apache2
make_dir

# --- Instructions ------------------------------------------------------------

# count_instructions ours|bare COUNT: of a whole run, as callgrind counts them.
# Stripped, because older valgrinds stumble over newer debug information.
count_instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$dir/parse" "$1" "$2" 2>&1 | sed -n 's/.*Collected : //p'
}

# What 1000 requests more cost more, a request.
instructions_each() {
    few=$(count_instructions "$1" 100)
    many=$(count_instructions "$1" 1100)
    [ -n "$few$many" ] || fail "valgrind counted nothing"
    echo $(((many - few) / 1000))
}

bench_parse() {
    if ! command -v valgrind >/dev/null; then
        echo "parse: skipped, valgrind is not installed" >&2
        return
    fi
    strip -o "$dir/parse" "$build/bench/parse"
    bare=$(instructions_each bare)
    ours=$(instructions_each ours)
    awk -v bare="$bare" -v ours="$ours" -v json="$json" 'BEGIN {
        if (json == "yes") {
            printf "{\"part\":\"parse\",\"name\":\"request_feed\"," \
                "\"instructions\":%d,\"bare\":%d,\"ratio\":%.3f}\n", ours,
                bare, ours / bare
            exit
        }
        print "Instructions to read one browser'\''s request (callgrind)"
        printf "  %-22s %8d\n", "http-parser alone", bare
        printf "  %-22s %8d   %.2f times as many; at most 2 are allowed\n",
            "request_feed + reset", ours, ours / bare
    }'
}

# --- Servers -----------------------------------------------------------------

# The file that all serve. The directory must be readable for those who give
# up being root.
make_site() {
    mkdir "$dir/site"
    awk 'BEGIN { for (i = 0; i < 16; i++) printf "%063d\n", i }' \
        >"$dir/site/page.txt"
    chmod -R a+rX "$dir"
}

# join_ours NAME PROGRAM [ARGUMENT...]: it finds a port and tells us.
join_ours() {
    name=$1
    shift
    : >"$dir/$name.log"
    "$@" 2>"$dir/$name.log" &
    pid=$!
    wait_until 50 grep -q 'listening on' "$dir/$name.log" ||
        fail "$name did not start"
    join "$name" "$(sed -n 's/.*http:.*:\([0-9]*\)\/.*/\1/p' \
        "$dir/$name.log")" "$pid"
}

start_nginx() {
    cat >"$dir/nginx.conf" <<END
daemon off;
master_process off;
error_log $dir/nginx.err;
pid $dir/nginx.pid;
events { }
http {
    access_log off;
    sendfile on;
    keepalive_requests 100000000;
    client_body_temp_path $dir; proxy_temp_path $dir; fastcgi_temp_path $dir;
    uwsgi_temp_path $dir; scgi_temp_path $dir;
    types { text/plain txt; }
    server { listen 127.0.0.1:$port; root $dir/site; }
}
END
    join_peer nginx nginx -c "$dir/nginx.conf" -e "$dir/nginx.err"
}

start_lighttpd() {
    write_lighttpd_conf "$dir/site" 'server.max-keep-alive-requests = 65535' \
        'mimetype.assign = ( ".txt" => "text/plain" )'
    join_peer lighttpd lighttpd -D -f "$dir/lighttpd.conf"
}

# As 3e: processes made beforehand, each with one connection at a time. In a
# group of its own: when it ends it sends TERM to all of its group.
start_apache2() {
    write_apache2_conf "$dir/site" 'mpm_prefork mime' 'TypesConfig /dev/null' \
        'AddType text/plain .txt' "StartServers $workers" \
        "MinSpareServers $workers" "MaxSpareServers $workers" \
        "MaxRequestWorkers $workers" 'MaxKeepAliveRequests 0'
    join_peer apache2 setsid apache2 -f "$dir/apache2.conf" -D FOREGROUND
}

start_busybox() {
    join_peer busybox busybox httpd -f -p "127.0.0.1:$port" -h "$dir/site"
}

start_python() {
    join_peer python python3 -m http.server --bind 127.0.0.1 \
        --directory "$dir/site" "$port"
}

start_peers() {
    PATH=$PATH:/usr/sbin:/sbin
    for peer in apache2 nginx lighttpd busybox python3; do
        if command -v "$peer" >/dev/null; then
            port=$(free_port)
            "start_${peer%3}"
        else
            echo "$peer is not installed, left out" >&2
        fi
    done
}

# --- Turns -------------------------------------------------------------------

# take_turn NAME COUNT: prints "NAME ticks answered connections seconds".
take_turn() {
    eval "port=\$port_$1 pid=\$pid_$1"
    before=$(cpu_ticks "$pid")
    "$build/flood" --json -k -c 1 -n "$2" "127.0.0.1:$port$page" \
        >"$dir/flood" || fail "$1 did not answer all: $(cat "$dir/flood")"
    after=$(cpu_ticks "$pid")
    echo "$1 $((after - before)) $2 $(sed \
        's/.*"connections":\([0-9]*\).*"seconds":\([0-9.]*\).*/\1 \2/' \
        "$dir/flood")"
}

# How many requests last about a second, so that a tick of a hundredth matters
# little, and nobody waits for the slow.
find_count() {
    take_turn "$1" 500 >/dev/null
    take_turn "$1" 500 | awk '{ n = int($3 / ($5 + 0.001))
        print (n > 100000 ? 100000 : n < 500 ? 500 : n) }'
}

take_turns() {
    for name in $servers; do
        eval "count_$name=$(find_count "$name")"
    done
    for _ in $(seq "$rounds"); do
        for name in $servers; do
            eval "take_turn $name \$count_$name"
        done
    done >"$dir/turns"
}

# Each round has its own ratios; told are the median of all rounds and how far
# they lie apart.
report_turns() {
    awk -v json="$json" -v hertz="$(getconf CLK_TCK)" "$statistics"'
        {
            if (!($1 in turns))
                names[++count] = $1
            turn = ++turns[$1]
            cpu[$1, turn] = ($2 > 0 ? $2 : 0.5) / hertz / $3 * 1e6
            rate[$1, turn] = $3 / $5
            kept[$1] = $4 < $3
        }
        END {
            if (json != "yes") {
                print "1 KiB over one kept connection, " turns["fixed"] \
                    " rounds in turn; ratios to the fixed answer"
                print "  (1c looks at its file for each request, and logs none)"
                printf "  %-9s %8s %7s %-15s %10s %7s %s\n", "", "CPU us",
                    "ratio", "(spread)", "requests/s", "ratio", "(spread)"
            }
            for (i = 1; i <= count; i++)
                report(names[i])
            if (json != "yes")
                print "  1c: " ours "; wanted are 1.25"
        }
        function report(name,    i, n, c, r, f, a, b, us, persec) {
            n = turns[name]
            for (i = 1; i <= n; i++) {
                a[i] = cpu[name, i]
                b[i] = rate[name, i]
                c[i] = a[i] / cpu["fixed", i]
                r[i] = b[i] / rate["fixed", i]
                f[i] = a[i] / cpu["file", i]
            }
            us = median(a, n)
            persec = median(b, n)
            sort(c, n)
            sort(r, n)
            sort(f, n)
            if (name == "1c")
                ours = sprintf("%.2f times the CPU of fixed, %.2f times " \
                    "that of file", median(c, n), median(f, n))
            if (json == "yes")
                printf "{\"part\":\"load\",\"name\":\"%s\",\"cpu_us\":%.2f," \
                    "\"cpu_ratio\":%.3f,\"cpu_ratio_min\":%.3f," \
                    "\"cpu_ratio_max\":%.3f,\"cpu_to_file\":%.3f," \
                    "\"cpu_to_file_min\":%.3f," \
                    "\"requests_per_second\":%.0f," \
                    "\"rate_ratio\":%.3f,\"kept_alive\":%s}\n", name, us,
                    median(c, n), c[1], c[n], median(f, n), f[1], persec,
                    median(r, n),
                    kept[name] ? "true" : "false"
            else
                printf "  %-9s %8.2f %7.2f %-15s %10.0f %7.2f %-13s%s\n",
                    name, us, median(c, n), spread(c, n), persec,
                    median(r, n), spread(r, n),
                    kept[name] ? "" : " a connection each"
        }' "$dir/turns"
}

bench_load() {
    make_site
    join_ours 1c "$build/1c_iterative" --port 0 --root "$dir/site" --quiet
    # shellcheck disable=SC2154 # set by join
    curl -s -i "http://127.0.0.1:$port_1c/page.txt" >"$dir/answer"
    join_ours fixed "$build/bench/fixed_answer" "$dir/answer"
    join_ours file "$build/bench/fixed_answer" "$dir/answer" \
        "$dir/site/page.txt"
    if wants peers; then
        join_ours 3e "$build/3e_supervised" --workers "$workers" --port 0 \
            --root "$dir/site" --quiet
        start_peers
    fi
    take_turns
    report_turns
}

! wants parse || bench_parse
if wants load || wants peers; then
    bench_load
fi
