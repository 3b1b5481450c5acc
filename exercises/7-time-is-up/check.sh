#!/bin/sh
# check.sh - does a program end when its time is up, with all it started?
. "$(dirname "$0")/../lib.sh"

observations='starts answers obedient deaf may-tidy its-children deaf-children
    no-zombies goes-on'

# own NAME: a program from standard input, in a folder of its own: that is
# where all that it starts are, so they can be told from all others.
own=$(cd "$dir" && pwd -P)/own
own() {
    mkdir -p "$own/$1"
    { echo '#!/bin/sh' && cat; } >"$own/$1/run"
    chmod +x "$own/$1/run"
}
own obedient <<'END'
touch ready
exec sleep 1000
END
own deaf <<'END'
trap '' TERM
touch ready
while :; do sleep 1; done
END
own tidy <<'END'
trap 'sleep 0.3; touch tidied; exit 1' TERM
touch ready
while :; do sleep 0.1; done
END
own family <<'END'
sleep 1000 &
sh -c 'sleep 1000 & touch ready; wait' &
wait
END
own deaf-children <<'END'
(trap '' TERM; touch ready; while :; do sleep 1; done) &
exec sleep 1000
END

# living NAME: the processes of that program that are not dead.
living() {
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$own/$1" 2>/dev/null |
        sed 's/[^0-9]//g'
}
are_dead() {
    for pid; do
        is_dead "$pid" || return 1
    done
}
end_living() {
    for pid in $(living '*'); do
        kill -KILL "$pid" 2>/dev/null
    done
}
end_by 'end_living; clean_up'

# A signal to a whole group must not reach us, whatever group it is.
in_front=setsid
start() {
    start_graded 2a --quiet --cgi /cgi-bin=part2/cgi-bin --cgi "/own=$own" \
        --cgi-timeout 1
    url=http://127.0.0.1:$port
}

answers() {
    curl -s --max-time 5 "$url/cgi-bin/hello.sh" | grep -q '^Hello from'
}

# A run that has lost its server to one observation goes on with another.
lost=0
need_server() {
    is_dead "$server" || ! answers || return 0
    ! is_dead "$server" || lost=$((lost + 1))
    stop_graded
    end_living
    start
}

# time_out NAME: ask for a program until its time is up. Sets status. (Again if
# the machine was so busy that the program had no time to begin.)
time_out() {
    need_server
    for _ in 1 2 3; do
        rm -f "$own/$1/ready"
        status=$(curl -s --max-time 6 -o /dev/null -w '%{http_code}' \
            "$url/own/$1/run")
        [ ! -e "$own/$1/ready" ] || break
    done
    # shellcheck disable=SC2046 # one word a process
    wait_until 20 are_dead $(living "$1")
    left=$(living "$1" | wc -l)
    told="the client read status $status; $left processes of it live on"
}
is_over() {
    [ "$status" = 504 ] && [ "$left" -eq 0 ]
}

start
again 7.1 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/hello.sh"
expect answers 'hello.sh is not answered' answers

again 7.3 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/forever     (which is deaf to TERM)"
time_out obedient
expect obedient "one that ends by SIGTERM: $told" is_over
time_out deaf
expect deaf "one that ignores SIGTERM: $told" is_over

has_tidied() {
    is_over && [ -e "$own/tidy/tidied" ]
}
time_out tidy
expect may-tidy "one that tidies for 0.3 s at SIGTERM was not given the time
       ($told)" has_tidied

again 7.3 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/forever; ps -ef | grep 'sleep 1000'"
time_out family
expect its-children "one that has started others: $told" is_over
time_out deaf-children
expect deaf-children "one that ends, with a child that ignores SIGTERM: $told" \
    is_over

again 10.1 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/forever; scripts/zombies PID"
need_server
wait_until 20 has_children "$server" 0
expect no-zombies "$(zombies) zombies, long after the last answer" \
    has_children "$server" 0

is_well() {
    answers && [ "$lost" -eq 0 ]
}
again 7.3 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/forever localhost:8080/cgi-bin/hello.sh"
expect goes-on "the server itself died $lost times" is_well
conclude
