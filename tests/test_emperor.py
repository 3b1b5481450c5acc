#!/usr/bin/python3
"""test_emperor.py - forkyard-init around a directory of services: files that
come, change and go; services that misbehave; programs of other people."""
import contextlib
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from processes import (PATIENCE, free_port, held_at_its_end, is_dead,
                       read_proc, status_field, wait_until)

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
INIT = f"{BUILD}/3f_emperor"
PYTHON = "/usr/bin/python3"
SLEEP = "command = sleep 1000\nstart-time = 0.1\n"
DEAF = ("command = sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\n"
        "start-time = 0.1\n")
# Says which signals it gets, and ends by TERM or INT.
LISTENER = (f"command = {PYTHON} -u {{directory}}/listener.py\n"
            "start-time = 0.1\nlog = {directory}/said\n")
LISTENER_PY = """\
import os, signal, sys, time
def write(*words):  # in one piece: others write to the same file
    os.write(1, (" ".join(str(word) for word in words) + "\\n").encode())
def say(number, frame):
    write("heard", number)
    if number in (2, 15):
        sys.exit(0)
for number in (1, 2, 10, 15):
    signal.signal(number, say)
write("up", os.getpid(), os.getcwd(), os.environ.get("FORKYARD_INSTANCE"),
      os.environ.get("A"), os.environ.get("NOTIFY_SOCKET"))
while True:
    time.sleep(0.1)
"""


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def answers(port, path="/"):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status
    except (OSError, http.client.HTTPException):
        return 0


class EmperorTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="emperor-")
        os.chmod(self.directory, 0o755)
        self.addCleanup(shutil.rmtree, self.directory)
        self.vassals = f"{self.directory}/vassals"
        os.mkdir(self.vassals)
        self.log_path = f"{self.directory}/log"
        self.write("listener.py", LISTENER_PY)

    def write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def put(self, name, text):
        """A vassal's file, in one step."""
        path = self.write("new", text.replace("{directory}", self.directory))
        os.rename(path, f"{self.vassals}/{name}.ini")

    def remove(self, name):
        os.unlink(f"{self.vassals}/{name}.ini")

    def touch(self, name):
        os.utime(f"{self.vassals}/{name}.ini")

    def start(self, *options, before=(), **popen):
        before_it = self.log().count("] ready, with")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*before, INIT, "--vassals", self.vassals, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, **popen)
        self.addCleanup(self.end)
        self.says("] ready, with", before_it + 1)

    def end(self):
        """Kill it, and whoever it failed to end."""
        pids = [pid for vassal in self.last_status
                for pid in self.pids_of(vassal)]
        self.process.kill()
        self.process.wait()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    last_status = []

    def log(self):
        return read(self.log_path)

    def says(self, text, count=1):
        wait_until(lambda: self.log().count(text) >= count,
                   lambda: f"{text!r} is said {count} times:\n{self.log()}")

    def status(self):
        done = subprocess.run([INIT, "status", "--json", self.vassals],
                              capture_output=True, text=True, check=True,
                              timeout=PATIENCE)
        self.last_status = json.loads(done.stdout)
        return {vassal["name"]: vassal for vassal in self.last_status}

    @staticmethod
    def pids_of(vassal):
        return [instance["pid"] for instance in vassal["instances"]
                if instance["pid"]]

    def pids(self, name):
        return self.pids_of(self.status()[name])

    def listens(self, count=1):
        """Wait until so many LISTENERs have written that they are up."""
        wait_until(lambda: read(f"{self.directory}/said").count("up ") >= count,
                   "they listen")

    def becomes(self, name, state):
        """Wait until the vassal is in this state; returns its status."""
        def is_so():
            vassal = self.status().get(name)
            return vassal if vassal and vassal["state"] == state else None
        return wait_until(is_so, lambda: f"{name} is {state}:\n{self.log()}")


class Files(EmperorTest):
    def test_a_file_starts_what_it_says(self):
        self.put("early", SLEEP)
        self.start()
        self.becomes("early", "up")
        self.put("late", SLEEP + "instances = 3\n")
        self.becomes("late", "up")
        self.assertEqual(len(set(self.pids("late"))), 3)
        self.assertEqual(self.status()["early"]["instances"][0]["restarts"], 0)

    def test_a_file_written_in_place_is_read_when_it_is_whole(self):
        self.start()
        with open(f"{self.vassals}/slow.ini", "w", encoding="ascii") as file:
            file.write("command = sle")
            file.flush()
            self.put("other", SLEEP)  # it makes the emperor look
            self.becomes("slow", "held")
            file.write("ep 1000\nstart-time = 0.1\n")
        self.becomes("slow", "up")

    def test_a_removed_file_stops_it(self):
        self.put("one", LISTENER)
        self.put("two", SLEEP)
        self.start()
        self.listens()
        pid = self.pids("one")[0]
        self.remove("one")
        wait_until(lambda: "one" not in self.status(), "one has left")
        self.assertTrue(is_dead(pid))
        self.assertIn("heard 15", read(f"{self.directory}/said"))
        self.assertEqual(self.becomes("two", "up")["instances"][0]["restarts"],
                         0)

    def test_a_touched_file_restarts_one_instance_after_the_other(self):
        self.put("web", LISTENER + "instances = 3\n")
        self.start()
        self.becomes("web", "up")
        before = self.pids("web")
        self.touch("web")
        self.says("web 2 (pid", 5)  # spawn ready drain exit spawn
        self.becomes("web", "up")
        after = self.pids("web")
        self.assertFalse(set(before) & set(after))
        # Never is another one told to go before the last one is back.
        down = 0
        for line in self.log().split("web: reload")[1].split("\n"):
            down += "drain: reload" in line
            self.assertLessEqual(down, 1, self.log())
            down -= ": ready" in line

    def test_a_changed_file_changes_it(self):
        self.put("web", LISTENER + "environment = A=one\n")
        self.start()
        self.becomes("web", "up")
        self.put("web", LISTENER + "environment = A=two\ninstances = 2\n")
        wait_until(lambda: " two None" in read(f"{self.directory}/said"),
                   "it has the new environment")
        wait_until(lambda: self.status()["web"]["up"] == 2, "there are two")
        self.assertRegex(read(f"{self.directory}/said"),
                         r"(?m)^up \d+ \S+ 1 two None$")

    def test_reload_by_signal_keeps_the_process(self):
        self.put("web", LISTENER + "reload-signal = HUP\ninstances = 2\n")
        self.start()
        self.listens(2)
        before = self.pids("web")
        self.touch("web")
        wait_until(lambda: read(f"{self.directory}/said").count("heard 1\n")
                   == 2, "both have heard")
        self.assertEqual(self.pids("web"), before)
        # But another environment needs another process.
        self.put("web", LISTENER + "reload-signal = HUP\ninstances = 2\n"
                 "environment = A=two\n")
        wait_until(lambda: read(f"{self.directory}/said").count("two") == 2,
                   "both have it")

    def test_hup_looks_again_at_what_inotify_does_not_see(self):
        elsewhere = f"{self.directory}/elsewhere"
        os.mkdir(elsewhere)
        target = self.write("elsewhere/web.conf", SLEEP)
        os.symlink(target, f"{self.vassals}/web.ini")
        self.start()
        self.becomes("web", "up")
        before = self.pids("web")
        self.write("elsewhere/web.conf", SLEEP + "instances = 2\n")
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.status()["web"]["up"] == 2 and
                   before[0] not in self.pids("web"), "there are two new ones")

    def test_hup_alone_restarts_nobody(self):
        self.put("web", SLEEP)
        self.start()
        self.becomes("web", "up")
        before = self.pids("web")
        self.put("other", SLEEP)
        self.process.send_signal(signal.SIGHUP)
        self.becomes("other", "up")
        self.assertEqual(self.pids("web"), before)

    def test_without_its_directory_it_goes_on(self):
        self.put("web", SLEEP)
        self.start("--control", f"{self.directory}/socket")
        says = f"{self.directory}/socket"
        os.rename(self.vassals, self.vassals + ".away")
        self.process.send_signal(signal.SIGHUP)
        self.says("going on as we are")
        shown = subprocess.run([INIT, "status", says], capture_output=True,
                               text=True, check=True, timeout=PATIENCE).stdout
        self.assertRegex(shown, r"(?m)^web +(up|starting)")
        # Another directory in its place is found, and watched from then on.
        os.mkdir(self.vassals)
        self.process.send_signal(signal.SIGHUP)
        self.says("web: stop")
        self.put("new", SLEEP)
        self.says("new 0 (pid")
        shutil.rmtree(self.vassals + ".away")


class Broken(EmperorTest):
    def test_a_broken_file_is_held_back_and_the_others_live(self):
        self.put("bad", "command = true\nnonsense = 1\n")
        self.put("good", SLEEP)
        self.start()
        self.becomes("good", "up")
        bad = self.status()["bad"]
        self.assertEqual((bad["state"], bad["held"], bad["instances"]),
                         ("held", "line 2: unknown key 'nonsense'", []))
        self.says("bad is held back: line 2: unknown key 'nonsense'")
        self.put("bad", SLEEP)
        self.assertIsNone(self.becomes("bad", "up")["held"])

    def test_the_old_version_outlives_a_broken_change(self):
        self.put("web", SLEEP)
        self.start()
        self.becomes("web", "up")
        before = self.pids("web")
        self.put("web", "command = no-such-program\n")
        self.says("the old version goes on")
        web = self.status()["web"]
        self.assertEqual(web["state"], "up")
        self.assertEqual(web["held"], "there is no program 'no-such-program'")
        self.assertEqual(self.pids("web"), before)
        # It is that one that comes back after a death.
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: self.pids("web") not in ([], before), "it is back")

    def test_the_old_version_comes_back_if_the_new_one_cannot_live(self):
        self.put("web", LISTENER + "instances = 2\n")
        self.start()
        self.becomes("web", "up")
        before = self.pids("web")
        self.put("web", "command = sh -c 'exit 7'\ninstances = 2\n")
        self.says("instance 0 of the new version failed, the old one goes on")
        wait_until(lambda: self.status()["web"]["up"] == 2, "both are up")
        after = self.pids("web")
        self.assertEqual(after[1], before[1])  # it never was touched
        self.assertNotEqual(after[0], before[0])
        self.assertIn("failed", self.status()["web"]["held"])

    def test_a_crash_loop_is_bounded_and_harms_nobody(self):
        self.put("crash", "command = false\n")
        self.put("good", SLEEP)
        self.start()
        self.becomes("good", "up")
        self.becomes("crash", "failing")
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 4, "time has passed")
        # 0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2 s: the seventh at 3.1 s.
        births = self.status()["crash"]["instances"][0]["restarts"] + 1
        self.assertLessEqual(births, 8)
        self.assertGreaterEqual(births, 4)
        self.assertEqual(self.status()["good"]["instances"][0]["restarts"], 0)

    def test_the_emperor_sleeps_while_a_vassal_may_not_be_forked(self):
        """Many instances use up the budget; that is no reason to spin."""
        self.put("crash", "command = false\ninstances = 32\n")
        self.start()

        self.becomes("crash", "failing")
        began, states = time.monotonic(), []

        def has_been_watched():
            states.append(status_field(self.process.pid, "State")[0])
            return time.monotonic() - began > 6
        wait_until(has_been_watched, "it has been watched")
        self.assertLess(states.count("R"), len(states) / 4, states)

    def test_a_fork_that_must_wait_is_no_failure(self):
        """With it the new version would have failed twice."""
        count, spare = 6, 4
        self.put("web", SLEEP + f"instances = {count}\n")
        self.start()
        self.becomes("web", "up")

        def the_budget_is_used_up():
            for pid in self.pids("web"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return self.log().count(": spawn") >= 2 * count + spare
        wait_until(the_budget_is_used_up, "enough have been started")
        self.put("web", "command = sh -c '[ -e {directory}/once ] && "
                 "exec sleep 1000; touch {directory}/once; exit 1'\n"
                 f"start-time = 0.1\ninstances = {count}\n")
        wait_until(lambda: os.path.exists(f"{self.directory}/once"),
                   "one has failed")
        self.becomes("web", "up")
        self.assertNotIn("failed, the old one goes on", self.log())

    def test_no_place_takes_all_the_forks_that_there_may_be(self):
        self.put("web", "command = sh -c '[ $FORKYARD_INSTANCE -lt 8 ] && "
                 "exit 1; exec sleep 1000'\ninstances = 10\n"
                 "start-time = 0.1\n")
        self.start()
        wait_until(lambda: self.status()["web"]["up"] == 2, "two are up")

        def all_forks_are_used_up():
            log = self.log()
            return log.count(": spawn") >= 10 + 14
        wait_until(all_forks_are_used_up, "nothing is left of the budget")

        def pid_of_the_last():
            return self.status()["web"]["instances"][-1]["pid"]
        last = pid_of_the_last()
        os.kill(last, signal.SIGKILL)
        wait_until(lambda: pid_of_the_last() not in (0, last), "it is back")

    def test_two_never_look_after_one_directory(self):
        self.start()
        second = subprocess.run([INIT, "--vassals", self.vassals],
                                capture_output=True, text=True, check=False,
                                timeout=PATIENCE)
        self.assertEqual(second.returncode, 1)
        self.assertIn("Address already in use", second.stderr)
        # A dead one is no obstacle.
        self.process.kill()
        self.process.wait()
        self.start()


class Instances(EmperorTest):
    def test_who_dies_is_replaced(self):
        self.put("web", SLEEP + "instances = 2\n")
        self.start()
        self.becomes("web", "up")
        first, second = self.pids("web")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: self.status()["web"]["up"] == 2 and
                   self.pids("web")[0] != first, "it is back")
        self.assertEqual(self.pids("web")[1], second)
        self.says("killed by signal 9 (Killed)")

    def test_how_it_ended_decides(self):
        for restart, command, count in (
                ("never", "exit 1", 1), ("on-failure", "exit 0", 1),
                ("on-failure", "exit 1", 3), ("always", "exit 0", 3)):
            name = f"{restart}-{command[-1]}"
            self.put(name, f"command = sh -c 'echo x >>{self.directory}/"
                     f"{name}; {command}'\nrestart = {restart}\n")
        self.start()
        for name, count in (("always-0", 3), ("on-failure-1", 3)):
            wait_until(lambda name=name, count=count: len(
                read(f"{self.directory}/{name}")) >= 2 * count, name)
        for name in ("never-1", "on-failure-0"):
            self.becomes(name, "done")
            self.assertEqual(read(f"{self.directory}/{name}"), "x\n")

    def test_who_ignores_the_stop_signal_is_killed_with_all_its_group(self):
        self.put("deaf", "command = sh -c 'trap \"\" TERM; sleep 1000 & "
                 f"echo $! $$ >{self.directory}/pids; wait'\n"
                 "stop-time = 0.3\nstart-time = 0.1\n")
        self.start()
        self.becomes("deaf", "up")
        pids = read(f"{self.directory}/pids").split()
        self.remove("deaf")
        wait_until(lambda: all(is_dead(pid) for pid in pids), "both are dead")
        self.says("deaf 0 (pid", 4)
        self.says(": kill: stop")

    def test_what_a_dead_one_left_in_its_group_goes_with_it(self):
        self.put("parent", "command = sh -c 'sleep 1000 & "
                 f"echo $! >>{self.directory}/pids; exit 1'\n")
        self.start()
        wait_until(lambda: read(f"{self.directory}/pids").count("\n") >= 2,
                   "it was started twice")
        first = read(f"{self.directory}/pids").split()[0]
        self.assertTrue(is_dead(first))
        self.remove("parent")

    def test_the_stop_signal_is_the_vassal_s(self):
        self.put("web", LISTENER + "stop-signal = INT\n")
        self.start()
        self.listens()
        self.remove("web")
        wait_until(lambda: not self.status(), "it has left")
        self.assertIn("heard 2", read(f"{self.directory}/said"))
        self.assertNotIn("heard 15", read(f"{self.directory}/said"))

    def test_a_stopped_one_is_ended_as_well(self):
        self.put("web", LISTENER)
        self.start()
        self.listens()
        os.kill(self.pids("web")[0], signal.SIGSTOP)
        self.remove("web")
        wait_until(lambda: not self.status(), "it has left")
        self.assertIn("heard 15", read(f"{self.directory}/said"))

    def test_its_start_is_clean(self):
        os.mkdir(f"{self.directory}/own", 0o777)
        self.put("web", LISTENER + f"directory = {self.directory}/own\n"
                 "environment = A=b\numask = 027\nfiles = 99\nmemory = 500\n")
        with open("/etc/passwd", "rb") as left_open:
            self.start(env=dict(os.environ, NOTIFY_SOCKET="/no/such"),
                       pass_fds=[left_open.fileno()])
        self.listens()
        pid = self.pids("web")[0]
        self.assertEqual(read(f"{self.directory}/said"),
                         f"up {pid} {self.directory}/own 0 b None\n")
        for mask in ("SigPnd", "SigBlk"):
            self.assertEqual(int(status_field(pid, mask), 16), 0)
        self.assertEqual(status_field(pid, "Umask"), "0027")
        self.assertEqual(status_field(pid, "NoNewPrivs"), "1")
        limits = read_proc(pid, "limits")
        self.assertRegex(limits, r"Max open files\s+99\s+99")
        self.assertRegex(limits, r"Max address space\s+524288000\s+524288000")
        self.assertEqual(sorted(os.listdir(f"/proc/{pid}/fd")),
                         ["0", "1", "2"])
        self.assertEqual(os.readlink(f"/proc/{pid}/fd/0"), "/dev/null")
        self.assertEqual(os.getpgid(pid), pid)

    def test_short_of_descriptors_it_still_tells_all_to_go(self):
        few, count = 12, 16  # so there is not one more for each of them
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self.put("web", LISTENER + f"instances = {count}\nfiles = 64\n"
                 "stop-time = 600\n")
        self.start(preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (few, most)))
        self.listens(count)
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE,
                         (most, most))
        self.remove("web")
        wait_until(lambda: not self.status(), lambda: "all are gone\n" +
                   self.log())
        self.assertEqual(
            read(f"{self.directory}/said").count("heard 15\n"), count)

    def test_a_greedy_one_is_stopped_by_its_limit(self):
        self.put("greedy", f"command = {PYTHON} -c 'x = bytearray(400 << 20)'\n"
                 f"memory = 200\nrestart = never\nlog = {self.directory}/said\n")
        self.put("good", SLEEP)
        self.start()
        self.becomes("greedy", "done")
        self.assertIn("MemoryError", read(f"{self.directory}/said"))
        self.becomes("good", "up")

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another: "
                         "USER AND GROUP NOT TESTED")
    def test_it_becomes_another_user(self):
        self.put("web", LISTENER + "user = nobody\n")
        self.start()
        self.listens()
        pid = self.pids("web")[0]
        self.assertNotIn("0", status_field(pid, "Uid").split())
        self.assertNotIn("0", status_field(pid, "Gid").split())
        # and goes with a killed emperor though it changed its user
        self.process.kill()
        self.process.wait()
        wait_until(lambda: is_dead(pid), "it is dead")
        self.assertIn("heard 15", read(f"{self.directory}/said"))


class Ends(EmperorTest):
    def everyone(self, count):
        """The pids of so many vassals, when all are up."""
        wait_until(lambda: [vassal["state"] for vassal in
                            self.status().values()] == count * ["up"],
                   lambda: f"{count} are up:\n{self.log()}")
        return [pid for vassal in self.last_status
                for pid in self.pids_of(vassal)]

    def test_term_stops_all_at_once(self):
        for name in ("one", "two", "three"):
            self.put(name, "command = sh -c 'trap \"touch {directory}/"
                     f"told.{name}; exit\" TERM; "
                     "while :; do sleep 0.05; done'\nstart-time = 0.1\n")
        # And this one goes when all the others have been told.
        self.put("waits", "command = sh -c 'trap \"while [ "
                 "\\$(ls {directory} | grep -c told) -lt 3 ]; "
                 "do sleep 0.05; done; exit\" TERM; "
                 "while :; do sleep 0.05; done'\nstart-time = 0.1\n"
                 "stop-time = 600\n")
        self.start("--grace", "0")
        self.everyone(4)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def test_one_grace_holds_for_all(self):
        for options in ([], ["--in-order"]):
            with self.subTest(options=options):
                for i in range(5):
                    self.put(f"deaf{i}", DEAF + "stop-time = 600\n")
                self.start("--grace", "1", *options)
                pids = self.everyone(5)
                self.process.send_signal(signal.SIGTERM)
                self.assertEqual(self.process.wait(PATIENCE), 4)
                self.assertTrue(all(is_dead(pid) for pid in pids))
                self.says("5 vassals run 1000 ms after being told to stop")

    def test_time_for_which_all_were_stopped_does_not_count(self):
        self.put("slow", "command = sh -c 'trap \"touch {directory}/told; "
                 "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done; exit\" "
                 "TERM; while :; do sleep 0.05; done'\nstart-time = 0.1\n"
                 "stop-time = 3\n")
        self.start("--grace", "3")
        pid = self.everyone(1)[0]
        self.process.send_signal(signal.SIGTERM)
        wait_until(lambda: os.path.exists(f"{self.directory}/told"),
                   "it is told")
        self.process.send_signal(signal.SIGSTOP)
        os.killpg(pid, signal.SIGSTOP)
        began = time.monotonic()
        wait_until(lambda: time.monotonic() - began > 4, "time has passed")
        self.process.send_signal(signal.SIGCONT)
        os.killpg(pid, signal.SIGCONT)
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def test_a_short_stop_time_counts_within_a_long_grace(self):
        for i in range(5):
            self.put(f"deaf{i}", DEAF + "stop-time = 0.3\n")
        self.start("--grace", "600")
        pids = self.everyone(5)
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 4)
        self.assertTrue(all(is_dead(pid) for pid in pids))
        self.assertNotIn("after being told", self.log())

    def test_whom_nothing_ends_is_left_behind(self):
        self.put("10-held", SLEEP)
        self.put("20-good", SLEEP)
        self.start("--grace", "0.5")
        held, good = self.everyone(2)
        with held_at_its_end(held):
            self.process.send_signal(signal.SIGTERM)
            self.assertEqual(self.process.wait(2 * PATIENCE), 4)
            self.assertFalse(is_dead(held))
            self.assertTrue(is_dead(good))
        self.says("10-held 0 (pid", 5)  # spawn ready drain kill
        self.says(": unkillable: stop")

    def test_they_stop_one_after_the_other_if_so_told(self):
        for name in ("10-base", "20-middle", "30-top"):
            self.put(name, "command = sh -c 'trap \"sleep 0.2; echo "
                     f"{name} >>{self.directory}/ended; exit\" TERM; "
                     "while :; do sleep 0.05; done'\nstart-time = 0.1\n")
        self.start("--in-order")
        for name in ("10-base", "20-middle", "30-top"):
            self.becomes(name, "up")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertEqual(read(f"{self.directory}/ended"),
                         "30-top\n20-middle\n10-base\n")
        # Each was told when the one above it had gone.
        log = self.log()
        self.assertRegex(log, r"(?s)30-top 0 \(pid \d+\): exited.*"
                         r"20-middle 0 \(pid \d+\): drain: stop.*"
                         r"20-middle 0 \(pid \d+\): exited.*"
                         r"10-base 0 \(pid \d+\): drain: stop")
        self.assertFalse(os.path.exists(f"{self.vassals}/.control"))

    def test_a_second_term_is_quick(self):
        self.put("deaf", DEAF + "stop-time = 600\n")
        self.start("--grace", "600")
        self.becomes("deaf", "up")
        pid = self.pids("deaf")[0]
        self.process.send_signal(signal.SIGTERM)
        self.says("drain: stop")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 143)
        self.assertTrue(is_dead(pid))

    def test_a_crash_loop_does_not_delay_the_end(self):
        self.put("crash", "command = false\n")
        self.start()
        self.becomes("crash", "failing")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def test_who_left_its_group_does_not_stay(self):
        self.put("daemon", "command = sh -c 'setsid sh -c \""
                 f"echo \\$\\$ >{self.directory}/pid; exec sleep 1000\" & "
                 "exec sleep 1000'\nstart-time = 0.1\n")
        self.start()
        self.becomes("daemon", "up")
        pid = wait_until(lambda: read(f"{self.directory}/pid").strip(), "pid")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertTrue(is_dead(pid))

    def test_orphans_are_buried(self):
        self.put("parent", f"command = {PYTHON} -c \"import os; "
                 "[os.fork() or (os.fork() or "
                 "os._exit(0), os._exit(0)) for _ in range(50)]\"\n"
                 "restart = never\n")
        self.start()
        self.becomes("parent", "done")
        wait_until(lambda: read_proc(
            self.process.pid, f"task/{self.process.pid}/children") == "",
            "no child is left")

    @unittest.skipUnless(
        subprocess.run(["unshare", "--user", "--map-root-user", "--pid",
                        "--fork", "--mount-proc", "true"],
                       capture_output=True, check=False).returncode == 0,
        "unshare is not allowed here: NOT TESTED AS PROCESS 1")
    def test_it_can_be_process_1(self):
        self.put("web", SLEEP)
        self.start(before=["unshare", "--user", "--map-root-user", "--pid",
                           "--fork", "--mount-proc", "--kill-child"])
        self.becomes("web", "up")
        self.assertIn("emperor[1] ready", self.log())
        children = read_proc(self.process.pid,
                             f"task/{self.process.pid}/children").split()
        os.kill(int(children[0]), signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)


class Shows(EmperorTest):
    def test_a_table_for_people(self):
        self.put("bad", "comand = x\n")
        self.put("web", SLEEP)
        self.start()
        self.becomes("web", "up")
        for where in (self.vassals, f"{self.vassals}/.control"):
            done = subprocess.run([INIT, "status", where], text=True,
                                  capture_output=True, check=True,
                                  timeout=PATIENCE)
            self.assertRegex(done.stdout, r"(?m)^NAME +STATE +UP +RESTARTS +"
                             r"UP SINCE +PIDS$")
            self.assertRegex(done.stdout, r"(?m)^web +up +1/1 +0 +\d{4}-\d\d-"
                             rf"\d\d \d\d:\d\d:\d\d +{self.pids('web')[0]}$")
            self.assertIn("bad.ini is held back: line 1: unknown key 'comand'",
                          done.stdout)

    def test_nobody_there_is_an_error(self):
        done = subprocess.run([INIT, "status", self.vassals], text=True,
                              capture_output=True, check=False,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file", done.stderr)

    def test_events_are_lines_of_json(self):
        self.put("web", SLEEP)
        events = f"{self.directory}/events"
        self.start("--events", events)
        self.becomes("web", "up")
        os.rename(events, events + ".1")
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: os.path.exists(events), "it is opened anew")
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        lines = [json.loads(line) for name in (events + ".1", events)
                 for line in read(name).split("\n") if line]
        self.assertEqual([line["event"] for line in lines],
                         ["spawn", "ready", "drain", "exit"])
        self.assertEqual({line["of"] for line in lines}, {"web"})
        self.assertEqual(lines[-1]["signal"], 15)

    def test_a_client_that_says_nothing_delays_nobody(self):
        self.put("web", SLEEP)
        self.start()
        clients = []
        for _ in range(8):
            client = socket.socket(socket.AF_UNIX)
            client.connect(f"{self.vassals}/.control")
            clients.append(client)
        self.becomes("web", "up")
        for client in clients:
            client.close()

    def test_nonsense_is_refused_with_a_reason(self):
        for options, reason in (
                (["--vassals", self.vassals, "true"], "not both"),
                (["-c", "--vassals", self.vassals],
                 "--single-child is only for a command"),
                (["--vassals", "/no/such"], "watch /no/such: No such file"),
                (["--vassals", "/etc/passwd"], "Not a directory"),
                (["--vassals", self.vassals, "--control", "/no/such/socket"],
                 "listen at /no/such/socket"),
                (["--vassals", self.vassals, "--events", "/no/such/file"],
                 "cannot open /no/such/file"),
                (["status"], "of which directory"),
                (["status", "a", "b"], "one directory or socket")):
            with self.subTest(options=options):
                done = subprocess.run([INIT, *options], capture_output=True,
                                      text=True, timeout=PATIENCE, check=False)
                self.assertIn(done.returncode, (1, 64))
                self.assertIn(reason, done.stderr)


class Manual(unittest.TestCase):
    def test_it_names_every_option_and_every_key(self):
        manual = read("man/forkyard-init.8").replace("\\-", "-")
        names = set()
        for command in ([INIT, "--help"], [INIT, "status", "--help"]):
            said = subprocess.run(command, capture_output=True, text=True,
                                  check=True, timeout=PATIENCE).stdout
            names |= set(re.findall(r"--[a-z-]+", said)) - {"--help", "--usage"}
        table = re.search(r"key_names\[KEYS\] = \{(.*?)\};",
                          read("part3/vassal_keys.c"), re.S).group(1)
        keys = re.findall(r'"([a-z-]+)"', table)
        self.assertEqual(len(keys), 15)
        for name in [*names, *keys]:
            self.assertRegex(manual, rf"(?m)^\.(TP|B|BR)?.*(?<![a-z-]){name}"
                             r"(?![a-z-])", name)


class Examples(EmperorTest):
    def test_the_examples_do_what_they_say(self):
        ten = self.free_ten()
        for name in os.listdir("part3/vassals"):
            text = read(f"part3/vassals/{name}")
            for old, new in (("build/", f"{BUILD}/"), ("8081", f"{ten}2"),
                             ("809$", f"{ten}$")):
                text = text.replace(old, new)
            self.put(name.removesuffix(".ini"), text)
        self.start()
        self.becomes("30-once", "done")
        self.becomes("10-pages", "up")
        self.becomes("20-python", "up")
        for digit in (0, 1, 2):
            port = 10 * ten + digit
            wait_until(lambda port=port: answers(port) == 200,
                       lambda: f"it serves:\n{self.log()}")
        self.assertEqual([vassal["held"] for vassal in self.last_status],
                         [None, None, None])
        self.assertIn("the emperor has come up: ", self.log())
        pid = self.pids("10-pages")[0]
        self.touch("10-pages")
        self.says("reloading: generation 2")
        self.assertEqual(self.pids("10-pages"), [pid])
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(PATIENCE), 0)

    @staticmethod
    def free_ten():
        """What three free ports begin with, whose last digits are 0 to 2; no
        ports that clients have, or whoever takes any."""
        def find():
            ten = random.randrange(1100, 3200)
            try:
                for digit in (0, 1, 2):
                    socket.create_server(("", 10 * ten + digit)).close()
            except OSError:
                return 0
            return ten
        return wait_until(find, "they are free")


class OtherPeoplesPrograms(EmperorTest):
    def serves(self, text, path="/"):
        """A vassal that serves, through a restart and to its end."""
        port = free_port()
        self.put("web", text.replace("{port}", str(port)))
        self.start()
        wait_until(lambda: answers(port, path) == 200,
                   lambda: "it serves\n" + self.log())
        self.becomes("web", "up")
        before = self.pids("web")
        self.touch("web")
        wait_until(lambda: self.pids("web") not in ([], before), "it is new")
        self.becomes("web", "up")
        wait_until(lambda: answers(port, path) == 200, "it serves again")
        pid = self.pids("web")[0]
        self.remove("web")
        wait_until(lambda: not self.status(), "it has left")
        self.assertTrue(is_dead(pid))
        self.assertEqual(answers(port, path), 0)
        self.assertNotRegex(self.log(), "(?m): kill(:|$)")

    def test_python_s_http_server(self):
        self.serves(f"command = {PYTHON} -m http.server --bind 127.0.0.1 "
                    "{port}\n")

    def test_a_server_of_the_kit_with_a_child_per_connection(self):
        self.serves(f"command = {BUILD}/3c_fork_wait_loop --port {{port}}\n"
                    f"  --root {os.getcwd()}/www --quiet\n")

    def test_a_supervised_server_of_the_kit(self):
        self.serves(f"command = {BUILD}/3e_supervised --port {{port}}\n"
                    f"  --root {os.getcwd()}/www --quiet --workers 2\n")

    def test_a_supervised_server_reloads_by_its_signal(self):
        port = free_port()
        self.put("web", f"command = {BUILD}/3e_supervised --port {port}\n"
                 f"  --root {os.getcwd()}/www --workers 2\n"
                 f"reload-signal = HUP\nlog = {self.directory}/said\n")
        self.start()
        wait_until(lambda: answers(port) == 200, "it serves")
        self.becomes("web", "up")
        before = self.pids("web")
        self.touch("web")
        wait_until(lambda: "reloading: generation 2" in
                   read(f"{self.directory}/said"), "it reloads")
        self.assertEqual(answers(port), 200)
        self.assertEqual(self.pids("web"), before)

    def app(self):
        self.write("app.py", "def app(environ, start_response):\n"
                   "    start_response('200 OK', "
                   "[('Content-Type', 'text/plain')])\n"
                   "    return [b'hello\\n']\n")

    @unittest.skipUnless(shutil.which("gunicorn"), "gunicorn is not installed")
    def test_gunicorn(self):
        self.app()
        self.serves("command = gunicorn --workers 2 --bind 127.0.0.1:{port}\n"
                    "  app:app\ndirectory = {directory}\n")

    @unittest.skipUnless(shutil.which("uwsgi"), "uwsgi is not installed")
    def test_uwsgi(self):
        self.app()
        self.serves("command = uwsgi --plugin python3 --master --processes 2\n"
                    "  --http-socket 127.0.0.1:{port} --wsgi-file app.py\n"
                    "  --callable app --die-on-term --need-app\n"
                    "directory = {directory}\n")


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    os.environ["no_proxy"] = "*"
    sys.exit(unittest.main(verbosity=1))
