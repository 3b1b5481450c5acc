"""jobs.py - two jobs: one after the other, as threads, and as processes.

Three kinds of job: one computes; one sleeps and keeps the interpreter's lock
meanwhile, as computing does, but needs no processor; one sleeps and gives it
back. Prints a line for each way: the seconds of the three, and how many
processors computing had on average."""
import ctypes
import os
import sys
import threading
import time

JOB_S = 0.4
LOOPS = 1_500_000


def compute():
    total = 0
    for number in range(LOOPS):
        total += number * number
    return total


def sleep_with_the_lock():
    ctypes.PyDLL(None).usleep(int(JOB_S * 1e6))  # PyDLL: without giving it back


def sleep_without_it():
    time.sleep(JOB_S)


def in_turn(job):
    job()
    job()


def as_threads(job):
    threads = [threading.Thread(target=job) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fork_for(job):
    pid = os.fork()
    if pid == 0:
        job()
        os._exit(0)
    return pid


def as_processes(job):
    for pid in [fork_for(job) for _ in range(2)]:
        os.waitpid(pid, 0)


def measure(way, job):
    """Seconds on the clock, and of processors."""
    used = sum(os.times()[:4])
    began = time.monotonic()
    way(job)
    return time.monotonic() - began, sum(os.times()[:4]) - used


def main():
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.exit("this Python has no such lock")
    for name, way in (("in turn", in_turn), ("threads", as_threads),
                      ("processes", as_processes)):
        computing, processors = measure(way, compute)
        print("%s\t%.2f\t%.2f\t%.2f\t%.2f" % (
            name, computing, measure(way, sleep_with_the_lock)[0],
            measure(way, sleep_without_it)[0], processors / computing))


main()
