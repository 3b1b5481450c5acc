#!/usr/bin/python3
"""chaos_peers.py - the same done to 3e and to the servers that are installed:
nginx, gunicorn and uwsgi, two workers each; and what the inits for containers
do. Prints tables of what was counted, good or bad; see also chaos.py."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from chaos import BodyCount, Load, freeze_for, send
from family import STAGE, is_refused
from processes import PATIENCE, children_of, free_port, is_dead, wait_until

STUCK_SECONDS = 3  # after which a worker is believed stuck, where that can be

APPLICATION = b"""
import time

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.05)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""

NGINX = """daemon off;
pid {directory}/pid;
error_log {directory}/error.log;
worker_processes 2;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 1000000;
        location / {{ return 200 "ok"; }}
    }}
}}
"""


class Server:
    """One that runs, as freeze_for() and Load want it."""

    def __init__(self, command, stop, upgrade, keeps):
        self.keeps = keeps
        self.directory = tempfile.mkdtemp(prefix="chaos-peer-")
        os.chmod(self.directory, 0o777)
        with open(f"{self.directory}/app.py", "wb") as file:
            file.write(APPLICATION)
        self.port = free_port()
        self.stop_gracefully = lambda: stop(self)
        self.upgrade = lambda: upgrade(self)
        self.log = open(f"{self.directory}/log", "wb")
        self.process = subprocess.Popen(
            command(self), cwd=self.directory, stdout=self.log,
            stderr=self.log)
        self.pid = self.process.pid
        wait_until(lambda: len(self.workers()) == 2 and
                   not is_refused(self.port), "it is ready")

    def workers(self):
        return [pid for pid in children_of(self.pid) if not is_dead(pid)]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def end(self):
        """Whoever is still there, and may have no parent any more."""
        for pid in everyone_in(self.process.pid, self.directory):
            send(pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: is_refused(self.port), "the port is free")
        self.log.close()
        shutil.rmtree(self.directory)


def everyone_in(master, directory):
    """The server's processes: they have its directory as their own."""
    found = [master]
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == directory:
                found.append(int(name))
        except OSError:
            continue
    return found


# --- Who takes part ----------------------------------------------------------

def by_signal(number):
    return lambda server: send(server.pid, number)


def forkyard(server):
    return [STAGE, "--port", str(server.port), "--workers", "2", "--quiet",
            "--root", os.path.abspath("www"), "--beat-timeout",
            str(STUCK_SECONDS)]


def nginx(server):
    paths = "".join(f"{kind}_temp_path {server.directory}/{kind};\n"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi",
                                 "scgi"))
    with open(f"{server.directory}/conf", "w", encoding="ascii") as conf:
        conf.write(NGINX.format(directory=server.directory, port=server.port,
                                temporary=paths))
    return ["nginx", "-c", f"{server.directory}/conf", "-e", "stderr"]


def gunicorn(kind):
    return lambda server: [
        "gunicorn", "--bind", f"127.0.0.1:{server.port}", "--workers", "2",
        "--worker-class", kind, "--timeout", str(STUCK_SECONDS),
        "app:application"]


def uwsgi(server):
    return ["uwsgi", "--plugin", "python3", "--http-socket",
            f"127.0.0.1:{server.port}", "--master", "--processes", "2",
            "--module", "app", "--harakiri", str(STUCK_SECONDS),
            "--hook-master-start", "unix_signal:15 gracefully_kill_them_all",
            "--disable-logging"]


def in_place(number):
    """Its process stays, and all that it had forked is replaced."""
    def upgrade(server):
        before = server.workers()
        send(server.pid, number)
        wait_until(lambda: all(is_dead(pid) for pid in before) and
                   len(server.workers()) == 2, "all are replaced")
    return upgrade


def by_successor(server):
    """Another one comes beside it, and then it is told to stop."""
    def successors():
        return [pid for pid in server.workers() if len(children_of(pid)) == 2]
    send(server.pid, signal.SIGUSR2)
    successor = wait_until(successors, "there is a successor")[0]
    server.stop_gracefully()
    wait_until(lambda: is_dead(server.pid), "the old one has gone")
    server.pid = successor


# How it is started, told to stop and upgraded, and whether it keeps
# connections.
PEERS = {
    "3e": (forkyard, by_signal(signal.SIGTERM), in_place(signal.SIGUSR2), True),
    "nginx": (nginx, by_signal(signal.SIGQUIT), by_successor, True),
    "gunicorn": (gunicorn("sync"), by_signal(signal.SIGTERM), by_successor,
                 False),
    "gthread": (gunicorn("gthread"), by_signal(signal.SIGTERM), by_successor,
                True),
    "uwsgi": (uwsgi, by_signal(signal.SIGTERM), in_place(signal.SIGHUP),
              False),
}
PROGRAMS = {"3e": STAGE, "gthread": "gunicorn"}


# --- What is counted ---------------------------------------------------------

def queued_lost(server):
    clients = [server.connect() for _ in range(40)]
    for client in clients:
        client.sendall(b"GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n"
                       b"Connection: close\r\n\r\n")
    server.stop_gracefully()
    lost = sum(not is_answered(client) for client in clients)
    try:
        server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return f"{lost} of 40, no stop"
    return f"{lost} of 40"


def is_answered(client):
    with client, client.makefile("rb") as answer:
        try:
            return bool(answer.readline())  # whatever it says
        except OSError:
            return False


def lost_while(server, change):
    with Load(server, *(["--keep"] if server.keeps else [])) as load:
        change()
    return f"{load.failed} of {load.sent}" + ("" if server.keeps else " *")


def lost_by_reloads(server):
    def reload_often():
        for _ in range(50):
            send(server.pid, signal.SIGHUP)
            time.sleep(0.1)
    return lost_while(server, reload_often)


def lost_by_upgrades(server):
    def upgrade_often():
        for _ in range(5):
            server.upgrade()
    return lost_while(server, upgrade_often)


def stopped_noticed(server):
    worker = server.workers()[0]
    send(worker, signal.SIGSTOP)
    began = time.monotonic()
    while time.monotonic() - began < 5 * STUCK_SECONDS:
        if is_dead(worker):
            return f"after {time.monotonic() - began:.0f} s"
        time.sleep(0.05)
    send(worker, signal.SIGCONT)
    return "never"


def forks_in_crash_loop(server):
    seconds, seen = 15, set()
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        for pid in server.workers():
            seen.add(pid)
            send(pid, signal.SIGKILL)
    ended = "" if server.process.poll() is None else ", then it ended"
    return f"{len(seen) * 60 // seconds}{ended}"


def oldest_body(server):
    count = BodyCount(server.pid)
    count.start()
    for _ in range(5):
        for pid in server.workers():  # who die together
            send(pid, signal.SIGKILL)
        time.sleep(2)  # and nothing else happens
    count.over.set()
    count.join()
    return f"{count.oldest_ms:.0f} ms" if count.oldest_ms else "under 20 ms"


def left_after_kill(server):
    workers = server.workers()
    send(server.pid, signal.SIGKILL)
    server.process.wait()
    time.sleep(STUCK_SECONDS)
    alive = sum(not is_dead(pid) for pid in workers)
    return f"{alive}, port {'free' if is_refused(server.port) else 'in use'}"


def killed_after_freeze(server):
    before = server.workers()
    freeze_for(2 * STUCK_SECONDS + 1, server)
    time.sleep(STUCK_SECONDS)
    return f"{sum(is_dead(pid) for pid in before)} of 2"


ROWS = (
    ("queued clients lost at a graceful stop", queued_lost),
    ("requests failed in 50 reloads", lost_by_reloads),
    ("requests failed in 5 upgrades", lost_by_upgrades),
    ("a stopped worker is replaced", stopped_noticed),
    ("forks a minute in a crash loop", forks_in_crash_loop),
    ("a dead worker lies for, at most", oldest_body),
    ("workers left 3 s after kill -9", left_after_kill),
    ("workers killed after all were frozen", killed_after_freeze),
)


# --- All of it ---------------------------------------------------------------

def count(peer, row):
    server = Server(*PEERS[peer])
    try:
        return row(server)
    except AssertionError:  # it waited in vain
        return ("it has ended" if is_dead(server.pid)
                else f"not in {PATIENCE:.0f} s")
    except OSError as error:
        return f"? {error}"
    finally:
        server.end()


def main():
    there = [peer for peer in PEERS
             if shutil.which(PROGRAMS.get(peer, peer))]
    missing = sorted(set(PEERS) - set(there))
    if missing:
        print(f"not installed: {' '.join(missing)}")
    print(f"{'':<38}" + "".join(f"  {peer:<18}" for peer in there))
    for title, row in ROWS:
        print(f"{title:<38}", end="", flush=True)
        for peer in there:
            print(f"  {count(peer, row):<18}", end="", flush=True)
        print()
    print("* a new connection for each, where connections are not kept\n",
          flush=True)
    return subprocess.run(["scripts/compare-init.sh"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
