#!/bin/sh
# Lab 7.1 environ: what a program is told, and what it must not hear.
. "$(dirname "$0")/../lib.sh"

# ask_for_variables: what the program `env` says of a request that has all.
ask_for_variables() {
    curl -s -d hello -H 'Content-Type: text/x-own' -H 'X-Own: one' \
        -H 'X-Own: two' -H 'Proxy: http://evil/' -H 'X_Trusted: fake' \
        -H 'Authorization: Basic bWU6c2VjcmV0' \
        "http://localhost:$port/cgi-bin/env/more%20path?a=b%20c" \
        >"$lab_dir/env" || fail 'no answer'
}

export OF_THE_SERVER=secret # a program is not to inherit it
start_stage 2a --quiet --cgi /cgi-bin=part2/cgi-bin
ask_for_variables

# Those of the table in 7.1, in its order.
cat >"$lab_dir/wanted" <<END
REQUEST_METHOD=POST
REQUEST_URI=/cgi-bin/env/more%20path?a=b%20c
SCRIPT_NAME=/cgi-bin/env
PATH_INFO=/more path
QUERY_STRING=a=b%20c
CONTENT_LENGTH=5
CONTENT_TYPE=text/x-own
HTTP_X_OWN=one, two
SERVER_NAME=localhost
SERVER_PORT=$port
SERVER_PROTOCOL=HTTP/1.1
REMOTE_ADDR=127.0.0.1
GATEWAY_INTERFACE=CGI/1.1
END
told=0 missing=
while IFS= read -r variable; do
    if grep -qxF -- "$variable" "$lab_dir/env"; then
        told=$((told + 1))
        seen "$variable"
    else
        missing="$missing ${variable%%=*}"
    fi
done <"$lab_dir/wanted"

# told_too: what no program should hear of, and is told all the same.
told_too() {
    grep -o -e '^OF_THE_SERVER' -e '^HTTP_X_TRUSTED' -e '^HTTP_AUTHORIZATION' \
        -e '^HTTP_PROXY' "$lab_dir/env" | paste -s -d ' ' -
}
good=$(told_too)
stop_stage

start_twin 2a --quiet --cgi /cgi-bin=part2/cgi-bin
ask_for_variables
bad=$(told_too)
stop_stage
seen "and told what nobody should hear: 2a ${good:-nothing}, twin $bad"

as_in_the_table() {
    [ -z "$missing" ] && [ "$told" -eq 13 ] && [ -z "$good" ] &&
        [ "$bad" = 'HTTP_AUTHORIZATION HTTP_PROXY' ]
}
verdict "$told variables as in the table; the twin lets two more through" \
    as_in_the_table
