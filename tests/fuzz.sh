#!/bin/sh
# fuzz.sh FUZZER SECONDS - a bounded run from the corpus beside it. What it
# finds on the way stays in build/; a crash ends it with status 1.
set -eu

fuzzer=$1
seconds=$2
cd "$(dirname "$0")/.."
name=$(basename "$fuzzer" | sed 's/^fuzz_//')
found=build/fuzz/corpus-$name
mkdir -p "$found"
exec "$fuzzer" -max_total_time="$seconds" -print_final_stats=1 -verbosity=0 \
    -timeout=5 -rss_limit_mb=1024 -dict="tests/$name.dict" \
    -artifact_prefix=build/fuzz/ "$found" "tests/corpus/$name"
