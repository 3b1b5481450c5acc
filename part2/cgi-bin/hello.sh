#!/bin/sh
# The smallest useful CGI program: a header, an empty line, a body.
echo "Content-Type: text/plain"
echo
echo "Hello from a shell script, process $$."
