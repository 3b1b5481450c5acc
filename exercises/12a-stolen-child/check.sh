#!/bin/sh
# check.sh - does the gateway know how its programs end, and is nobody left?
. "$(dirname "$0")/../lib.sh"

observations='starts answers exit-statuses signals all-noted no-zombies'
requests=200

mkdir "$dir/own"
cat >"$dir/own/exit" <<'END'
#!/bin/sh
exit "$QUERY_STRING"
END
cat >"$dir/own/die" <<'END'
#!/bin/sh
kill -"$QUERY_STRING" $$
END
cat >"$dir/own/dawdle" <<'END'
#!/bin/sh
sleep 0.5
printf 'Content-Type: text/plain\n\nawake\n'
END
chmod +x "$dir/own"/*

start_graded 2a --quiet --cgi /cgi-bin=part2/cgi-bin --cgi "/own=$dir/own"
url=http://127.0.0.1:$port

# get URL: curl makes 200 URLs of "?[1-200]". What the client gets does not
# matter here, only that it does not wait for ever.
get() {
    curl -s --max-time 60 "$url$1" >"$dir/got" 2>"$dir/said"
}

again 12.4 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/hello.sh localhost:8080/hello.txt"
get /cgi-bin/hello.sh
program=$(cat "$dir/got")
get /hello.txt
both_answer() {
    [ "${program#Hello}" != "$program" ] && cmp -s "$dir/got" www/hello.txt
}
expect answers "the program says \"$program\", the file \"$(cat "$dir/got")\"" \
    both_answer

# Each program ends in a way of its own, so that none can be guessed.
get "/own/exit?[1-$requests]"
again 12.4 "make try EX=$exercise, and elsewhere:
         curl 'localhost:8080/cgi-bin/exit3?[1-20]'
       and count \"exited with status 3\" in what the server says"
seq "$requests" >"$dir/wanted"
sed -n 's/.*cgi exit: exited with status \([0-9]*\) .*/\1/p' "$log" \
    >"$dir/known"
known=$(grep -cxFf "$dir/wanted" "$dir/known")
expect exit-statuses "of $requests exit statuses, $known are known" \
    cmp -s "$dir/known" "$dir/wanted"

again 12.4 "make try EX=$exercise, and elsewhere:
         curl localhost:8080/cgi-bin/segv
       and look for \"killed by signal\" in what the server says"
get '/own/die?{9,11,15}'
known=$(sed -n 's/.*cgi die: killed by signal \([0-9]*\) .*/\1/p' "$log" |
    tr '\n' ' ')
expect signals "killed by 9, 11 and 15; known are: ${known:-none}" \
    [ "$known" = '9 11 15 ' ]

# Many clerks die while the gateway waits for one program; and the last one
# dies when no request will come any more.
get '/own/exit?[1-10]'
get /own/dawdle
asked=$((requests + 16))
all_noted() {
    [ "$(grep -c 'noted: ' "$log")" -eq "$asked" ]
}
wait_until 50 all_noted
all_buried
buried=$?
again 12.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 20 localhost:8080/hello.txt
       and count \"noted\" in what the server says"
noted=$(grep -c 'noted: ' "$log")
expect all-noted "of $asked answers the clerks noted $noted" \
    all_noted
again 12.1 "make try EX=$exercise, and elsewhere:
         build/flood -n 20 localhost:8080/cgi-bin/hello.sh
         scripts/zombies PID"
expect no-zombies "$(zombies) zombies, long after the last answer" \
    [ $buried -eq 0 ]
conclude
