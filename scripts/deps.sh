#!/bin/sh
# deps.sh - installs the packages the kit is built and tested with.
# Shows what is missing and what it does; does nothing when all is there.
set -eu

# Debian's name | is there if this succeeds
wanted='gcc|command -v gcc
libc6-dev|test -e /usr/include/stdio.h
libhttp-parser-dev|test -e /usr/include/http_parser.h
libinih-dev|test -e /usr/include/ini.h
check|test -e /usr/include/check.h
python3|command -v python3
curl|command -v curl
wget|command -v wget
bats|command -v bats
gnuplot-nox|command -v gnuplot
procps|command -v ps
patch|command -v patch
strace|command -v strace
iproute2|command -v ss
pkgconf|command -v pkg-config
python3-dev|pkg-config --exists python3-embed
python3-flask|/usr/bin/python3 -c "import flask"
python3-django|/usr/bin/python3 -c "import django"'

# Only to work on the kit itself: make lint, make fuzz, another compiler, and
# clients and servers to compare with that the tests let in where they are, the
# largest of them a browser. Ubuntu has that as a snap only, which is not for
# every machine.
wanted_by_developers='clang|command -v clang
clang-format|command -v clang-format
clang-tidy|command -v clang-tidy
cppcheck|command -v cppcheck
shellcheck|command -v shellcheck
pyflakes3|command -v pyflakes3
libclang-rt-dev|echo "int main(void){}" | clang -fsanitize=address -x c - -o /dev/null
valgrind|command -v valgrind
apache2-utils|command -v ab
wrk|command -v wrk
apache2-bin|test -x /usr/sbin/apache2
chromium|command -v chromium || ! grep -qx ID=debian /etc/os-release
gunicorn|command -v gunicorn
uwsgi-plugin-python3|uwsgi --plugin python3 --version
tini|command -v tini
dumb-init|command -v dumb-init'

usage() {
    cat <<'EOF'
Usage: scripts/deps.sh [--all] [--dry-run]
Installs what the kit needs on Debian and Ubuntu; elsewhere says what to do.
  --all      also what make lint, make fuzz and make bench use; ab, wrk and
             Chromium (400 MB with its libraries) for the tests of clients;
             gunicorn, uwsgi and apache2 to compare with
  --dry-run  only show what is missing
EOF
}

missing() {
    echo "$1" | while IFS='|' read -r package probe; do
        sh -c "$probe" >/dev/null 2>&1 || printf '%s ' "$package"
    done
}

elsewhere() {
    cat <<'EOF'
This is not Debian or Ubuntu, so nothing was installed. The same packages:
  Fedora   dnf install gcc make http-parser-devel inih-devel check-devel python3
           curl bats wget gnuplot patch procps-ng strace iproute pkgconf python3-devel
           python3-flask python3-django
  Alpine   apk add build-base argp-standalone http-parser-dev inih-dev check-dev
           python3 curl wget bats bash gnuplot patch procps strace iproute2 pkgconf
           python3-dev py3-flask py3-django
  Arch     pacman -S base-devel http-parser libinih check python curl bash-bats
           gnuplot wget patch procps-ng strace iproute2 pkgconf python-flask
           python-django
  Homebrew brew install inih check python curl wget bats-core gnuplot
           (http-parser is no longer there: build it from its sources; Flask
           and Django are had by pip)
Outside Linux most of the kit cannot work: /proc, epoll, signalfd, sendfile,
openat2 and PR_SET_PDEATHSIG are Linux's own. Use a Linux machine or container.
EOF
}

dry_run=no
for argument; do
    case $argument in
    --all) wanted="$wanted
$wanted_by_developers" ;;
    --dry-run) dry_run=yes ;;
    --help) usage && exit 0 ;;
    *) usage >&2 && exit 64 ;;
    esac
done

packages=$(missing "$wanted")
[ -n "$packages" ] || exit 0
echo "missing: $packages"
[ "$dry_run" = no ] || exit 0
if ! command -v apt-get >/dev/null; then
    elsewhere >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "run this as root: apt-get install $packages" >&2
        exit 1
    fi
    as_root=sudo
fi

run() {
    echo "+ $*"
    DEBIAN_FRONTEND=noninteractive "$@"
}
# shellcheck disable=SC2086 # one word a package
run $as_root apt-get install -y -qq --no-install-recommends $packages ||
    { run $as_root apt-get update -qq &&
        run $as_root apt-get install -y -qq --no-install-recommends $packages; }
