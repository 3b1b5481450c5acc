"""family.py - a running 3e from outside: what its tests and chaos.py share."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from processes import PATIENCE, children_of, wait_until

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
BUILD = os.environ.get("BUILD", "build")
STAGE = os.path.abspath(f"{BUILD}/3e_supervised")
UPGRADED = "upgraded: 0 workers of the last binary are left"
FLOOD = os.path.abspath(f"{BUILD}/flood")


def is_let_in(port):
    """Unlike one that is refused, or is not heard: whose packet is dropped,
    because the queue is full or the listener deaf."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def is_refused(port):
    """Is there no listener, not even a deaf one?"""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        pass
    return False


def has_client(pid):
    """Has the process more sockets than an idle worker, which has two: the
    listener and the channel?"""
    count = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            count += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket")
        except (FileNotFoundError, ProcessLookupError):
            pass
    return count > 2


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def hand_in(listener, command):
    """As a service manager does: descriptor 3, for that pid alone."""
    return ["bash", "-c",
            f"exec 3<&{listener.fileno()}; [ {listener.fileno()} = 3 ] || "
            f"exec {listener.fileno()}<&-; "
            'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command]


class Family:
    """A running 3e with what it said."""

    def __init__(self, *options, stage=STAGE, listener=None, before=(),
                 **popen):
        self.directory = tempfile.mkdtemp(prefix="family-")
        os.chmod(self.directory, 0o755)
        self.log_path = f"{self.directory}/log"
        self.pid_path = f"{self.directory}/pid"
        self.log_file = open(self.log_path, "wb")
        command = [*before, stage, "--port", "0", "--root", "www", "--quiet",
                   "--pid-file", self.pid_path, *options]
        if listener:
            command = hand_in(listener, command)
            popen["pass_fds"] = [listener.fileno()]
        self.process = subprocess.Popen(command, stderr=self.log_file, **popen)
        self.pid = self.process.pid

    def wait_until_ready(self):
        wait_until(lambda: "] ready, with" in self.log() or
                   self.process.poll() is not None, "it is ready")
        if self.process.poll() is not None:
            raise AssertionError("it ended:\n" + self.log())
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    @property
    def port(self):
        return int(re.search(r"listening on http://.*:(\d+)/",
                             self.log()).group(1))

    def send(self, number):
        os.kill(self.pid, number)

    def says(self, text, count=1):
        wait_until(lambda: self.log().count(text) >= count,
                   lambda: f"the log says {text!r} {count} times:\n"
                   f"{self.log()}")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def http(self):
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=PATIENCE)

    def get(self, path):
        connection = self.http()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def status(self):
        return json.loads(self.get("/status.json")[1])

    def workers(self):
        return children_of(self.pid)

    def flood(self, *options, path=""):
        return subprocess.Popen(
            [FLOOD, "--timeout", "15", *options,
             f"127.0.0.1:{self.port}{path}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def is_gone(self):
        return self.process.poll() is not None

    def upgrade(self):
        """To the end: none of the last binary's workers is left."""
        done = self.log().count(UPGRADED)
        self.send(signal.SIGUSR2)
        self.says(UPGRADED, done + 1)

    def end(self):
        try:
            self.send(signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log_file.close()
        shutil.rmtree(self.directory)


class FamilyTest(unittest.TestCase):
    def start(self, *options, **popen):
        family = Family(*options, **popen)
        self.addCleanup(family.end)
        return family.wait_until_ready()

    def comes_slowly_while_told(self, number, words):
        """A request that is coming when the family gets that signal, and says
        these words, is waited for. Returns the family."""
        family = self.start("--workers", "1", "--cgi",
                            "/cgi-bin=part2/cgi-bin")
        with family.connect() as client:
            client.sendall(b"POST /cgi-bin/cat HTTP/1.1\r\nHost: a\r\n"
                           b"Content-Length: 6\r\n\r\n")
            wait_until(lambda: has_client(family.workers()[0]), "it is heard")
            family.send(number)
            family.says(words)
            for byte in b"slowly":
                time.sleep(0.3)  # and so for longer than the silent may stay
                client.sendall(bytes([byte]))
            self.assertIn(b"slowly", client.makefile("rb").read())
        return family

    def all_answered(self, flood, count):
        said = flood.communicate(timeout=600)[0]
        self.assertIn(f"answered {count}  refused 0  reset 0  "
                      "closed early 0  timed out 0", said)
        self.assertIn(f"2xx {count} ", said)
