# bench-lib.sh - what the benchmarks share (sourced, after lib.sh): servers that
# take turns, and the CPU time of each with all its children.
# shellcheck shell=sh disable=SC2034,SC2154 # names for whoever sources it

servers= # that take turns, in this order

end_servers() {
    for name in $servers; do
        eval "kill \$pid_$name 2>/dev/null || true"
        eval "wait \$pid_$name 2>/dev/null || true"
    done
    servers=
}

clean_up() {
    end_servers
    [ -z "$dir" ] || rm -rf "$dir"
}

# Sets dir, which goes when the script ends, however it ends.
make_dir() {
    dir=
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
    dir=$(mktemp -d)
}

free_port() {
    python3 -c 'import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])'
}

# answers_or_ended PORT PID: whoever sources this says which $page is asked for.
answers_or_ended() {
    curl -s -f -o /dev/null "http://127.0.0.1:$1$page" || ! kill -0 "$2"
}

# join NAME PORT PID: one more that takes its turn.
join() {
    if wait_until 100 answers_or_ended "$2" "$3" 2>/dev/null &&
        kill -0 "$3" 2>/dev/null; then
        eval "port_$1=$2 pid_$1=$3"
        servers="$servers $1"
    else
        kill "$3" 2>/dev/null || true
        wait "$3" 2>/dev/null || true
        echo "$1 did not start, left out" >&2
    fi
}

# join_peer NAME PROGRAM [ARGUMENT...]: it was told $port.
join_peer() {
    name=$1
    shift
    "$@" >"$dir/$name.log" 2>&1 &
    join "$name" "$port" $!
}

# write_lighttpd_conf ROOT [LINE...]: at $port.
write_lighttpd_conf() {
    {
        echo 'server.bind = "127.0.0.1"'
        echo "server.port = $port"
        echo "server.document-root = \"$1\""
        shift
        printf '%s\n' "$@"
    } >"$dir/lighttpd.conf"
}

# write_apache2_conf ROOT MODULES [LINE...]: at $port, as a user who is not root
# where it could be.
write_apache2_conf() {
    from=$(command -v apache2)
    from=${from%/sbin/*}/lib/apache2/modules
    {
        cat <<END
ServerRoot $dir
ServerName localhost
PidFile $dir/apache2.pid
ErrorLog $dir/apache2.err
DefaultRuntimeDir $dir
User #65534
Group #65534
Listen 127.0.0.1:$port
DocumentRoot $1
END
        for module in authz_core $2; do
            echo "LoadModule ${module}_module $from/mod_$module.so"
        done
        shift 2
        printf '%s\n' "$@"
    } >"$dir/apache2.conf"
}

# cpu_ticks PID: user and system time of PID and all its descendants, and of
# those of them that have been waited for.
cpu_ticks() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" '
        { pid = $1
          sub(/^.*\) /, "")
          parent[pid] = $2
          ticks[pid] = $12 + $13 + $14 + $15 }
        END {
            for (pid in parent) {
                for (at = pid; at in parent && at != root; at = parent[at])
                    continue
                if (at == root)
                    sum += ticks[pid]
            }
            print sum + 0
        }'
}

# For awk: the median of list[1] ... list[n], which is sorted then.
statistics='
    function sort(list, n,    i, j, kept) {
        for (i = 2; i <= n; i++) {
            kept = list[i]
            for (j = i - 1; j > 0 && list[j] > kept; j--)
                list[j + 1] = list[j]
            list[j + 1] = kept
        }
    }
    function median(list, n) {
        sort(list, n)
        return n % 2 ? list[(n + 1) / 2] \
                     : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function spread(list, n) {
        return sprintf("(%.2f-%.2f)", list[1], list[n])
    }'
