"""jobs.py - two jobs that compute: one after the other, as threads, and as
processes. Prints a line each: how, the seconds, and how many threads could run
at a time, on average.

The seconds tell of the machine's other work as well. Who can run does not: the
kernel says R of a thread that runs or waits for a processor only, and S of one
that waits for a lock."""
import os
import sys
import threading
import time

LOOPS = 2_000_000
LOOK_S = 0.002


def compute():
    total = 0
    for number in range(LOOPS):
        total += number * number
    return total


def in_turn():
    compute()
    compute()


def as_threads():
    jobs = [threading.Thread(target=compute) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()


def fork_for(run):
    pid = os.fork()
    if pid == 0:
        run()
        os._exit(0)
    return pid


def states(pids):
    """The states of all threads of the processes; Z of one that has ended."""
    found = []
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{thread}/stat",
                          encoding="ascii") as stat:
                    found.append(stat.read().rpartition(") ")[2][0])
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has just ended
    return found


def measure(runs, threads):
    """Start a process for each of `runs`. Returns the seconds to the end of
    the last, and how many of all their threads could run, on average, as long
    as all were there."""
    began = time.monotonic()
    pids = [fork_for(run) for run in runs]
    seen = []
    while True:
        now = states(pids)
        if now.count("Z") == len(pids):
            break
        if len(now) == threads and "Z" not in now:
            seen.append(now.count("R"))
        time.sleep(LOOK_S)
    seconds = time.monotonic() - began
    for pid in pids:
        os.waitpid(pid, 0)
    return seconds, sum(seen) / max(len(seen), 1)


def main():
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.exit("this Python has no such lock")
    for name, runs, threads in (
            ("in turn", [in_turn], 1),
            ("threads", [as_threads], 3),  # and the one that waits for them
            ("processes", [compute, compute], 2)):
        print("%s\t%.2f\t%.1f" % (name, *measure(runs, threads)))


main()
