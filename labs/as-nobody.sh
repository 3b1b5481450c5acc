# as-nobody.sh - for labs that let a stage run out of processes (sourced after
# lib.sh, POSIX sh): the stage runs as an ordinary user, under a limit.
# shellcheck shell=sh disable=SC2154 # lab_dir is set by lib.sh

# start_limited N STAGE [OPTION...]: as start_stage, but the stage and its
# children may be N processes. What stands in $build is started.
start_limited() {
    limited=$(program_of "$2") || exit 1
    why=$(scripts/can nobody) || skip "$why"
    why=$(scripts/as-nobody "$limited" --usage 2>&1) || skip "$why"
    as_nobody=$lab_dir/$(basename "$limited")
    printf '#!/bin/sh\nexec scripts/as-nobody -u %d "%s" "$@"\n' \
        "$1" "$limited" >"$as_nobody"
    chmod +x "$as_nobody"
    unlimited=$build
    build=$lab_dir
    shift
    start_stage "$@"
    build=$unlimited
}
