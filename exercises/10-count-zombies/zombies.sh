#!/bin/sh
# zombies.sh [PID] - a line for every process that has zombies, or for PID:
#
#     PID COUNT AGE NAME
#
# its pid, how many of its children are zombies, how many seconds ago the
# oldest of these was started, and its name. Everything from /proc: see
# proc_pid_stat(5), and proc_uptime(5) for the clock.
