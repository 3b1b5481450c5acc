# lib.bash - names that the .bats files use for what scripts/lib.sh gives.
source scripts/lib.sh
BUILD=$build

# wait_for SECONDS COMMAND...: until COMMAND succeeds, or fail.
wait_for() {
    local seconds=$1
    shift
    wait_until $((seconds * 10)) "$@"
}
