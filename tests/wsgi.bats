#!/usr/bin/env bats
# wsgi.bats - stage 2c: the cases of test_wsgi.py, one test for each of its
# classes, and what concerns the build.

# shellcheck disable=SC2154 # start_stage sets server, port and log

setup() {
    cd "$BATS_TEST_DIRNAME/.." || exit
    source scripts/lib.sh
    BUILD=$build # for test_wsgi.py
    export BUILD
    # Python is not finalized, so what it holds at exit looks lost. And with
    # its own allocator, the sanitizer would not see the life of its objects.
    case $BUILD in
    *address*) export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 PYTHONMALLOC=malloc ;;
    esac
}

teardown() {
    stop_stage
    [ -z "${elsewhere:-}" ] || rm -rf "$elsewhere"
}

needs_python() {
    [ -e "$BUILD/wsgi.so" ] || skip "no $BUILD/wsgi.so: python3-dev is missing"
}

# cases CLASS...: of test_wsgi.py
cases() {
    needs_python
    /usr/bin/python3 tests/test_wsgi.py "$@"
}

@test "the environ is the request, and the two streams" {
    cases Environ Streams
}

@test "start_response checks, and may be called again with exc_info" {
    cases StartResponse
}

@test "bodies of every kind, and clients that leave" {
    cases Bodies
}

@test "failures cost a request, and the log says why" {
    cases Failures
}

@test "files are sent by the kernel where that is the same" {
    cases Files
}

@test "wsgiref.validate has nothing to say" {
    cases Validated
}

@test "thousands of requests leave nothing behind" {
    case $BUILD in
    *address*) skip "a sanitizer keeps what was freed" ;;
    esac
    cases Memory
}

@test "threads and processes work, in 2c and in a child of 3a, 3b and 3c" {
    cases Threads Forked ForkedOtherwise
}

@test "applications are found, or it is said why not" {
    cases Naming Refused
}

@test "a virtual environment brings its packages" {
    cases VirtualEnvironment
}

# samples STAGE [ARGUMENT...]: of part2/wsgi, as wsgi_samples.py asks them.
samples() {
    needs_python
    [ -e tests/wsgi_samples.py ] || skip "there are no samples here"
    stage=$1
    shift
    tests/wsgi_samples.py "$@" \
        --server "$BUILD/$stage --port 0 --wsgi {prefix}/={app}"
}

@test "the samples run, at / and below a prefix" {
    samples 2c_wsgi
    samples 2c_wsgi --prefix /below
}

# Not the plain one: it counts in memory, and here that ends with a connection.
@test "the samples run in a process for each connection" {
    samples 3c_fork_wait_loop FactoryTest FlaskTest DjangoTest ShopTest
}

# A stage without wsgi.so beside it.
lonely_stage() {
    elsewhere=$(mktemp -d)
    mkdir "$elsewhere/bin"
    cp "$BUILD/2c_wsgi" "$elsewhere/bin/"
}

@test "where Python is missing, --wsgi says what to do, and all else works" {
    lonely_stage
    run "$elsewhere/bin/2c_wsgi" --port 0 --wsgi /=x:app
    [ "$status" -eq 1 ]
    [[ $output == *"install python3-dev and pkgconf, then run make again" ]]
    [ "${#lines[@]}" -eq 1 ]
    run "$elsewhere/bin/2c_wsgi" --port 0 --root /no/such
    [[ $output != *python* ]]
}

@test "wsgi.so is also found in ../lib/forkyard" {
    needs_python
    lonely_stage
    mkdir -p "$elsewhere/lib/forkyard"
    cp "$BUILD/wsgi.so" "$elsewhere/lib/forkyard/"
    run "$elsewhere/bin/2c_wsgi" --port 0 --wsgi /=no_such:app
    [[ $output == *"No module named 'no_such'" ]]
}

@test "make without Python's headers leaves out wsgi.so, and says so" {
    run make -n B=build/no-python PYTHON_CONFIG=false all
    [ "$status" -eq 0 ]
    [[ $output != *wsgi.so* ]]
    [[ $output == *2c_wsgi* && $output == *3c_fork_wait_loop* ]]
    run make -s PYTHON_CONFIG=false no-python
    [[ $output == *"without --wsgi: Python's headers are missing"* ]]
}

@test "the stages themselves are free of Python" {
    for stage in 2c_wsgi 3a_fork_no_wait 3b_fork_one_wait 3c_fork_wait_loop; do
        run ldd "$BUILD/$stage"
        [[ $output == *libc.so* && $output != *python* ]]
    done
}

@test "a prefix or a venv twice, and no target, are refused" {
    run "$BUILD/2c_wsgi" --wsgi /a=x:y --wsgi /a/=x:z
    [[ $status -ne 0 && $output == *"/a/ is mounted twice"* ]]
    run "$BUILD/2c_wsgi" --wsgi x:y
    [[ $status -ne 0 && $output == *"--wsgi must be /PREFIX=TARGET"* ]]
    run "$BUILD/2c_wsgi" --wsgi-venv a --wsgi-venv b
    [[ $status -ne 0 && $output == *"--wsgi-venv"* ]]
}
