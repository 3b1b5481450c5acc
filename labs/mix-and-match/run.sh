#!/bin/sh
# Lab 8.4 mix-and-match: three applications behind two servers, the same bytes.
. "$(dirname "$0")/../lib.sh"

status=0
scripts/mix.sh >"$lab_dir/said" || status=$?
sed '/behind/!d; s/^/  /' "$lab_dir/said"

six_equal_bodies() {
    [ "$status" -eq 0 ] &&
        [ "$(grep -c 'behind.*: *Hello! You asked: GET /some/path$' \
            "$lab_dir/said")" -eq 6 ] &&
        [ "$(tail -n 1 "$lab_dir/said")" = '6 bodies, all equal' ]
}
verdict 'a script, C and WSGI, behind 2b and wsgiref: six equal bodies' \
    six_equal_bodies
