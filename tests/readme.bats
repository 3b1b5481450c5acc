#!/usr/bin/env bats
# readme.bats - the commands by which README hosts an application: they are
# taken from there, and run.

# shellcheck disable=SC2154 # try_to_start sets server, port and log

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    scripts/can flask || skip "$(scripts/can flask)"
    here=$PWD
    own=$BATS_TEST_TMPDIR/own
    mkdir "$own"
    # Python is not finalized, so what it holds at exit looks lost.
    case $build in
    *address*) export ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc ;;
    esac
}

teardown() {
    stop_stage
}

# section: what README says under "Host your own Flask application".
section() {
    sed -n '/^## Host your own Flask/,/^## What/p' README.md
}

# written_there: the Python in it.
# shellcheck disable=SC2016 # backquotes of Markdown
written_there() {
    section | sed -n '/^```python$/,/^```$/{/^```/!p;}'
}

# serve_as_written PROGRAM SED-SCRIPT: its command with this PROGRAM, changed
# by SED-SCRIPT, in $own and on a free port.
serve_as_written() {
    local command
    command=$(section | sed -n "s|^\$ build/$1 ||p" | sed "$2")
    [ -n "$command" ]
    program=$(realpath "$build/$1")
    cd "$own" || return
    eval "try_to_start '$program' $command --port 0"
    cd "$here" || return
    url=http://127.0.0.1:$port
}

@test "README: a Flask application by one command" {
    written_there >"$own/hello.py"
    serve_as_written 2c_wsgi ''
    [ "$(curl -s --max-time 20 "$url/")" = 'Hello from Flask.' ]
}

@test "README: the same in earnest, with a folder, packages and a factory" {
    venv=$own/shop/venv
    /usr/bin/python3 -m venv --without-pip --system-site-packages "$venv"
    {
        written_there
        echo 'import only_in_venv'
        echo 'def create_app(): return app'
    } >"$own/shop/shop.py"
    touch "$(echo "$venv"/lib/python3*/site-packages)/only_in_venv.py"
    serve_as_written 3e_supervised \
        "s|/srv/|$own/|g; s|--host 0.0.0.0 --port 80||"
    wait_until 100 grep -q 'ready, with' "$log"
    [ "$(curl -s --max-time 20 "$url/")" = 'Hello from Flask.' ]

    sed -i 's/Hello/Good day/' "$own/shop/shop.py"
    kill -HUP "$server"
    is_new() { [ "$(curl -s --max-time 20 "$url/")" = 'Good day from Flask.' ]; }
    wait_until 200 is_new
}
