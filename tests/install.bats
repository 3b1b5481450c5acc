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

# --- What is written about it ------------------------------------------------

# section FILE NAME: of a manual page.
section() {
    sed -n "/^\\.SH $2\$/,/^\\.SH /p" "$1" | sed 's/\\-/-/g'
}

# tags_in: of the lists in a section, a line each.
tags_in() {
    grep -A 1 -x '\.TP' | sed -n 's/^\.BR* //p' | tr -d '",' | tr ' ' '\n' |
        grep . | sort
}

# options_in: all that look like options of ours.
options_in() {
    sed 's/\\-/-/g' | grep -oE -- '(^|[ "=,])--[a-z][a-z-]+' |
        grep -oE -- '--[a-z-]+' | sort -u
}

# has_options PROGRAM: all that the text names.
has_options() {
    "$build/$1" --help >"$to/help"
    local option
    for option in $(options_in); do
        case $option in --help | --from | --no-install-recommends) continue ;; esac
        grep -qE -- "$option([=, ]|\$)" "$to/help" || {
            echo "$option is not in $1 --help"
            return 1
        }
    done
}

@test "the manual page and the examples name options that exist" {
    cat man/forkyard.8 part3/deploy/forkyard.service \
        part3/deploy/kubernetes.yaml | has_options 3e_supervised
    grep -v '^;' part3/deploy/vassals/pages.ini | has_options 3e_supervised
    grep -v '^ENTRYPOINT' part3/deploy/Containerfile | has_options 3e_supervised
    grep '^ENTRYPOINT' part3/deploy/Containerfile | has_options 3f_emperor
    grep 'ENTRYPOINT' man/forkyard-init.8 | has_options 3f_emperor
}

@test "the manual page of the init names all its options, and no others" {
    {
        "$build/3f_emperor" --help
        "$build/3f_emperor" status --help
    } | options_in | grep -vx -e --help -e --usage -e --version >"$to/real"
    section man/forkyard-init.8 OPTIONS | options_in | diff - "$to/real"
}

@test "the manual page of the init names all keys of a service's file" {
    section man/forkyard-init.8 'FILES OF SERVICES' | tags_in >"$to/written"
    sed -n '/key_names\[/,/^};/p' part3/vassal_keys.c | grep -o '"[a-z-]*"' |
        tr -d '"' | sort | diff "$to/written" -
}

# signals_in FILE: those that its obey() names.
signals_in() {
    sed -n '/^static void obey/,/^}/s/.*case SIG\([A-Z0-9]*\):.*/\1/p' "$1" | sort
}

@test "the manual pages name all signals that have a meaning, and no others" {
    section man/forkyard.8 SIGNALS | tags_in | sed 's/^SIG//' | sort >"$to/written"
    signals_in part3/supervisor.c | diff "$to/written" -
    section man/forkyard-init.8 SIGNALS | tags_in >"$to/written"
    signals_in part3/vassals.c | diff "$to/written" -
}

# Only where it listens is changed: that port may be in use, or not ours.
@test "the example of a service starts, by what is installed" {
    install_kit
    mkdir "$to/vassals"
    sed 's/--port 80/--port 0/; s|/srv/www|www|; s/--user www-data//' \
        "$to/usr/share/doc/forkyard/examples/vassals/pages.ini" \
        >"$to/vassals/pages.ini"
    echo "log = $to/log" >>"$to/vassals/pages.ini"
    PATH=$to/usr/bin:$PATH "$to/usr/bin/forkyard-init" --vassals "$to/vassals" \
        2>"$to/said" 3>&- &
    server=$!
    log=$to/said
    wait_until 100 grep -q 'pages 0 .*: ready' "$to/said"
    wait_until 100 grep -q 'ready, with 4 workers' "$to/log"
    stop_stage
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
