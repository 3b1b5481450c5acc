#!/bin/sh
# greet.sh - the greeting as a CGI program: variables in, a header and text out.
printf 'Content-Type: text/plain\n\n'
printf 'Hello! You asked: %s %s\n' "$REQUEST_METHOD" "$PATH_INFO"
