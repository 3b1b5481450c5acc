#!/usr/bin/python3
"""test_init.py - forkyard-init around one command: as process 1 of a pid
namespace, as a subreaper, and on a terminal."""
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import textwrap
import time
import unittest

from family import has_client
from processes import (PATIENCE, children_of, held_at_its_end, is_dead,
                       status_field, wait_until)

BUILD = os.environ.get("BUILD", "build")
INIT = os.path.abspath(f"{BUILD}/3f_emperor")
NAMESPACE = ["unshare", "--user", "--map-root-user", "--pid", "--fork",
             "--mount-proc", "--kill-child"]


def has_namespaces():
    try:
        return subprocess.run([*NAMESPACE, "true"], capture_output=True,
                              timeout=PATIENCE, check=False).returncode == 0
    except FileNotFoundError:
        return False


HAS_NAMESPACES = has_namespaces()
needs_namespaces = unittest.skipUnless(
    HAS_NAMESPACES, "unshare --user --pid is not allowed here: "
    "NOT TESTED AS PROCESS 1")
KINDS = ["subreaper", "process 1"] if HAS_NAMESPACES else ["subreaper"]

# A command that writes down each signal it gets, also those that would stop
# it, and ends by a file, or when what it writes to has gone.
LISTENER = """
    import os, signal, sys, time
    def note(number, frame):
        os.write(out, f"{sys.argv[2]} {number}\\n".encode())
    out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, note)
    if sys.argv[2] == "command" and os.fork() == 0:
        sys.argv[2] = "child"
    os.write(out, f"{sys.argv[2]} ready\\n".encode())
    while (os.path.exists(sys.argv[1]) and
           not os.path.exists(sys.argv[1] + ".quit")):
        time.sleep(0.05)
        os.write(out, f"{sys.argv[2]} beat\\n".encode())
    """


class Running:
    """A running forkyard-init."""

    def __init__(self, *arguments, kind="subreaper", **popen):
        before = NAMESPACE if kind == "process 1" else []
        self.process = subprocess.Popen(
            [*before, INIT, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)
        self.pid = self.process.pid
        if before:
            self.pid = wait_until(lambda: children_of(self.process.pid),
                                  "process 1 is there")[0]

    def send(self, number):
        os.kill(self.pid, number)

    def end(self):
        try:
            self.send(signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


class InitTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="init-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.notes_path = f"{self.directory}/notes"

    def script(self, name, text):
        path = f"{self.directory}/{name}.py"
        with open(path, "w", encoding="ascii") as file:
            file.write(textwrap.dedent(text))
        return ["/usr/bin/python3", path]

    def start(self, *arguments, **options):
        running = Running(*arguments, **options)
        self.addCleanup(running.end)
        return running

    def listen(self, *options, kind="subreaper"):
        """A command and its child that note the signals they get."""
        running = self.start(*options, "--", *self.script("listener", LISTENER),
                             self.notes_path, "command", kind=kind)
        self.notes("command ready")
        self.notes("child ready")
        return running

    def has_notes(self, text, count=1):
        try:
            with open(self.notes_path, encoding="ascii") as file:
                return file.read().split("\n").count(text) >= count
        except FileNotFoundError:
            return False

    def notes(self, text, count=1):
        wait_until(lambda: self.has_notes(text, count),
                   f"{count} of {text!r} are noted")

    def quit(self):
        open(self.notes_path + ".quit", "w", encoding="ascii").close()

    def run_init(self, *arguments, kind="subreaper", **options):
        before = NAMESPACE if kind == "process 1" else []
        return subprocess.run([*before, INIT, *arguments], timeout=PATIENCE,
                              capture_output=True, text=True, check=False,
                              **options)


class Statuses(InitTest):
    def test_it_ends_as_the_command_does(self):
        for kind in KINDS:
            for command, status in (
                    (["true"], 0), (["false"], 1),
                    (["sh", "-c", "exit 255"], 255),
                    (["sh", "-c", "kill -KILL $$"], 137),
                    (["sh", "-c", "kill -TERM $$"], 143),
                    (["sh", "-c", "kill -SEGV $$"], 139),
                    (["no-such-command"], 127), (["/no/such"], 127),
                    (["/etc/passwd"], 126), (["/etc"], 126)):
                with self.subTest(kind=kind, command=command):
                    done = self.run_init("--", *command, kind=kind)
                    self.assertEqual(done.returncode, status, done.stderr)

    def test_why_a_command_does_not_run_is_said(self):
        self.assertRegex(self.run_init("no-such-command").stderr,
                         "run no-such-command: No such file")
        self.assertRegex(self.run_init("/etc/passwd").stderr,
                         "run /etc/passwd: Permission denied")

    def test_a_status_can_be_declared_good(self):
        options = ["--ok-status", "143", "-e", "7", "--"]
        for command, status in ((["sh", "-c", "exit 7"], 0),
                                (["sh", "-c", "kill -TERM $$"], 0),
                                (["sh", "-c", "exit 8"], 8)):
            with self.subTest(command=command):
                done = self.run_init(*options, *command)
                self.assertEqual(done.returncode, status)

    def test_options_end_where_the_command_begins(self):
        self.assertEqual(self.run_init("echo", "-v", "--").stdout, "-v --\n")
        self.assertEqual(self.run_init("--", "echo", "-c").stdout, "-c\n")

    def test_nonsense_is_refused_with_a_reason(self):
        for options, reason in (
                ([], "which command?"), (["--"], "which command?"),
                (["--rewrite", "15", "x"], "--rewrite must be two signals"),
                (["--rewrite", "0:15", "x"], "--rewrite must be two signals"),
                (["--rewrite", "15:NO", "x"], "--rewrite must be two signals"),
                (["--grace", "soon", "x"], "--grace must be a number"),
                (["--ok-status", "256", "x"], "--ok-status must be a number"),
                (["--in-order", "x"], "--in-order is only for --vassals"),
                (["--unknown", "x"], "unrecognized option")):
            with self.subTest(options=options):
                done = self.run_init(*options)
                self.assertEqual(done.returncode, 64)
                self.assertIn(reason, done.stderr)


class Signals(InitTest):
    def test_every_signal_reaches_the_command_and_its_group(self):
        forwarded = signal.valid_signals() - {
            signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
        for kind in KINDS:
            with self.subTest(kind=kind):
                running = self.listen("--grace", "0", kind=kind)
                for number in sorted(forwarded):
                    running.send(number)
                    self.notes(f"command {int(number)}")
                    self.notes(f"child {int(number)}")
                self.quit()
                self.assertEqual(running.process.wait(PATIENCE), 0)
                os.unlink(self.notes_path)
                os.unlink(self.notes_path + ".quit")

    def test_signals_are_for_the_command_alone_if_so_told(self):
        running = self.listen("--single-child")
        running.send(signal.SIGUSR1)
        self.notes("command 10")
        running.send(signal.SIGUSR2)
        self.notes("command 12")
        self.assertFalse(self.has_notes("child 10"))
        self.quit()

    def test_signals_can_be_rewritten_and_dropped(self):
        running = self.listen("--rewrite", "15:3", "-r", "HUP:SIGUSR2",
                              "-r", "INT:0", "--grace", "0")
        running.send(signal.SIGINT)
        running.send(signal.SIGTERM)
        self.notes("command 3")
        running.send(signal.SIGHUP)
        self.notes("command 12")
        for unsent in ("command 15", "command 1", "command 2"):
            self.assertFalse(self.has_notes(unsent))
        self.quit()

    def test_the_command_gets_a_clean_start(self):
        shows = ["sh", "-c", "cat /proc/self/status; env; ls /proc/$$/fd"]

        def be_a_bad_parent():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

        for kind in KINDS:
            with self.subTest(kind=kind):
                said = self.run_init(
                    "--", *shows, kind=kind, preexec_fn=be_a_bad_parent,
                    env={"PATH": "/usr/bin:/bin", "A": "b c"}).stdout
                for mask in ("SigPnd", "SigBlk", "SigIgn", "SigCgt"):
                    # 32 and 33 are glibc's own: posix_spawn(3), as make uses
                    # it, ignores them in what it starts.
                    self.assertRegex(said,
                                     rf"(?m)^{mask}:\s+0+(180000000|0)$")
                said = re.sub(r"(?m)^\w+:.*\n", "", said)
                said = said.replace("PWD=" + os.getcwd() + "\n", "")
                self.assertEqual(sorted(said.split("\n")),
                                 ["", "0", "1", "2", "A=b c",
                                  "PATH=/usr/bin:/bin"])

    def test_a_command_whose_init_is_killed_is_told(self):
        running = self.listen()
        running.send(signal.SIGKILL)
        self.notes("command 15")
        self.quit()


# Makes orphans, lets all of them end at one moment, and prints how many of
# them were there, and how many are left.
ORPHANS = """
    import os, sys, time
    count, (end, kept) = int(sys.argv[1]), os.pipe()
    init = os.getppid()
    def orphans():
        with open(f"/proc/{init}/task/{init}/children") as children:
            return len(children.read().split()) - 1 # who looks
    for _ in range(count):
        if os.fork() == 0:
            if os.fork() == 0:
                for other in (1, 2, kept):
                    os.close(other)
                os.read(end, 1)
            os._exit(0)
        os.wait()
    there = orphans()
    os.close(kept)
    deadline = time.monotonic() + 15
    while orphans() and time.monotonic() < deadline:
        time.sleep(0.02)
    print(there, orphans())
    """


class Others(InitTest):
    def test_192_orphans_that_end_together_are_buried(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                done = self.run_init("--", *self.script("orphans", ORPHANS),
                                     "192", kind=kind)
                self.assertEqual((done.stdout, done.stderr), ("192 0\n", ""))

    def daemon(self, command):
        """A command that leaves `command` behind in a session of its own."""
        return ["sh", "-c", f"setsid sh -c '{command}' & "
                f"until [ -e {self.directory}/up ]; do sleep 0.05; done; "
                "exit 5"]

    def test_who_is_left_is_told_to_end(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                up, told = f"{self.directory}/up", f"{self.directory}/told"
                done = self.run_init("--grace", "0", "--", *self.daemon(
                    # not only the daemon, but its child as well
                    f"(trap \"touch {told}; exit\" TERM; touch {up}; "
                    "while :; do sleep 0.05; done) & trap : TERM; "
                    "wait; wait"), kind=kind)
                self.assertEqual(done.returncode, 5)
                self.assertTrue(os.path.exists(told))
                os.unlink(up)
                os.unlink(told)

    def test_who_is_left_and_stopped_is_told_as_well(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                up = f"{self.directory}/up"
                done = self.run_init("--grace", "0", "--", *self.daemon(
                    f"touch {up}; kill -STOP $$; exec sleep 1000"), kind=kind)
                self.assertEqual(done.returncode, 5)
                os.unlink(up)

    def test_who_does_not_listen_is_killed(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                up, pids = f"{self.directory}/up", f"{self.directory}/pids"
                # A deaf one with a deaf child: neither is left.
                done = self.run_init("--grace", "0.3", "--", *self.daemon(
                    "trap \"\" TERM HUP; sleep 1000 & sed \"/NSpid/!d\" "
                    f"/proc/$$/status /proc/$!/status >{pids}; touch {up}; "
                    "wait"), kind=kind)
                self.assertEqual(done.returncode, 5)
                self.assertIn("killing", done.stderr)
                with open(pids, encoding="ascii") as file:
                    deaf = re.findall(r"NSpid:\s+(\d+)", file.read())
                self.assertEqual(len(deaf), 2)
                if kind == "subreaper":
                    self.assertTrue(all(is_dead(pid) for pid in deaf))
                os.unlink(up)

    def test_a_command_that_ignores_term_ends_by_the_grace(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                running = self.listen("--grace", "0.5", kind=kind)
                running.send(signal.SIGTERM)
                self.notes("command 15")
                said = running.process.communicate(timeout=PATIENCE)
                # unshare, when its child ends by 137, does so itself
                self.assertEqual(running.process.returncode, 137)
                self.assertIn("the command runs 500 ms", said[1])
                os.unlink(self.notes_path)

    def test_the_grace_holds_for_rewritten_signals(self):
        running = self.listen("--grace", "0.5", "--rewrite", "TERM:QUIT")
        running.send(signal.SIGTERM)
        self.assertEqual(running.process.wait(PATIENCE), 137)
        self.assertFalse(self.has_notes("command 15"))

    def test_other_signals_have_no_deadline(self):
        running = self.listen("--grace", "0.1")
        running.send(signal.SIGINT)
        self.notes("command 2")
        self.notes("command beat", 40)
        self.assertIsNone(running.process.poll())
        self.quit()

    def test_no_grace_waits_for_as_long_as_it_takes(self):
        running = self.listen("--grace", "0")
        running.send(signal.SIGTERM)
        self.notes("command 15")
        self.notes("command beat", 40)
        self.assertIsNone(running.process.poll())
        self.quit()
        self.assertEqual(running.process.wait(PATIENCE), 0)

    def test_one_deadline_holds_for_all(self):
        """However often it is told, and whoever is deaf."""
        running = self.listen("--grace", "1")

        def has_ended():
            if running.process.poll() is None:
                running.send(signal.SIGTERM)
                return False
            return True
        wait_until(has_ended, "it has ended though it was told again")
        self.assertEqual(running.process.returncode, 137)


class Deadlines(InitTest):
    def test_a_server_that_had_to_cut_says_so_itself(self):
        """It needs 8 seconds to give up a request: the grace is longer."""
        running = self.start("--", f"{BUILD}/3e_supervised", "--port", "0",
                             "--root", "www", "--workers", "1", "--events", "-")
        said = ""
        while "listening on" not in said:
            said = running.process.stderr.readline()
        port = int(re.search(r":(\d+)/", said).group(1))
        while '"ready"' not in running.process.stdout.readline():
            pass
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(b"GET /slow?ms=60000 HTTP/1.0\r\n\r\n")
            server = children_of(running.pid)[0]
            worker = children_of(server)[0]
            wait_until(lambda: has_client(worker), "it is served")
            running.send(signal.SIGTERM)
            said = running.process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(running.process.returncode, 4, said)
        self.assertNotIn("after being told to", said)

    def test_whom_nothing_ends_is_left_behind(self):
        running = self.listen("--grace", "0.5")
        with held_at_its_end(children_of(running.pid)[0]):
            running.send(signal.SIGTERM)
            self.assertEqual(running.process.wait(PATIENCE), 137)


class Terminal:
    """A shell with job control on a terminal of its own."""

    def __init__(self, *argv):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["PS1"] = "prompt> "
            os.execvp(argv[0], argv)
        self.said = ""

    def type(self, text):
        os.write(self.master, text.encode())

    def hears(self, pattern):
        """Wait for what matches, and forget all up to its end."""
        deadline = time.monotonic() + PATIENCE
        while not (match := re.search(pattern, self.said)):
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.master], [], [], left)[0]:
                raise AssertionError(f"no {pattern!r} in {self.said!r}")
            try:
                self.said += os.read(self.master, 4096).decode()
            except OSError as error:
                raise AssertionError(f"it ended: {self.said!r}") from error
        self.said = self.said[match.end():]
        return match

    def end(self):
        try:
            os.kill(self.pid, signal.SIGHUP)
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.master)
        os.waitpid(self.pid, 0)


class OnATerminal(InitTest):
    def shell(self):
        terminal = Terminal("bash", "--norc", "--noprofile", "-i")
        self.addCleanup(terminal.end)
        terminal.hears("prompt> ")
        return terminal

    def test_ctrl_c_reaches_the_command(self):
        path = f"{self.directory}/waits.sh"
        with open(path, "w", encoding="ascii") as file:
            file.write("trap 'echo caught; exit 3' INT\necho ready\n"
                       "while :; do sleep 0.1; done\n")
        terminal = self.shell()
        terminal.type(f"{INIT} sh {path}; echo status $?\n")
        terminal.hears("ready")
        terminal.type("\x03")
        terminal.hears("caught")
        terminal.hears("status 3")
        terminal.hears("prompt> ")

    def test_the_command_reads_and_the_shell_gets_its_terminal_back(self):
        terminal = self.shell()
        terminal.type(f"{INIT} -- sh -c 'read line; echo got $line'; "
                      "read more; echo more $more\n")
        terminal.hears("more \\$more\r\n")
        terminal.type("one\n")
        terminal.hears("got one")
        terminal.type("two\n")
        terminal.hears("more two")
        # and a script whose group is its own, without job control
        terminal.type(f"sh -c '{INIT} sh -c \"read a; echo a=\\$a\"; "
                      "read b; echo b=$b'\n")
        terminal.type("three\n")
        terminal.hears("a=three")
        terminal.type("four\n")
        terminal.hears("b=four")

    def test_ctrl_z_suspends_and_fg_resumes(self):
        terminal = self.shell()
        terminal.type(f"{INIT} -- sh -c 'echo pi\"\"d $$; read line; "
                      "echo got $line'\n")
        command = int(terminal.hears(r"pid (\d+)").group(1))
        for _ in range(3):
            wait_until(lambda: status_field(command, "State")[0] == "S",
                       "it reads")
            terminal.type("\x1a")
            terminal.hears("Stopped")
            terminal.hears("prompt> ")
            self.assertEqual(status_field(command, "State")[0], "T")
            terminal.type("fg\n")
            terminal.hears("fg\r\n")
            wait_until(lambda: status_field(command, "State")[0] == "S",
                       "it goes on")
        terminal.type("word\n")
        terminal.hears("got word")
        terminal.hears("prompt> ")

    def test_in_the_background_it_leaves_the_terminal_alone(self):
        terminal = self.shell()
        terminal.type(f"{INIT} -- sh -c 'read line; echo got $line' &\n")
        # It wants to read, so it is stopped, and the shell is told.
        terminal.hears("prompt> ")
        terminal.type("echo li\"\"ve; wait %1\n")
        terminal.hears("live")
        terminal.hears("Stopped")
        terminal.type("fg\n")
        terminal.hears("fg\r\n")
        terminal.type("word\n")
        terminal.hears("got word")

    def test_where_nobody_could_continue_it_ctrl_z_does_nothing(self):
        """As process 1 of a container with a terminal: no shell above it."""
        kinds = [[]] + ([NAMESPACE] if HAS_NAMESPACES else [])
        for before in kinds:
            with self.subTest(before=before):
                terminal = Terminal(*before, INIT, "--", "sh", "-c",
                                    "echo ready; read line; echo got $line")
                try:
                    terminal.hears("ready")
                    terminal.type("\x1a")
                    terminal.type("word\n")
                    terminal.hears("got word")
                finally:
                    terminal.end()

    def test_the_signal_of_a_resized_window_arrives(self):
        terminal = self.shell()
        terminal.type(f"{INIT} -- bash -c 'trap \"echo si\"zed WINCH; "
                      "echo re\"\"ady; while :; do sleep 0.1; done'\n")
        terminal.hears("ready")
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 40, 100, 0, 0))
        terminal.hears("sized")
        terminal.type("\x03")
        terminal.hears("prompt> ")


class AsProcess1(InitTest):
    @needs_namespaces
    def test_it_is_process_1(self):
        done = self.run_init("--", "sh", "-c", "echo $PPID", kind="process 1")
        self.assertEqual(done.stdout, "1\n")


if __name__ == "__main__":
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
    sys.exit(unittest.main(verbosity=1))
