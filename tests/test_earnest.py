#!/usr/bin/python3
"""test_earnest.py - stage 3e where it is run in earnest: options that limit
workers, workers that spin, grow or attack, and changes under a flood."""
import collections
import contextlib
import grp
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from family import BUILD, STAGE, FamilyTest, has_client, read
from processes import PATIENCE, is_dead, status_field, wait_until

# Says who answers.
APPLICATION = """\
import os, time
hoard = []
def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/grow":
        hoard.append(b"x" * (1 << 20))
        time.sleep(0.02)
    while path == "/spin":
        pass
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""

# All but the innocent write to what is shared with the supervisor, as fast as
# they can, and write down how often.
HOSTILE = APPLICATION + """
import ctypes, random, socket, threading
here = os.path.dirname(__file__)
def seat():
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "scoreboard" in line and " rw-s " in line:
                return [int(end, 16) for end in line.split()[0].split("-")]
def channel():
    for name in os.listdir("/proc/self/fd"):
        try:
            found = socket.socket(fileno=os.dup(int(name)))
        except OSError:
            continue
        if found.family == socket.AF_UNIX:
            return found
def attack():
    while not os.path.exists(here + "/innocent"):
        time.sleep(0.01)
    with open(here + "/innocent") as file:
        if int(file.read()) == os.getpid():
            return
    (begin, end), words, null = seat(), channel(), os.open("/dev/null", 0)
    count = 0
    while True:
        size = end - begin
        for garbage in (os.urandom(size), b"\\xff" * size, bytes(size),
                        (b"\\xff" * 7 + b"\\x7f") * (size // 8)):
            ctypes.memmove(begin, garbage, size)
            for byte in range(256):
                try:
                    socket.send_fds(words, [bytes([byte])], [null] * (byte % 2))
                except OSError:
                    break  # it is full: for now
        count += 1
        with open(f"{here}/attacks.{os.getpid()}", "w") as file:
            file.write(str(count))
        time.sleep(0)
threading.Thread(target=attack, daemon=True).start()
"""

needs_python = unittest.skipUnless(
    os.path.exists(f"{BUILD}/wsgi.so"), "built without Python: "
    "NOT TESTED WITH APPLICATIONS")
needs_root = unittest.skipUnless(
    os.geteuid() == 0, "only root has groups to leave: --group NOT TESTED")
needs_strace = unittest.skipUnless(
    shutil.which("strace"), "strace is not installed: NOT TESTED THAT SIGNALS "
    "GO BY PIDFD")


class EarnestTest(FamilyTest):
    def directory(self):
        made = subprocess.run(["mktemp", "-d"], capture_output=True, text=True,
                              check=True).stdout.strip()
        self.addCleanup(shutil.rmtree, made)
        os.chmod(made, 0o755)
        return made

    def write(self, path, text):
        """In one step, as whoever installs a new version."""
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def with_application(self, text, *options):
        """A family whose application can be found in its `source`."""
        directory = self.directory()
        source = f"{directory}/application.py"
        self.write(source, text)
        family = self.start("--wsgi", "/=application:app", "--wsgi-path",
                            directory, "--status", "/status", *options)
        family.source = source
        return family

    def with_events(self, *options):
        """A family that writes its events to its `events`."""
        events = f"{self.directory()}/events"
        family = self.start("--events", events, *options)
        family.events = events
        return family

    @staticmethod
    def events(family, name=None):
        events = [json.loads(line) for line in read(family.events).split("\n")
                  if line.endswith("}")]
        return [event for event in events if name in (None, event["event"])]

    @contextlib.contextmanager
    def flooded(self, family, *options, path=""):
        """Requests without a pause while the block lasts, and none of them
        is lost."""
        flood = family.flood("-n", "10000000", "-c", "6", *options, "--json",
                             path=path)
        try:
            # Its clients are there: it has begun.
            wait_until(lambda: any(has_client(pid) for pid in
                                   family.workers()), "it has begun")
            yield
        finally:
            flood.send_signal(signal.SIGINT)
            said = json.loads(flood.communicate(timeout=PATIENCE)[0])
        self.answered = said["status_2xx"]
        lost = {kind: said[kind] for kind in (
            "refused", "reset", "closed_early", "timed_out", "errors",
            "status_3xx", "status_4xx", "status_5xx") if said[kind]}
        self.assertEqual(lost, {}, family.log())
        self.assertGreater(self.answered, 0)


def tend(pid):
    """Let the supervisor have a turn, and wait for its end."""
    chld = 1 << (signal.SIGCHLD - 1)
    os.kill(pid, signal.SIGCHLD)
    wait_until(lambda: not int(status_field(pid, "ShdPnd"), 16) & chld and
               status_field(pid, "State")[0] == "S", "it had a turn")


class Recycles(EarnestTest):
    def test_enough_requests_are_a_number_give_or_take_a_tenth(self):
        family = self.with_events("--workers", "2", "--max-requests", "100")

        def ended():
            return self.events(family, "exit")

        def ask_until_ended(count):
            for _ in range(500):
                started = family.log().count(": spawn")
                family.get("/hello.txt")
                tend(family.pid)
                if family.log().count(": spawn") > started:
                    break
            wait_until(lambda: len(ended()) == count, "it has gone")
        ask_until_ended(1)
        ask_until_ended(2)
        counts = [event["requests"] for event in ended()]
        self.assertEqual([event["why"] for event in ended()],
                         2 * ["enough requests"])
        self.assertTrue(all(90 <= count <= 110 for count in counts), counts)
        self.assertEqual(len(set(counts)), 2, "not all at the same moment")

    def test_under_a_flood_nobody_notices(self):
        family = self.with_events("--workers", "3", "--max-requests", "200")
        for keep in ([], ["--keep"]):
            with self.flooded(family, *keep, path="/hello.txt"):
                before = len(self.events(family, "exit"))
                wait_until(lambda before=before: len(
                    self.events(family, "exit")) >= before + 5,
                    "five have been replaced")
        for event in self.events(family, "exit"):
            self.assertEqual((event["why"], event["code"]),
                             ("enough requests", 0))
            self.assertGreaterEqual(event["requests"], 180)
        wait_until(lambda: len(family.workers()) == 3, "there are three")

    @needs_python
    def test_too_much_memory_is_given_back(self):
        idle = self.with_application(APPLICATION, "--workers", "1")
        idle.get("/")
        fresh = self.resident_mib(idle.workers()[0])
        family = self.with_application(
            APPLICATION, "--workers", "2", "--max-memory", str(fresh + 40))
        with self.flooded(family, path="/grow"):
            family.says("drain: too much memory", 3)
        wait_until(lambda: len(family.workers()) == 2 and
                   max(map(self.resident_mib, family.workers())) <= fresh + 40,
                   "all are small again")

    @staticmethod
    def resident_mib(pid):
        return int((status_field(pid, "VmRSS") or "0").split()[0]) // 1024 + 1


class Signals(EarnestTest):
    def test_a_worker_has_no_signal_blocked_or_ignored(self):
        def be_a_bad_parent():
            for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD,
                           signal.SIGUSR1):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        family = self.start("--workers", "1", preexec_fn=be_a_bad_parent)
        worker = family.workers()[0]
        family.get("/hello.txt")  # it has done all that it does at its start
        self.assertEqual(int(status_field(worker, "SigBlk"), 16), 0)
        # PIPE: a client that left is an error. 32 and 33 are glibc's own.
        expected = {signal.SIGPIPE, 32, 33}
        ignored = int(status_field(worker, "SigIgn"), 16)
        self.assertEqual({number for number in range(1, 65)
                          if ignored >> (number - 1) & 1} - expected, set())
        # And so it can be asked for a core, and aborts.
        os.kill(worker, signal.SIGABRT)
        family.says("killed by signal 6 (Aborted)")

    @needs_strace
    def test_they_go_by_pidfd_and_so_to_no_stranger(self):
        # Who is traced cannot look for its own leaks.
        family = self.start(
            "--workers", "2", "--beat-timeout", "1",
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        trace = f"{self.directory()}/trace"
        tracer = subprocess.Popen(
            ["strace", "-o", trace, "-p", str(family.pid), "-e",
             "trace=kill,tkill,tgkill,pidfd_send_signal"],
            stderr=subprocess.DEVNULL)
        self.addCleanup(tracer.wait)
        self.addCleanup(tracer.terminate)
        wait_until(lambda: status_field(family.pid, "TracerPid") ==
                   str(tracer.pid), "it is watched")
        os.kill(family.workers()[0], signal.SIGSTOP)
        family.says("(Aborted)")
        family.send(signal.SIGINT)
        self.assertEqual(family.process.wait(PATIENCE), 130)
        tracer.wait(PATIENCE)
        sent = read(trace)
        for name in ("SIGABRT", "SIGCONT", "SIGKILL"):
            self.assertRegex(sent, rf"(?m)^pidfd_send_signal\(\d+, {name}, "
                             r"NULL, 0\) += 0")
        # But for groups, while the body of who led it is there.
        self.assertNotRegex(sent, r"(?m)^(t|tg)?kill\(\d")


@needs_python
class Misbehave(EarnestTest):
    def test_one_that_spins_is_replaced_within_its_limit(self):
        directory = self.directory()
        self.write(f"{directory}/application.py", APPLICATION)
        family = self.with_events(
            "--wsgi", "/=application:app", "--wsgi-path", directory,
            "--workers", "2", "--request-timeout", "1")
        with family.connect() as client:
            client.sendall(b"GET /spin HTTP/1.0\r\n\r\n")
            spinner = wait_until(
                lambda: [pid for pid in family.workers() if has_client(pid) and
                         status_field(pid, "State")[0] == "R"], "it spins")[0]
            for _ in range(20):  # the other one answers
                self.assertNotEqual(int(family.get("/")[1]), spinner)
                self.assertEqual(status_field(spinner, "State")[0], "R")
            self.assertEqual(client.makefile("rb").read(), b"")
        family.says("suspect: its request takes too long")
        wait_until(lambda: self.events(family, "exit"), "it has gone")
        ended = self.events(family, "exit")[0]
        self.assertEqual((ended["pid"], ended["signal"]),
                         (spinner, signal.SIGABRT))
        wait_until(lambda: len(family.workers()) == 2, "there are two again")
        self.assertEqual(family.get("/")[0], 200)

    def test_a_hostile_one_harms_no_other(self):
        directory = self.directory()
        self.write(f"{directory}/application.py", HOSTILE)
        family = self.with_events(
            "--wsgi", "/=application:app", "--wsgi-path", directory,
            "--status", "/status", "--workers", "2", "--beat-timeout", "2",
            "--max-requests", "1000000", "--max-memory", "100000")
        connection = family.http()
        self.addCleanup(connection.close)

        def ask(path="/"):
            connection.request("GET", path)
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            return answer.read()
        innocent = int(ask())
        descriptors = len(os.listdir(f"/proc/{family.pid}/fd"))
        self.write(f"{directory}/innocent", str(innocent))

        def is_attacked_enough():
            for _ in range(10):
                self.assertEqual(int(ask()), innocent)
                json.loads(ask("/status.json"))
            return sum(int(read(f"{directory}/{name}") or 0) for name in
                       os.listdir(directory) if "attacks" in name) > 30
        # The family backs off: an attacker comes every five seconds at last.
        wait_until(is_attacked_enough, "there were enough attacks",
                   5 * PATIENCE)
        self.assertEqual(int(ask()), innocent)
        self.assertIn(innocent, family.workers())
        self.assertFalse(family.is_gone())
        # It has nothing more open than for a worker or two that have come.
        self.assertLessEqual(len(os.listdir(f"/proc/{family.pid}/fd")),
                             descriptors + 4)
        self.assertEqual([event["event"] for event in self.events(family)
                          if event.get("pid") == innocent], ["spawn", "ready"])


class Shows(EarnestTest):
    def test_the_age_of_the_oldest_body(self):
        family = self.start("--workers", "3")
        connection = family.http()
        self.addCleanup(connection.close)

        def status():
            connection.request("GET", "/status.json")
            return json.loads(connection.getresponse().read())

        def who_answers():
            return {pid for pid in family.workers() if has_client(pid)}
        self.assertEqual(status()["oldest_zombie_ms"], 0)
        victim = (set(family.workers()) - who_answers()).pop()
        family.send(signal.SIGSTOP)
        self.addCleanup(family.send, signal.SIGCONT)
        wait_until(lambda: status_field(family.pid, "State")[0] == "T",
                   "nobody buries the dead")
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: is_dead(victim), "there is a body")
        began = time.monotonic()
        first = status()
        self.assertEqual(first["zombies"], 1)
        wait_until(lambda: time.monotonic() - began > 0.5, "time has passed")
        waited = (time.monotonic() - began) * 1000
        second = status()
        # Both are read between two looks of ours.
        self.assertGreaterEqual(second["oldest_zombie_ms"], waited)
        self.assertGreater(second["oldest_zombie_ms"],
                           first["oldest_zombie_ms"])
        family.send(signal.SIGCONT)
        wait_until(lambda: status()["zombies"] == 0, "it is buried")
        self.assertEqual(status()["oldest_zombie_ms"], 0)

    def test_events_are_json_and_tell_the_truth(self):
        count, began = 3000, time.monotonic()
        family = self.with_events("--workers", "3")
        flood = family.flood("-n", str(count), "-c", "6", path="/hello.txt")
        self.all_answered(flood, count)
        family.send(signal.SIGHUP)
        wait_until(lambda: len(self.events(family, "exit")) == 3,
                   "all are replaced")
        os.kill(family.workers()[0], signal.SIGSEGV)
        wait_until(lambda: len(self.events(family, "exit")) == 4, "it is dead")
        wait_until(lambda: len(self.events(family, "ready")) == 7,
                   "it is replaced")
        family.send(signal.SIGTERM)
        self.assertEqual(family.process.wait(PATIENCE), 0)
        elapsed = time.monotonic() - began

        exits = self.events(family, "exit")
        self.assertEqual(len(exits), 7)
        self.assertEqual(sum(event["requests"] for event in exits), count)
        for event in exits:
            self.assertLessEqual(event["age"], elapsed)
            self.assertGreater(event["age"], 0)
            self.assertLessEqual(event["utime"] + event["stime"], elapsed)
            self.assertGreaterEqual(min(event["utime"], event["stime"]), 0)
            self.assertGreater(event["maxrss_kib"], 500)
            self.assertLess(event["maxrss_kib"], 1 << 20)
        self.assertGreater(sum(event["stime"] for event in exits), 0)
        self.assertEqual(collections.Counter(
            (event.get("signal"), event.get("code")) for event in exits),
            {(None, 0): 6, (signal.SIGSEGV, None): 1})
        self.assertEqual(collections.Counter(
            event.get("why") for event in exits),
            {"reload": 3, "stop": 3, None: 1})
        lives = collections.defaultdict(list)
        for event in self.events(family):
            lives[event["pid"]].append(event)
        for life in lives.values():
            names = [event["event"] for event in life]
            self.assertIn(names, (["spawn", "ready", "drain", "exit"],
                                  ["spawn", "ready", "exit"]))
            ages = [event["age"] for event in life]
            self.assertEqual(ages, sorted(ages))
            self.assertEqual(len({(event["slot"], event["generation"])
                                  for event in life}), 1)
        times = [event["time"] for event in self.events(family)]
        self.assertLessEqual(max(times) - min(times), elapsed)


class Options(EarnestTest):
    @needs_root
    def test_a_group_alone_leaves_those_of_root(self):
        group = grp.getgrall()[-1]
        family = self.start("--workers", "1", "--group", group.gr_name,
                            extra_groups=[0, 4242])
        worker = family.workers()[0]
        self.assertEqual(status_field(worker, "Gid").split(),
                         4 * [str(group.gr_gid)])
        self.assertEqual(status_field(worker, "Uid").split(), 4 * ["0"])
        self.assertEqual(status_field(worker, "Groups"), "")
        self.assertEqual(status_field(family.pid, "Groups"), "0 4242")
        self.assertEqual(family.get("/hello.txt")[0], 200)

    def test_who_drains_for_too_long_is_cut(self):
        family = self.with_events("--workers", "2", "--drain-timeout", "1")
        with family.connect() as client:
            client.sendall(b"GET /slow?ms=60000 HTTP/1.0\r\n\r\n")
            wait_until(lambda: any(has_client(pid) for pid in
                                   family.workers()), "it is busy")
            family.send(signal.SIGTERM)
            self.assertEqual(family.process.wait(PATIENCE), 4)
        told, killed = [self.events(family, name)[-1]["time"]
                        for name in ("drain", "kill")]
        self.assertGreater(killed - told, 0.9)
        self.assertLess(killed - told, 8)  # what it is without the option
        self.assertEqual(self.events(family, "exit")[-1]["signal"],
                         signal.SIGKILL)

    @needs_python
    def test_who_starts_for_too_long_is_killed(self):
        family = self.with_application(APPLICATION, "--workers", "1",
                                       "--start-timeout", "1")
        before = family.workers()
        self.write(family.source, "import time\ntime.sleep(1000)\n")
        family.send(signal.SIGHUP)
        family.says("): kill", 2)
        ages = re.findall(r"killed by signal 9 \(Killed\) after ([\d.]+) s",
                          family.log())
        self.assertTrue(ages and float(ages[0]) < 10, family.log())
        family.says("cannot start")
        self.assertEqual(family.workers(), before)
        self.assertEqual(family.get("/")[0], 200)


class UnderAFlood(EarnestTest):
    @needs_python
    def test_a_broken_generation_costs_nothing(self):
        family = self.with_application(APPLICATION, "--workers", "2")
        with self.flooded(family):
            self.write(family.source, "raise RuntimeError('broken')\n")
            family.send(signal.SIGHUP)
            family.says("cannot start")
            self.assertEqual(family.log().count("drain: reload"), 0)
            self.write(family.source, APPLICATION)
            family.send(signal.SIGHUP)
            family.says("drain: reload", 2)
        wait_until(lambda: len(family.workers()) == 2, "there are two")

    def test_workers_are_added_and_taken_away(self):
        family = self.start("--workers", "2", "--max-workers", "6")
        with self.flooded(family):
            for _ in range(3):
                for number, count in ((signal.SIGTTIN, 5), (signal.SIGTTOU, 2)):
                    for _ in range(3):
                        family.send(number)
                        tend(family.pid)  # a signal is no count
                    wait_until(lambda count=count: len(family.workers()) ==
                               count, f"there are {count}")
        self.assertEqual(family.log().count("drain: too many workers"), 9)

    def test_spare_workers_come_for_it(self):
        family = self.start("--workers", "1", "--max-workers", "3")
        with self.flooded(family, path="/slow?ms=30"):
            wait_until(lambda: len(family.workers()) == 3, "there are three")

    def test_rotated_logs_lose_no_line(self):
        # Says what it is asked for, and writes that to its log by itself.
        loud = f"{self.directory()}/3e_supervised"
        self.write(loud, "#!/bin/sh\nfor word; do shift\n"
                   '[ "$word" = --quiet ] || set -- "$@" "$word"\ndone\n'
                   f'exec {STAGE} --log "$(readlink /proc/$$/fd/2)" "$@"\n')
        os.chmod(loud, 0o755)
        family = self.start("--workers", "3", stage=loud)
        rotated = []

        def rotate():
            rotated.append(f"{family.log_path}.{len(rotated)}")
            os.rename(family.log_path, rotated[-1])
            family.send(signal.SIGUSR1)
            wait_until(lambda: os.path.exists(family.log_path),
                       "it is opened anew")

        def lines():
            return [read(path).count('"GET /hello.txt')
                    for path in (*rotated, family.log_path)]
        count = 30000
        flood = family.flood("-n", str(count), "-c", "6", path="/hello.txt")
        while flood.poll() is None:
            rotate()
            wait_until(lambda: lines()[-1] or flood.poll() is not None,
                       "a worker writes to the new file")
        self.all_answered(flood, count)
        wait_until(lambda: sum(lines()) == count, lambda: str(lines()))
        self.assertGreater(sum(map(bool, lines())), 1, lines())


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
