#!/bin/sh
# Lab 18.1 knees: who computes needs processors; who waits needs workers.
. "$(dirname "$0")/../lib.sh"

show scripts/sweep.sh --tsv "$lab_dir/sweep.tsv"
verdict 'computing ends at 2 processors, waiting at 32 clients' \
    awk -f labs/knees/knees.awk "$lab_dir/sweep.tsv"
