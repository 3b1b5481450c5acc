#!/bin/sh
# A line every 200 ms: each arrives as soon as it is written.
echo "Content-Type: text/plain"
echo
for line in 1 2 3 4 5 6 7 8 9 10; do
    echo "line $line"
    sleep 0.2
done
