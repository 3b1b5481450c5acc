#!/usr/bin/env bats
# install.bats - what make install brings works where it is put, and the pages
# and examples beside it name what there is.
# shellcheck disable=SC2154 # start_program sets server and port

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    to=$BATS_TEST_TMPDIR
}

teardown() {
    stop_stage
}

install_kit() {
    make -s B="$build" install DESTDIR="$to" PREFIX=/usr >/dev/null
}

@test "what is installed serves, Python too, and can be taken away" {
    install_kit
    local options=(--app "/hello=$build/apps/hello.so")
    if [ -e "$build/wsgi.so" ]; then
        options+=(--wsgi /plain=plain:app --wsgi-path part2/wsgi)
    fi
    start_program "$to/usr/bin/forkyard" --port 0 --root www "${options[@]}"
    [[ $(curl -s "http://127.0.0.1:$port/hello") == "Hello from an application"* ]]
    [ ! -e "$build/wsgi.so" ] ||
        [[ $(curl -s "http://127.0.0.1:$port/plain/hello") == "Hello, world."* ]]
    curl -s "http://127.0.0.1:$port/hello.txt" | cmp - www/hello.txt
    stop_stage
    run "$to/usr/bin/forkyard-init" -- sh -c 'exit 7'
    [ "$status" = 7 ]
    make -s B="$build" uninstall DESTDIR="$to" PREFIX=/usr
    [ -z "$(find "$to/usr" -type f)" ]
}

# options_in FILE...: all that look like options of ours.
options_in() {
    sed 's/\\-/-/g' "$@" | grep -oE -- '(^|[ "=,])--[a-z][a-z-]+' |
        grep -oE -- '--[a-z-]+' | sort -u
}

names_only_real_options() {
    local program=$1 option
    shift
    "$program" --help >"$to/help"
    for option in $(options_in "$@"); do
        case $option in --help | --from | --no-install-recommends) continue ;; esac
        grep -qE -- "$option([=, ]|\$)" "$to/help" || {
            echo "$option is in $*, but not in --help"
            return 1
        }
    done
}

@test "the manual page and the examples name options that exist" {
    names_only_real_options "$build/3e_supervised" man/forkyard.8 \
        part3/deploy/forkyard.service part3/deploy/kubernetes.yaml \
        part3/deploy/Containerfile
}

@test "the units are sound" {
    command -v systemd-analyze || skip 'systemd-analyze is not installed'
    cp part3/deploy/forkyard.* "$to"
    sed -i "s|/usr/local/bin/forkyard|$(realpath "$build/3e_supervised")|
            /^Documentation/d" "$to/forkyard.service"
    run systemd-analyze verify "$to/forkyard.service" "$to/forkyard.socket"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output != *forkyard* ]]
}
