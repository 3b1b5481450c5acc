"""processes.py - what runs, what listens, who must be buried.

Owns everything the runner asks of the kernel: /proc, the subreaper flag, and
the free ports of a chapter. It signals processes by pid only, and only those
it is told to.
"""

import ctypes
import errno
import os
import random
import re
import signal
import socket
import time
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SHELLS = ("sh", "bash", "dash", "ksh", "zsh", "busybox")


def prctl(option, value):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def become_subreaper():
    """From now on orphans among our descendants become our children."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent():
    prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))


def hear_children():
    """Make SIGCHLD end a select(): returns the descriptor to watch."""
    hear, tell = os.pipe()
    os.set_blocking(hear, False)
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return hear


def bury_the_dead():
    """Reap every dead child; returns {pid: status}."""
    buried = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return buried
        if pid == 0:
            return buried
        buried[pid] = status


# ------------------------------------------------------------- processes

@dataclass
class Process:
    pid: int
    name: str
    state: str
    parent: int
    group: int
    born: int  # clock ticks since boot: with the pid, an identity

    @property
    def identity(self):
        return self.pid, self.born


def process(pid):
    """None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8",
                  errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    name = text[text.index("(") + 1:text.rindex(")")]
    rest = text[text.rindex(")") + 2:].split()
    return Process(int(pid), name, rest[0], int(rest[1]), int(rest[2]),
                   int(rest[19]))


def all_processes():
    found = (process(int(pid)) for pid in os.listdir("/proc")
             if pid.isdigit())
    return {one.pid: one for one in found if one}


def descendants(root, everyone=None):
    """All processes below root, parents before children."""
    everyone = all_processes() if everyone is None else everyone
    children = {}
    for one in everyone.values():
        children.setdefault(one.parent, []).append(one)
    found, ask = [], [root]
    for pid in ask:
        below = children.get(pid, [])
        found.extend(below)
        ask.extend(one.pid for one in below)
    return found


def arguments(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            parts = file.read().split(b"\0")
    except OSError:
        return []
    return [part.decode(errors="replace") for part in parts if part]


def describe(one):
    words = " ".join(arguments(one.pid)) or "[%s]" % one.name
    zombie = " (zombie)" if one.state == "Z" else ""
    return "pid %d%s: %s" % (one.pid, zombie, words)


def is_same(one):
    now = process(one.pid)
    return now is not None and now.identity == one.identity


def signal_pid(one, number):
    if is_same(one):
        try:
            os.kill(one.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def end(processes, patience=1.0):
    """TERM, and KILL for those who do not listen. Children of ours are
    buried on the way."""
    for number, seconds in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 3.0)):
        for one in processes:
            signal_pid(one, number)
            signal_pid(one, signal.SIGCONT)
        deadline = time.monotonic() + seconds * patience
        while time.monotonic() < deadline:
            bury_the_dead()
            if not any(is_same(one) for one in processes):
                return
            time.sleep(0.02)


# ---------------------------------------------------------------- sockets

def rows(path):
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return [line.split() for line in file.readlines()[1:]]
    except OSError:
        return []


def listening_ports(pid="self"):
    """{inode: port} of the listening TCP sockets that pid's network has."""
    found = {}
    for family in ("tcp", "tcp6"):
        for row in rows("/proc/%s/net/%s" % (pid, family)):
            if len(row) > 9 and row[3] == "0A":
                found[row[9]] = int(row[1].rsplit(":", 1)[1], 16)
    return found


def listening_paths(pid="self"):
    """Inodes of the listening unix sockets."""
    return {row[6] for row in rows("/proc/%s/net/unix" % pid)
            if len(row) > 6 and int(row[3], 16) & 0x10000}


def sockets_of(pid):
    """Inodes of the sockets a process holds."""
    found = set()
    try:
        descriptors = os.listdir("/proc/%d/fd" % pid)
    except OSError:
        return found
    for fd in descriptors:
        try:
            target = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except OSError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def ports_of(pid):
    """TCP ports a process listens on."""
    held = sockets_of(pid)
    if not held:
        return []
    return sorted({port for inode, port in listening_ports(pid).items()
                   if inode in held})


def listens(pid):
    held = sockets_of(pid)
    return bool(held) and bool(held & listening_ports(pid).keys()
                               or held & listening_paths(pid))


def is_shell_script(pid):
    """A shell that runs a script, as against one that runs `sh -c`."""
    words = arguments(pid)
    if not words or os.path.basename(words[0]) not in SHELLS:
        return False
    return len(words) > 1 and not re.match(r"-\w*c", words[1])


def serves(group):
    """Is the foreground job a server: does one of its processes listen,
    without being helper to a shell script that will go on by itself?"""
    everyone = all_processes()
    job = [one for one in everyone.values() if one.group == group]
    seen = {one.pid for one in job}
    for one in list(job):
        for below in descendants(one.pid, everyone):
            if below.pid not in seen:
                seen.add(below.pid)
                job.append(below)
    return (any(listens(one.pid) for one in job)
            and not any(is_shell_script(one.pid) for one in job))


# ------------------------------------------------------------------ ports

SHOWN = 8080  # what the page says; 8081 to 8089 are also replaced
PORTS = 10


def swapped(port):
    """The port a server gets that forgot htons()."""
    return (port & 0xff) << 8 | port >> 8


def candidates(top):
    """First ports of blocks. Not one like 5140, whose bytes are the same: the
    block would hold its own swapped port, which then has two names."""
    return [base for base in range(2000, top - PORTS, PORTS)
            if base % 100 and base != SHOWN
            and not base <= swapped(base) < base + PORTS]


class Ports:
    """Ten free ports for one chapter, in place of 8080 to 8089. They have
    four digits, so that lengths stay true, and lie below the ephemeral
    range, so that no client is given one by chance."""

    def __init__(self, page_text):
        self.base, self.claim = self.find(page_text)
        self.pairs = [(str(SHOWN + i), str(self.base + i))
                      for i in range(PORTS)]
        self.pairs += [(":%04X" % (SHOWN + i), ":%04X" % (self.base + i))
                       for i in range(PORTS)]
        self.pairs.append((str(swapped(SHOWN)), str(swapped(self.base))))

    @staticmethod
    def find(page_text):
        with open("/proc/sys/net/ipv4/ip_local_port_range",
                  encoding="ascii") as file:
            top = min(int(file.read().split()[0]), 10000)
        bases = candidates(top)
        random.shuffle(bases)
        for base in bases:
            ports = [base + i for i in range(PORTS)] + [swapped(base)]
            if any(str(port) in page_text for port in ports):
                continue
            claim = claim_block(base)
            if claim and all(is_free(port) for port in ports):
                return base, claim
            if claim:
                claim.close()
        raise RuntimeError("no ten free ports below %d" % top)

    @property
    def numbers(self):
        return {int(real) for _, real in self.pairs if real.isdigit()}

    def real(self, text):
        """What is typed for what the page says."""
        return replaced(text, dict(self.pairs))

    def shown(self, text):
        """What the page would say for what was seen."""
        return replaced(text, {real: shown for shown, real in self.pairs})

    def release(self):
        self.claim.close()


def replaced(text, table):
    if not text:
        return text
    decimal = "|".join(word for word in table if word.isdigit())
    coloned = "|".join(word for word in table if not word.isdigit())
    return re.sub(r"(?<![\w.])(?:%s)(?![\w]|\.\d)|(?:%s)(?!\w)"
                  % (decimal, coloned),
                  lambda found: table[found.group()], text)


def claim_block(base):
    """Keep other runners on this machine from the same ports: a name in
    the abstract namespace is ours until we end."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind("\0tutorial-ports-%d" % base)
        return claim
    except OSError:
        claim.close()
        return None


def is_free(port):
    for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6,
                                     socket.IPV6_V6ONLY, 1)
                probe.bind((host, port))
        except OSError as error:
            if family == socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                continue  # no IPv6 here
            return False
    return True
