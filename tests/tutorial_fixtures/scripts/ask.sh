#!/bin/bash
# Says a word to a server and prints the answer: ask.sh [--twice] PORT WORD
times=1
if [ "$1" = --twice ]; then times=2; shift; fi
while [ $times -gt 0 ]; do
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    echo "$2" >&3
    cat <&3
    times=$((times - 1))
done
