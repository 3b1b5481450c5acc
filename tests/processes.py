"""processes.py - what the suites in Python share: waiting with a limit, and
looking at processes, files and ports from outside."""
import contextlib
import ctypes
import os
import socket
import time
import unittest

PATIENCE = float(os.environ.get("PATIENCE", 20))  # seconds, on a busy machine


def wait_until(holds, what, limit=PATIENCE):
    """Wait for holds() to be true; returns what it returned. `what` is a text,
    or a function that makes one; `limit` is in seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        value = holds()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(
        f"waited in vain until {what() if callable(what) else what}")


def read_proc(pid, name):
    """A file of /proc/PID; "" if there is no such process."""
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8",
                  errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def status_field(pid, name):
    """What stands behind NAME: in its status; None if it is not there."""
    for line in read_proc(pid, "status").splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].strip()
    return None


def is_dead(pid):
    state = status_field(pid, "State")
    return state is None or state.startswith("Z")


def children_of(pid):
    return [int(child) for child in
            read_proc(pid, f"task/{pid}/children").split()]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


PTRACE_DETACH, PTRACE_SEIZE, PTRACE_O_TRACEEXIT = 17, 0x4206, 1 << 6
WAIT_ALL = 0x40000000  # __WALL


@contextlib.contextmanager
def held_at_its_end(pid):
    """Whatever kills the process, it stops before it has ended: so KILL does
    not end it, as if it were in the middle of a broken disk. Only for a
    descendant, and not for one that someone traces already."""
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    if ptrace(PTRACE_SEIZE, pid, None,
              ctypes.c_void_p(PTRACE_O_TRACEEXIT)) != 0:
        raise unittest.SkipTest("ptrace is not allowed here: NOT TESTED "
                                "WITH A PROCESS THAT CANNOT BE KILLED")
    try:
        yield
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, WAIT_ALL)
        ptrace(PTRACE_DETACH, pid, None, None)
