#!/bin/sh
# TIME_SCALE=0.1 makes it faster.
echo "the twin is quiet"
