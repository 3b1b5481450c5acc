#!/usr/bin/python3
"""test_upgrade.py - stage 3e becomes its next binary, or does not."""
import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest

from family import (BUILD, STAGE, UPGRADED, Family, FamilyTest, has_client,
                    read)
from processes import (PATIENCE, children_of, free_port, is_dead, read_proc,
                       wait_until)
from test_init import INIT, NAMESPACE, needs_namespaces

needs_python = unittest.skipUnless(
    os.path.exists(f"{BUILD}/wsgi.so"),
    "built without Python: UPGRADES OF PROGRAMS THAT FAIL ARE NOT TESTED")

ALL_SIGNALS = signal.valid_signals()
ON_THE_WAY = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


SHOP = """\
import os
import time
os.chdir(HERE)


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"sold"]


"""


def block_all_signals():
    signal.pthread_sigmask(signal.SIG_BLOCK, ALL_SIGNALS)


def tried_pid(family):
    """The pid of the last trial; 0: there was none."""
    tried = re.findall(r"upgrading: pid (\d+) tries", family.log())
    return int(tried[-1]) if tried else 0


class UpgradeTest(FamilyTest):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="upgrade-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.stage = f"{self.directory}/3e_supervised"
        os.symlink(os.path.abspath(f"{BUILD}/wsgi.so"),
                   f"{self.directory}/wsgi.so")
        self.install()

    def write(self, name, text):
        path = f"{self.directory}/{name}"
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(textwrap.dedent(text))
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)
        return path

    def install(self):
        """The good binary, where the family looks for the next one."""
        shutil.copy(STAGE, self.stage + ".new")
        os.rename(self.stage + ".new", self.stage)

    def deploy(self, script):
        """Not the good one."""
        self.write("3e_supervised", script)

    def start_here(self, *options, **popen):
        return self.start(*options, stage=self.stage, **popen)

    def start_app(self, app, *options, **popen):
        """With an application in Python that is loaded like that."""
        self.write("shop.py", SHOP.replace("HERE", repr(self.directory)) +
                   textwrap.dedent(app))
        # The leaks at the end of an interpreter are Python's own.
        popen.setdefault("env", dict(os.environ,
                                     ASAN_OPTIONS="detect_leaks=0"))
        return self.start_here("--wsgi-path", self.directory, "--wsgi",
                               "/shop=shop:app", *options, **popen)

    def start_half_ready(self, *options, **popen):
        """Of the workers of its trial one comes up, and no other."""
        return self.start_app("""\
            if "TRIAL" in os.environ:
                try:
                    os.mkdir("first")
                except FileExistsError:
                    time.sleep(1000)
            """, *options, **popen)

    def client_of_trial(self, family, ms):
        """Our own workers stand still until the trial's first one has it."""
        os.rename(self.stage, self.stage + ".good")
        self.deploy(f'#!/bin/sh\nTRIAL=1 exec {self.stage}.good "$@"\n')
        workers = family.workers()
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        client = family.connect()
        client.sendall(f"GET /slow?ms={ms} HTTP/1.0\r\n\r\n".encode())
        family.send(signal.SIGUSR2)
        wait_until(lambda: any(has_client(worker) for worker in
                               children_of(tried_pid(family))),
                   "the trial has a client")
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        return client

    @contextlib.contextmanager
    def busy(self, family, worker, ms):
        """Its only worker has a client, for so long."""
        with family.connect() as client:
            client.sendall(f"GET /slow?ms={ms} HTTP/1.0\r\n\r\n".encode())
            wait_until(lambda: has_client(worker), "it is busy")
            yield client

    def is_as_before(self, family, workers):
        self.assertEqual(sorted(family.workers()), sorted(workers))
        self.assertEqual(family.get("/hello.txt")[0], 200)
        self.assertNotIn("becoming", family.log())

    def keeps_its_pid(self, family):
        self.assertIsNone(family.process.poll())
        self.assertEqual(read(family.pid_path), f"{family.pid}\n")
        second = [STAGE, "--port", "0", "--pid-file", family.pid_path]
        done = subprocess.run(second, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertIn(f"is held by pid {family.pid}", done.stderr)


class InPlace(UpgradeTest):
    def test_nothing_is_lost_and_the_pid_is_the_same(self):
        for keep in ([], ["--keep"]):
            with self.subTest(keep=keep):
                family = self.start("--workers", "2")
                before = set(family.workers())
                flood = family.flood("-n", "20000", "-c", "6", *keep)
                for _ in range(3):
                    family.upgrade()
                self.all_answered(flood, 20000)
                self.keeps_its_pid(family)
                self.assertFalse(before & set(family.workers()))
                self.assertEqual(family.status()["generation"], 4)
                self.assertEqual(
                    family.log().count("upgraded: 2 workers"), 3)
                family.send(signal.SIGTERM)
                self.assertEqual(family.process.wait(PATIENCE), 0)
                self.assertFalse(os.path.exists(family.pid_path))

    def test_it_is_the_new_binary_that_runs(self):
        family = self.start_here("--workers", "1")
        old = os.stat(f"/proc/{family.pid}/exe").st_ino
        self.install()
        family.upgrade()
        new = os.stat(f"/proc/{family.pid}/exe").st_ino
        self.assertNotEqual(new, old)
        self.assertEqual(new, os.stat(self.stage).st_ino)

    def test_descriptors_do_not_pile_up(self):
        family = self.start("--workers", "2")

        def descriptors():
            return sorted(os.readlink(f"/proc/{family.pid}/fd/{fd}").split(":")[0]
                          for fd in os.listdir(f"/proc/{family.pid}/fd"))
        before = descriptors()
        for _ in range(10):
            family.upgrade()
        self.assertEqual(descriptors(), before)
        # Nor has a worker anything of the time before it was born.
        for worker in family.workers():
            self.assertLessEqual(len(os.listdir(f"/proc/{worker}/fd")),
                                 len(before))

    def test_a_request_in_hand_is_answered_by_the_last_binary(self):
        family = self.start("--workers", "1")
        worker = family.workers()[0]
        with self.busy(family, worker, 2000) as client:
            family.send(signal.SIGUSR2)
            family.says("drain: reload")
            self.assertIn(worker, family.workers())
            self.assertIn(b"slept 2000 ms", client.makefile("rb").read())
        family.says(UPGRADED)

    def test_who_of_the_last_binary_does_not_go_is_killed(self):
        family = self.start("--workers", "1", "--drain-timeout", "1")
        worker = family.workers()[0]
        with self.busy(family, worker, 30000):
            family.upgrade()
            self.assertTrue(is_dead(worker))
            self.assertIn(f"(pid {worker}): kill", family.log())

    def test_the_last_binarys_workers_die_with_the_supervisor(self):
        family = self.start("--workers", "1")
        worker = family.workers()[0]
        with self.busy(family, worker, 30000):
            family.send(signal.SIGUSR2)
            family.says("drain: reload")
            self.assertIn(worker, family.workers())
            family.send(signal.SIGKILL)
            wait_until(lambda: is_dead(worker), "it is gone")

    def test_the_number_that_was_asked_for_stays(self):
        family = self.start("--workers", "1", "--max-workers", "3")
        family.send(signal.SIGTTIN)
        wait_until(lambda: len(family.workers()) == 2, "there are two")
        family.upgrade()
        self.assertEqual(family.status()["workers"]["wanted"], 2)
        self.assertEqual(len(family.workers()), 2)

    @needs_python
    def test_what_was_loaded_beforehand_is_loaded_anew(self):
        # It changes the directory, of the supervisor.
        family = self.start_app("", "--workers", "2", "--preload", "--root",
                                os.path.abspath("www"))
        family.upgrade()
        self.assertEqual(family.get("/shop")[1], b"sold")
        self.keeps_its_pid(family)

    def test_a_unix_socket_stays_open(self):
        path = f"{self.directory}/socket"
        family = self.start("--workers", "1", "--host", path)
        for _ in range(2):
            family.upgrade()
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE)
                client.connect(path)
                client.sendall(b"GET /hello.txt HTTP/1.0\r\n\r\n")
                self.assertIn(b"200 OK", client.makefile("rb").read())

    def test_it_is_found_on_the_path(self):
        family = self.start_here(
            "--workers", "1", env=dict(os.environ, PATH=self.directory + ":" +
                                       os.environ["PATH"]))
        name = self.start("--workers", "1", stage="3e_supervised", env=dict(
            os.environ, PATH=self.directory + ":" + os.environ["PATH"]))
        for one in (family, name):
            one.upgrade()
            self.keeps_its_pid(one)


class Watched(UpgradeTest):
    """By somebody who looks at one pid only."""

    @needs_namespaces
    def test_as_process_1(self):
        family = Family("--workers", "2", before=NAMESPACE)
        self.addCleanup(family.end)
        family.wait_until_ready()
        family.pid = children_of(family.process.pid)[0]
        self.assertEqual(family.status()["supervisor"], 1)
        flood = family.flood("-n", "5000", "-c", "4")
        family.upgrade()
        self.all_answered(flood, 5000)
        self.assertEqual(family.status()["supervisor"], 1)
        family.send(signal.SIGTERM)
        self.assertEqual(family.process.wait(PATIENCE), 0)

    def test_below_forkyard_init(self):
        family = Family("--workers", "2", before=[INIT, "--"])
        self.addCleanup(family.end)
        family.wait_until_ready()
        init, family.pid = family.pid, family.status()["supervisor"]
        flood = family.flood("-n", "5000", "-c", "4")
        family.upgrade()
        self.all_answered(flood, 5000)
        os.kill(init, signal.SIGTERM)
        self.assertEqual(family.process.wait(PATIENCE), 0)

    def test_as_a_vassal(self):
        port = free_port()
        os.mkdir(f"{self.directory}/vassals")
        self.write("vassals/shop.ini", f"""\
            command = {STAGE} --port {port} --root www --workers 2 --quiet
            log = {self.directory}/said
            start-time = 0.1
            """)
        emperor = subprocess.Popen([INIT, "--vassals",
                                    f"{self.directory}/vassals"],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(emperor.wait)
        self.addCleanup(emperor.terminate)

        def said(what):
            try:
                return re.search(what, read(f"{self.directory}/said"))
            except FileNotFoundError:
                return None
        wait_until(lambda: said("ready, with"), "it is ready")
        pid = int(said(r"3e\[(\d+)\] ready, with").group(1))
        os.kill(pid, signal.SIGUSR2)
        wait_until(lambda: said(UPGRADED), "it is upgraded")
        self.assertEqual(children_of(emperor.pid), [pid])
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(b"GET /hello.txt HTTP/1.0\r\n\r\n")
            self.assertIn(b"200 OK", client.makefile("rb").read())

    def test_a_service_manager_hears_of_a_reload_from_one_process(self):
        with tempfile.TemporaryDirectory() as directory, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            manager.bind(f"{directory}/notify")
            manager.settimeout(PATIENCE)
            senders = set()

            def hear():
                text, ancillary = manager.recvmsg(4096, 64)[:2]
                senders.add(struct.unpack("3i", ancillary[0][2])[0])
                return text.decode()

            def hears(*expected):
                """In this order, with nothing but meals between them."""
                for text in expected:
                    while (heard := hear()) == "WATCHDOG=1":
                        if text == heard:
                            break
                    self.assertTrue(heard.startswith(text), heard)

            # A service manager says for which process the watchdog is.
            family = Family("--workers", "2", before=[
                "sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"],
                env=dict(os.environ, WATCHDOG_USEC="400000",
                         NOTIFY_SOCKET=f"{directory}/notify"))
            self.addCleanup(family.end)
            hears("READY=1")
            for _ in range(2):
                family.send(signal.SIGUSR2)
                hears("RELOADING=1\nMONOTONIC_USEC=", "READY=1", "WATCHDOG=1")
            self.assertEqual(senders, {family.pid})
            wait_until(lambda: family.log().count(UPGRADED) == 2, "it is done")
            family.send(signal.SIGTERM)
            hears("STOPPING=1")


class RolledBack(UpgradeTest):
    def test_what_is_no_server_changes_nothing(self):
        family = self.start_here("--workers", "2")
        workers = family.workers()
        flood = family.flood("-n", "20000", "-c", "6")
        bad = [("#!/bin/sh\nexit 5\n", "ended (status 5), going on"),
               ("#!/bin/sh\nkill -9 $$\n",
                "ended (killed by signal 9), going on"),
               ("#!/no/such/interpreter\n", "No such file or directory"),
               ("\177ELF but not really", "Exec format error"),
               # One that knows another way to take over, or goes wrong later.
               ("#!/bin/sh\nprintf r >&4\n", "cannot take our place"),
               ("#!/bin/sh\nprintf 1 >&4\nexit 6\n",
                "ended (status 6), going on"),
               ("#!/bin/sh\nexec 4>&-\nexit 7\n", "will never be ready")]
        for i, (script, said) in enumerate(bad):
            self.deploy(script)
            family.send(signal.SIGUSR2)
            family.says("going on as we are", i + 1)
            self.assertIn(said, family.log())
        os.unlink(self.stage)
        family.send(signal.SIGUSR2)
        family.says("going on as we are", len(bad) + 1)
        self.all_answered(flood, 20000)
        self.is_as_before(family, workers)
        self.install()
        family.upgrade()
        self.keeps_its_pid(family)

    @needs_python
    def test_clients_of_one_that_is_never_ready_are_answered(self):
        family = self.start_half_ready("--workers", "2", "--start-timeout",
                                       "1")
        workers = family.workers()
        with self.client_of_trial(family, 4000) as client:
            trial = tried_pid(family)
            flood = family.flood("-n", "20000", "-c", "6")
            family.says("is not ready in time")
            self.assertIn(b"slept 4000 ms", client.makefile("rb").read())
        self.all_answered(flood, 20000)
        family.says("going on as we are")
        wait_until(lambda: is_dead(trial), "it is gone")
        self.is_as_before(family, workers)

    @needs_python
    def test_a_trial_that_is_told_to_stop_leaves_the_listener_alone(self):
        family = self.start_app("""\
            if os.path.exists("slow"):
                time.sleep(2)
            """, "--workers", "1")
        workers = family.workers()
        self.write("slow", "")
        family.send(signal.SIGUSR2)
        trial = wait_until(lambda: tried_pid(family), "it is tried")
        os.kill(trial, signal.SIGTERM)
        family.says(f"3e[{trial}] draining, then ending")
        family.says("going on as we are")
        self.is_as_before(family, workers)

    @needs_python
    def test_if_nobody_can_be_replaced_after_all_the_last_ones_serve_on(self):
        family = self.start_app("""\
            with open("loads", "a+") as loads:
                loads.write("x")
                loads.seek(0)
                if len(loads.read()) > 4 and not os.path.exists("ok"):
                    os._exit(9)
            """, "--workers", "2", "--beat-timeout", "1")
        workers = family.workers()
        flood = family.flood("-n", "5000", "-c", "4")
        family.send(signal.SIGUSR2)
        family.says("exited with status 9", 4)
        self.all_answered(flood, 5000)
        self.keeps_its_pid(family)
        self.assertLessEqual(set(workers), set(family.workers()))
        self.assertNotIn("keeping generation", family.log())
        self.assertNotIn("suspect", family.log())
        self.write("ok", "")
        family.says(UPGRADED)
        self.assertEqual(len(family.workers()), 2)

    def test_what_was_not_tried_is_not_become(self):
        family = self.start_here("--workers", "1")
        # Ready, and gone when it is told; but that can take its time.
        self.deploy(f"""\
            #!/bin/sh
            trap "" TERM
            printf 1 >&4
            while [ ! -e {self.directory}/go ]; do sleep 0.1; done
            """)
        family.send(signal.SIGUSR2)
        family.says("is ready, and may go")
        self.deploy("#!/bin/sh\nexit 5\n")
        self.write("go", "")
        family.says("ended (status 5), going on as we are")
        self.assertNotIn("becoming", family.log())
        self.keeps_its_pid(family)


class Interrupted(UpgradeTest):
    def test_asked_for_again_it_is_tried_again(self):
        family = self.start_here("--workers", "1")
        os.rename(self.stage, self.stage + ".good")
        self.deploy(f"""\
            #!/bin/sh
            [ "$FORKYARD_READY_FD" ] || exec {self.stage}.good "$@"
            trap "" TERM
            printf 1 >&4
            while [ ! -e {self.directory}/go ]; do sleep 0.1; done
            """)
        family.send(signal.SIGUSR2)
        family.says("is ready, and may go")
        for _ in range(20):
            family.send(signal.SIGUSR2)
        self.write("go", "")
        family.says(UPGRADED)
        self.assertEqual(family.log().count(" tries "), 2)
        self.assertEqual(family.get("/hello.txt")[0], 200)
        self.keeps_its_pid(family)

    def test_term_during_a_trial_ends_all(self):
        for number, status in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
            with self.subTest(number=number):
                family = self.start("--workers", "2")
                family.send(signal.SIGUSR2)
                trial = wait_until(lambda: tried_pid(family), "it is tried")
                family.send(number)
                self.assertEqual(family.process.wait(PATIENCE), status)
                self.assertTrue(is_dead(trial))
                self.assertFalse(os.path.exists(family.pid_path))
                with self.assertRaises(ConnectionRefusedError):
                    family.connect()

    @needs_python
    def test_term_waits_for_the_clients_of_a_trial(self):
        family = self.start_half_ready("--workers", "2",
                                       start_new_session=True)
        with self.client_of_trial(family, 1500) as client:
            trial = tried_pid(family)
            # As an init does it that tells the whole process group.
            os.killpg(family.pid, signal.SIGTERM)
            family.says("draining, then ending")
            self.assertIn(b"slept 1500 ms", client.makefile("rb").read())
        self.assertEqual(family.process.wait(PATIENCE), 0)
        self.assertTrue(is_dead(trial))

    def test_the_first_term_after_an_upgrade_drains(self):
        family = self.start("--workers", "2")
        with family.connect() as client:
            client.sendall(b"GET /slow?ms=1500 HTTP/1.0\r\n\r\n")
            wait_until(lambda: any(has_client(worker)
                                   for worker in family.workers()), "is busy")
            family.send(signal.SIGUSR2)
            family.says("becoming")
            family.send(signal.SIGTERM)
            self.assertIn(b"slept 1500 ms", client.makefile("rb").read())
        self.assertEqual(family.process.wait(PATIENCE), 0)
        self.assertNotIn("at once", family.log())

    def test_a_second_one_ends_the_last_binarys_workers_too(self):
        family = self.start("--workers", "1")
        worker = family.workers()[0]
        with self.busy(family, worker, 30000):
            family.send(signal.SIGUSR2)
            family.says("drain: reload")
            family.send(signal.SIGQUIT)
            self.assertEqual(family.process.wait(PATIENCE), 131)
            self.assertTrue(is_dead(worker))

    def test_a_trial_dies_with_its_supervisor(self):
        family = self.start_here("--workers", "1")
        self.deploy("#!/bin/sh\nexec sleep 1000\n")
        family.send(signal.SIGUSR2)
        trial = wait_until(lambda: tried_pid(family), "it is tried")
        wait_until(lambda: "sleep" in read_proc(trial, "cmdline"), "it runs")
        family.send(signal.SIGKILL)
        wait_until(lambda: is_dead(trial), "it is gone")

    def test_no_signal_kills_between_two_binaries(self):
        # From the first instruction on: exec keeps what is blocked, pending.
        family = Family("--workers", "2", "--log", f"{self.directory}/log",
                        preexec_fn=block_all_signals)
        self.addCleanup(family.end)
        family.log_path = f"{self.directory}/log"
        stop = threading.Event()
        rounds = []

        def pester():
            while not stop.wait(0.001):
                rounds.append(len(rounds))
                for number in ON_THE_WAY:
                    family.send(number)

        pest = threading.Thread(target=pester)
        pest.start()
        try:
            wait_until(lambda: os.path.exists(family.log_path) and
                       "ready, with" in family.log(), "it is ready")
            wait_until(lambda: tried_pid(family), "it is tried")
            so_far = len(rounds)
            wait_until(lambda: len(rounds) > so_far + 500, "it is pestered")
        finally:
            stop.set()
            pest.join()
        family.says(UPGRADED)
        self.keeps_its_pid(family)
        self.assertEqual(family.get("/hello.txt")[0], 200)

    def test_term_before_it_can_hear_is_heard_then(self):
        family = Family("--workers", "1", preexec_fn=block_all_signals)
        self.addCleanup(family.end)
        family.send(signal.SIGTERM)
        self.assertEqual(family.process.wait(PATIENCE), 0)

    def test_no_signal_kills_while_it_becomes_the_next(self):
        family = self.start("--workers", "1")
        for _ in range(5):
            done = family.log().count(UPGRADED)
            family.send(signal.SIGUSR2)
            while family.log().count(UPGRADED) == done:
                for number in (signal.SIGHUP, signal.SIGUSR1):
                    family.send(number)
                self.assertIsNone(family.process.poll())
        self.keeps_its_pid(family)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
