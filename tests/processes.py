"""processes.py - what the suites in Python share: waiting with a limit, and
looking at processes, files and ports from outside."""
import os
import socket
import time

PATIENCE = float(os.environ.get("PATIENCE", 20))  # seconds, on a busy machine


def wait_until(holds, what):
    """Wait for holds() to be true; returns what it returned. `what` is a text,
    or a function that makes one."""
    deadline = time.monotonic() + PATIENCE
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
