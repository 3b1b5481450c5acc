# find.sh - the exercises, and what each starts from (sourced, POSIX sh).
#
# exercises/NAME/start says it in three lines: "from:" the file, "make:" the
# stage it is built as (none for scripts and texts), "fails:" the observation
# that the untouched start cannot pass. start.patch, if there is one, makes
# the start of the file.
# shellcheck shell=sh

list_exercises() {
    for about in exercises/*/start; do
        basename "$(dirname "$about")"
    done | sort -n
}

# find_exercise 9: 9-hits. Says what there is if there is no such exercise.
find_exercise() {
    for about in exercises/"$1"/start exercises/"$1"-*/start; do
        if [ -e "$about" ]; then
            basename "$(dirname "$about")"
            return
        fi
    done
    echo "${0##*/}: there is no exercise $1; there are:" >&2
    list_exercises | sed 's/^/  /' >&2
    return 1
}

# field_of NAME from|make|fails
field_of() {
    sed -n "s/^$2: *//p" "exercises/$1/start"
}

file_of() {
    basename "$(field_of "$1" from)"
}

# write_start NAME FILE: the starting file, from the stage as it is today.
write_start() {
    cp "$(field_of "$1" from)" "$2"
    patch=exercises/$1/start.patch
    [ -e "$patch" ] || return 0
    if ! said=$(patch --no-backup-if-mismatch "$2" "$patch" 2>&1); then
        echo "${0##*/}: $patch does not apply any more: $said" >&2
        return 1
    fi
}
