#!/bin/sh
# lint.sh C-FILES -- SCRIPTS: every checker that must have nothing to say.
set -u

c_files=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    c_files="$c_files $1"
    shift
done
[ $# -eq 0 ] || shift
sources=$(for file in $c_files; do
    case $file in *.c) echo "$file" ;; esac
done)
failed=

check() {
    name=$1
    shift
    echo "$name"
    "$@" || failed="$failed $name"
}

shell_scripts() {
    for file; do
        [ -f "$file" ] || continue
        case $(head -n 1 "$file") in
        *sh | '# shellcheck'* | *.sh\ -* | *bats* | *.bash\ -*) echo "$file" ;;
        esac
    done
}

python_scripts() {
    for file; do
        case $file in *.py) echo "$file" ;; esac
    done
}

# Where Python.h is, for clang-tidy.
C_INCLUDE_PATH=$(PKG_CONFIG_PATH='' pkg-config --cflags-only-I python3-embed |
    sed 's/^-I//; s/ *-I/:/g; s/ *$//')
export C_INCLUDE_PATH

# shellcheck disable=SC2046,SC2086 # lists of names without spaces
{
    check clang-format clang-format --dry-run -Werror $c_files
    check clang-tidy sh -c 'echo "$@" | tr " " "\n" |
        xargs -P 2 -n 4 clang-tidy --quiet --warnings-as-errors="*" 2>/dev/null' - \
        $sources
    check cppcheck cppcheck --quiet -j 2 --error-exitcode=1 --std=c11 -I. \
        --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem --suppress=readdirCalled \
        --suppress=getpwnamCalled --suppress=getpwuidCalled \
        --suppress=getgrnamCalled --suppress=getgrgidCalled \
        --library=posix,python $sources
    check shellcheck shellcheck -x $(shell_scripts "$@")
    check pyflakes pyflakes3 $(python_scripts "$@")
}
if [ -n "$failed" ]; then
    echo "complaints from:$failed"
    exit 1
fi
echo "no complaints"
