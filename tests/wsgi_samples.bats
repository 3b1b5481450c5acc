#!/usr/bin/env bats
# wsgi_samples.bats - the samples of part2/wsgi/ run unchanged under servers
# that are not ours. What these are known to get wrong must stay wrong, or the
# line that says so goes.
# shellcheck disable=SC2030,SC2031 # each test has an output of its own

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
}

is_installed() {
    command -v "$1" || skip "$1 is not installed: scripts/deps.sh --all"
}

@test "wsgiref serves the samples, at / and below a prefix" {
    run tests/wsgi_samples.py
    echo "$output"
    [ "$status" -eq 0 ]
}

# we_serve STAGE PREFIX [OPTION...]
we_serve() {
    local program prefix=$2
    program=$(program_of "$1")
    shift 2
    run tests/wsgi_samples.py --prefix "$prefix" --server "$program --port 0 \
        --root www --wsgi-path part2/wsgi --wsgi {prefix}/={app} $*"
    echo "$output"
    [ "$status" -eq 0 ]
}

# 2c does in wsgi.bats.
@test "3e serves the samples, at / and below a prefix" {
    case $build in # Python itself leaks, and keeps what it has freed
    *address*) export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 \
        PYTHONMALLOC=malloc ;;
    esac
    we_serve 3e "" --workers 1
    we_serve 3e /below --workers 1
}

# It sends a file from its beginning, wherever the application had got to.
gunicorn_knows() {
    run tests/wsgi_samples.py --prefix "$1" --known PlainTest.test_file \
        --server "env SCRIPT_NAME=$1 gunicorn -b 127.0.0.1:0 {app}"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "gunicorn serves the samples at /" {
    is_installed gunicorn
    gunicorn_knows ""
}

@test "gunicorn serves the samples below a prefix" {
    is_installed gunicorn
    gunicorn_knows /below
}

# It does the same to files, answers an exception by closing, and sends the body
# of an answer to HEAD. Without --post-buffering it also breaks off those who
# still send what nobody reads.
uwsgi_knows() {
    run tests/wsgi_samples.py --prefix "$1" --known PlainTest.test_file \
        --known PlainTest.test_exception_is_a_500_that_tells_nothing \
        --known PlainTest.test_head_has_no_body \
        --server "uwsgi --master --processes 1 --http-socket 127.0.0.1:0
            --plugin python3 --need-app --die-on-term --post-buffering 65536 $2"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "uwsgi serves the samples at /" {
    is_installed uwsgi
    uwsgi_knows "" "--module {app}"
}

@test "uwsgi serves the samples below a prefix" {
    is_installed uwsgi
    uwsgi_knows /below "--manage-script-name --mount /below={app}"
}

@test "a server that cannot start is a failure, and so is no test at all" {
    run tests/wsgi_samples.py --server 'echo no' ShopTest
    [ "$status" -eq 1 ]
    [[ $output == *"the server ended: no"* ]]
    run tests/wsgi_samples.py NoTest
    [ "$status" -eq 1 ]
}

@test "a known fault that is gone is a failure" {
    known=ShopTest.test_an_object_in_a_package_is_served
    run tests/wsgi_samples.py ShopTest --known $known \
        --server 'tests/wsgi_samples.py --serve {app} ""'
    [ "$status" -eq 1 ]
    [[ $output == *"unexpected success"* ]]
}

@test "a test that is ended takes its server along" {
    pid_file=$BATS_TEST_TMPDIR/pid # of a server that never says where it is
    tests/wsgi_samples.py ShopTest \
        --server "sh -c 'echo \$\$ >$pid_file; exec sleep 60'" 3>&- &
    wait_until 100 test -s "$pid_file"
    kill "$!"
    status=0
    wait "$!" || status=$?
    [ "$status" -eq 130 ]
    run kill -0 "$(cat "$pid_file")"
    [ "$status" -ne 0 ]
}
