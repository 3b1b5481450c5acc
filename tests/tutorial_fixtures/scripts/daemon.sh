#!/bin/bash
# Leaves a server behind that has no terminal and no parent.
here=$(dirname "$0")
setsid "$here/../build/serve" --port "$1" >/dev/null 2>&1 </dev/null &
until "$here/ask.sh" "$1" you 2>/dev/null; do sleep 0.05; done
