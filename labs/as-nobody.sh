# as-nobody.sh - for labs that let a stage run out of processes (sourced after
# lib.sh, POSIX sh): the stage runs as an ordinary user, under a limit.
# shellcheck shell=sh disable=SC2154 # lab_dir is set by lib.sh

# Pages that an ordinary user can read, wherever this folder is.
publish_pages() {
    chmod a+x "$lab_dir"
    [ -d "$lab_dir/www" ] || cp -r www "$lab_dir/www"
    chmod -R a+rX "$lab_dir/www"
}

# start_limited N PROGRAM [OPTION...]: as start_stage, but the program and its
# children may be N processes.
start_limited() {
    limit=$1
    program=$2
    shift 2
    need nobody
    why=$(scripts/as-nobody "$program" --usage 2>&1) || skip "$why"
    publish_pages
    start_program scripts/as-nobody -u "$limit" "$program" --port 0 \
        --root "$lab_dir/www" "$@"
}
