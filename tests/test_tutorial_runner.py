#!/usr/bin/env python3
"""Tests of tests/tutorial.py: it must find each fault, where it is.

tutorial_fixtures/ is a small repository with a tutorial that is sound. Each
planted fault is one change to that page (or to a source below it); the
chapter must then fail once, with the right line and the right words.
"""

import concurrent.futures
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
RUNNER = os.path.join(HERE, "tutorial.py")
sys.path.insert(0, HERE)

from tutorial.notation import LinePattern, follow  # noqa: E402
from tutorial.page import anchor_of                # noqa: E402
from tutorial.processes import candidates, replaced  # noqa: E402

LIMIT = 120  # seconds; a run takes about one


class Copy:
    """A copy of the small repository, to be broken at will. What its make
    would build is there already, but for one test, which asks for it."""

    def __init__(self, built=True):
        self.root = tempfile.mkdtemp(prefix="tutorial-")
        self.built = built
        shutil.copytree(os.path.join(HERE, "tutorial_fixtures"), self.root,
                        dirs_exist_ok=True)
        if built:
            os.mkdir(os.path.join(self.root, "build"))
            shutil.copy2(os.path.join(self.root, "tools/serve.py"),
                         os.path.join(self.root, "build/serve"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root)

    def read(self, name="TUTORIAL.md"):
        with open(os.path.join(self.root, name), encoding="utf-8") as file:
            return file.read()

    def write(self, text, name="TUTORIAL.md"):
        with open(os.path.join(self.root, name), "w",
                  encoding="utf-8") as file:
            file.write(text)

    def replace(self, old, new, name="TUTORIAL.md"):
        text = self.read(name)
        assert text.count(old) == 1, "%r stands %d times in %s" % (
            old, text.count(old), name)
        self.write(text.replace(old, new), name)

    def line_of(self, text):
        lines = self.read().split("\n")
        found = [number for number, line in enumerate(lines, 1)
                 if text in line]
        assert len(found) == 1, "%r stands on lines %s" % (text, found)
        return found[0]

    def command(self, *words):
        words += ("--no-build",) if self.built else ()
        return [sys.executable, "-S", RUNNER, words[0], "TUTORIAL.md",
                *words[1:]]

    def run(self, *words, env=None):
        return Outcome(subprocess.run(
            self.command(*words), cwd=self.root, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT,
            stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}))


class Outcome:
    """What a run of the runner printed, taken apart."""

    def __init__(self, done):
        self.code = done.returncode
        self.text = done.stdout
        self.failures = [(int(line), text) for line, text in re.findall(
            r"^TUTORIAL\.md:(\d+): (.*)$", self.text, re.M)]
        closing = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$",
                            self.text, re.M)
        self.counts = tuple(map(int, closing.groups())) if closing else None


def exists(pid):
    return os.path.exists("/proc/%s" % pid)


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ------------------------------------------------------------ planted faults

class Fault:
    """Replace old by new; the failure is `lines` below the one line that
    holds `place`, and says `words` (a regular expression)."""

    def __init__(self, chapter, old, new, place, words, lines=0,
                 patience="1"):
        self.chapter = chapter
        self.old = old
        self.new = new
        self.place = place
        self.words = words
        self.lines = lines
        self.patience = patience

    def plant_and_run(self):
        """Returns the outcome and the line that should be named."""
        with Copy() as copy:
            copy.replace(self.old, self.new)
            line = copy.line_of(self.place) + self.lines
            words = ["--no-skips", "--chapter", self.chapter,
                     "--patience", self.patience]
            if self.chapter in ("2", "3"):
                words.append("--no-run")  # seen without running anything
            return copy.run("check", *words), line


FAULTS = {
    # outputs
    "wrong_output": Fault(
        "1", "hello you, in <ms> ms", "hallo you, in <ms> ms",
        "hallo you, in", "output differs"),
    "missing_line": Fault(
        "1", "$ echo $greeting; kill %1; wait\nhello",
        "$ echo $greeting; kill %1; wait\nhello\nand more",
        "and more", "got:      nothing more"),
    "line_that_the_page_does_not_show": Fault(
        "1", "END\none\ntwo", "END\none", "> END",
        "expected: nothing more", 1),
    "range_exceeded": Fault(
        "1", "| wc -l\n<1..9>", "| wc -l\n<1..8>",
        "<1..8>", "9 is outside <1..8>"),
    "value_that_is_not_the_stated_one": Fault(
        "1", "stopped after <n=4>\nterm 2$ echo <n>",
        "stopped after <n=5>\nterm 2$ echo 4",
        "<n=5>", "4 is not 5"),
    "captured_value_that_changes": Fault(
        "1", "term 1:\nyou asked", "term 1:\n<server> asked",
        "<server> asked", "<server> was "),
    "name_that_nobody_saw": Fault(
        "4", "$ true", "$ echo <client>", "<client>",
        "nothing has been seen yet that the page calls <client>"),
    "output_of_nobody": Fault(
        "3", "$ make lab-quiet", "noise\n$ make lab-quiet", "noise",
        "output before any command"),
    "busy_terminal": Fault(
        "4", "$ true", "$ build/serve --port 8083\n"
        "stage 3b listens on port 8083, pid <pid>\n$ true",
        "$ true", "terminal 1 is busy with `build/serve --port 8083`"),
    "key_for_an_idle_terminal": Fault(
        "4", "$ true", "term 3$ ^C", "term 3$ ^C", "nothing is running in"),
    "command_that_never_ends": Fault(
        "4", "$ wait\n", "$ sleep 1002\n", "$ sleep 1002",
        "did not end within 5 s", patience="0.3"),
    # listings
    "stale_listing": Fault(
        "2", "    return 0;\n```", "    return 1;\n```",
        "return 1;", "not what stands in the source"),
    "listing_of_an_unknown_function": Fault(
        "2", "3b_one.c bury_the_dead -->", "3b_one.c bury_all -->",
        "bury_all", "has no bury_all"),
    "listing_between_texts_that_are_not_unique": Fault(
        "2", 'to "return 0"', 'to "}"', 'to "}"', "stands on 4 lines"),
    "listing_from_a_missing_file": Fault(
        "2", "listing: labs/quiet/", "listing: labs/loud/",
        "labs/loud", "No such file"),
    "stale_diff": Fault(
        "2", "+        continue;", "+        break;",
        "+        break;", "not the one between"),
    "wrong_size_of_a_diff": Fault(
        "2", "body 3 lines", "body 2 lines", "body 2 lines",
        "the diff has 3 lines, not 2"),
    "listing_that_nobody_checks": Fault(
        "2", "<!-- sketch -->", "", "while (true)",
        "a listing that nobody checks", -1),
    # Markdown
    "unknown_directive": Fault(
        "4", "<!-- keep -->", "<!-- keap -->\n<!-- keep -->", "keap",
        "unknown directive"),
    "directive_without_a_block": Fault(
        "3", "with `TIME_SCALE=0.1`.", "now.\n\n<!-- limit: 2s -->\n\n",
        "limit: 2s", "no block follows"),
    "limit_that_is_no_time": Fault(
        "4", "limit: 5s", "limit: long", "limit: long", "a limit is written"),
    "unclosed_fence": Fault(
        "3", "business.\n```", "business.", "```text", "not closed before"),
    "unclosed_last_fence": Fault(
        "4", "\nnot skipped\n```", "\nnot skipped", "$ echo not skipped",
        "never closed", -1),
    "fence_without_a_language": Fault(
        "3", "```text", "```", "Usage text", "no language", -1),
    "broken_link": Fault(
        "3", "(README.md)", "(READTHIS.md)", "READTHIS", "leads nowhere"),
    "broken_anchor": Fault(
        "2", "chapter](#3-prose)", "chapter](#3-prosa)", "#3-prosa",
        "no heading has"),
    "broken_anchor_in_another_file": Fault(
        "3", "#where-to-begin", "#where-to-end", "where-to-end",
        "did you mean where-to-begin"),
    # names in the prose
    "missing_file": Fault(
        "3", "`part3/3b_one.c`", "`part3/3b_two.c`",
        "3b_two.c", "there is no `part3/3b_two.c`"),
    "missing_stage": Fault(
        "3", "`3c_loop.c`", "`3c_knot.c`", "3c_knot.c", "no part has"),
    "misspelt_folder": Fault(
        "3", "`labs/NAME/run.sh`", "`lab/NAME/run.sh`", "`lab/NAME",
        "did you mean labs?"),
    "program_that_nobody_makes": Fault(
        "3", "`build/serve`", "`build/swerve`", "swerve",
        "nothing that make can make"),
    "unknown_option": Fault(
        "3", "`--stage`;", "`--scene`;", "--scene", "has an option --scene"),
    "unknown_option_of_a_script": Fault(
        "3", "--twice`", "--thrice`", "`scripts/ask.sh",
        "scripts/ask.sh has no option --thrice"),
    "unknown_option_in_a_command": Fault(
        "3", "$ build/serve --help",
        "$ build/serve --help --pott=1",
        "--pott", "build/serve has no option --pott"),
    "unknown_target": Fault(
        "3", "`make run-3b`", "`make walk-3b`", "walk-3b",
        "no target `walk-3b`"),
    "stage_that_make_cannot_run": Fault(
        "3", "`make run-3b`", "`make run-9b`", "run-9b", "no target"),
    "lab_without_a_folder": Fault(
        "3", "`make lab-quiet`", "`make lab-loud`", "lab-loud", "no target"),
    "unknown_variable": Fault(
        "3", "`TIME_SCALE=0.1`", "`TIME_SKALE=0.1`", "SKALE",
        "knows `TIME_SKALE`"),
    # what a chapter leaves behind
    "left_over_process": Fault(
        "4", "$ true", "$ sleep 1000 &", "$ sleep 1000 &",
        r"left over: pid \d+: sleep 1000$",
        patience="0.3"),
    "left_over_stopped_process": Fault(
        "4", "$ true", "$ sleep 1001 & until grep -q sleep "
        "/proc/$!/comm; do :; done; kill -STOP $!", "$ sleep 1001 &",
        r"left over: pid \d+: sleep 1001$",
        patience="0.3"),
    "left_over_port": Fault(
        "4", "$ true", "$ scripts/daemon.sh 8084\nhello you, in 1.5 ms",
        "$ scripts/daemon.sh", r"left over: .*listening on port 8084$",
        patience="0.3"),
    "server_that_must_be_killed": Fault(
        "4", "$ true", "term 3$ (trap '' INT TERM; exec build/serve "
        "--port 8085)\nstage 3b listens on port 8085, pid <pid>",
        "8085)", "heard neither", patience="0.3"),
    "runner_that_dies": Fault(
        "4", "$ true", "$ sleep 1003 & kill -9 $PPID", "## 4. Manners",
        "the runner itself failed"),
    # conditions
    "skip_where_none_is_allowed": Fault(
        "4", "skip-unless: test -e Makefile", "skip-unless: echo no; false",
        "skip-unless", "skipped, because .* failed: no"),
}


class PlantedFaults(unittest.TestCase):
    """One test for each fault; four run at a time."""

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(4)
        cls.runs = {name: cls.pool.submit(fault.plant_and_run)
                    for name, fault in FAULTS.items()}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown()

    def find(self, name):
        outcome, line = self.runs[name].result(LIMIT)
        self.assertEqual([line], [at for at, _ in outcome.failures],
                         outcome.text)
        self.assertTrue(re.search(FAULTS[name].words, outcome.text, re.M),
                        outcome.text)
        self.assertEqual(1, outcome.code, outcome.text)
        self.assertEqual(1, outcome.counts[1], outcome.text)


def add_test(name):
    setattr(PlantedFaults, "test_finds_" + name,
            lambda self: self.find(name))


for each in FAULTS:
    add_test(each)


# ------------------------------------------------------------ sound running

class Ports(unittest.TestCase):
    def test_no_port_has_two_names(self):
        self.assertIn(5150, candidates(10000))
        self.assertNotIn(5140, candidates(10000))  # 0x1414


class SoundPage(unittest.TestCase):
    """The page without any fault."""

    def assert_sound(self, outcome):
        self.assertEqual([], outcome.failures, outcome.text)
        self.assertEqual(0, outcome.code, outcome.text)
        self.assertEqual((0, 0), outcome.counts[1:], outcome.text)
        self.assertGreater(outcome.counts[0], 0)

    def test_all_chapters_pass_in_parallel(self):
        with Copy(built=False) as copy:
            outcome = copy.run("check", "--jobs", "5", "--no-skips")
            self.assert_sound(outcome)
            chapters = re.findall(r"^(\w+) +ok ", outcome.text, re.M)
            self.assertEqual(["front", "1", "2", "3", "4"], chapters)

    def test_each_chapter_passes_alone(self):
        for chapter in ("front", "1", "2", "3", "4"):
            with self.subTest(chapter), Copy() as copy:
                outcome = copy.run("check", "--chapter", chapter)
                self.assert_sound(outcome)
                self.assertEqual([chapter], re.findall(
                    r"^(\w+) +ok ", outcome.text, re.M))

    def test_two_runners_do_not_disturb_each_other(self):
        with Copy() as one, Copy() as other:
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                runs = [pool.submit(copy.run, "check") for copy in
                        (one, other)]
                for run in runs:
                    self.assert_sound(run.result(LIMIT))

    def test_runs_below_make_and_with_signals_ignored(self):
        """A job in the background of a script starts with ^C ignored; its
        terminals must not."""
        with Copy() as copy:
            script = "trap '' INT QUIT; MAKEFLAGS=w MAKELEVEL=1 exec " + \
                " ".join(copy.command("check", "--chapter", "1"))
            done = subprocess.run(["bash", "-c", script], cwd=copy.root,
                                  text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False,
                                  timeout=LIMIT)
            self.assert_sound(Outcome(done))

    def test_an_unknown_chapter_is_refused(self):
        with Copy() as copy:
            outcome = copy.run("check", "--chapter", "7")
            self.assertEqual(1, outcome.code)
            self.assertIn("no chapter 7; it has front 1 2 3 4", outcome.text)

    def test_a_skip_is_loud_and_counted(self):
        with Copy() as copy:
            copy.replace("skip-unless: test -e Makefile",
                         "skip-unless: echo no such thing; false")
            outcome = copy.run("check", "--chapter", "4")
            self.assertEqual(0, outcome.code)
            self.assertEqual((0, 1), outcome.counts[1:])
            self.assertRegex(outcome.text, r"(?m)^SKIP .*TUTORIAL\.md:\d+: "
                             r"4\.2 .* failed: no such thing$")

    def test_only_one_line_a_chapter_in_a_pipe(self):
        with Copy() as copy:
            outcome = copy.run("check", "--jobs", "5")
            self.assertEqual(6, outcome.text.count("\n"), outcome.text)
            self.assertNotIn("\r", outcome.text)

    def test_progress_is_shown_on_a_terminal(self):
        with Copy() as copy:
            done = subprocess.run(
                ["script", "-qec", " ".join(copy.command(
                    "check", "--chapter", "3")), "/dev/null"],
                cwd=copy.root, stdout=subprocess.PIPE, check=False,
                stdin=subprocess.DEVNULL, timeout=LIMIT, text=True)
            self.assertEqual(0, done.returncode, done.stdout)
            self.assertIn("chapter 3: 3. Prose  term 1$ make", done.stdout)


# ------------------------------------------------------------- the notation

class Notation(unittest.TestCase):

    def matches(self, expected, seen, whole=True, names=None):
        patterns = [LinePattern(line) for line in expected.split("\n")]
        return follow(patterns, seen.split("\n"), names or {}, whole)

    def test_lines(self):
        for expected, seen, good in (
                ("<p99_ms> ms", "7.25 ms", True),
                ("<ms> ms", "soon ms", False),
                ("<n> and <n>", "1 and 2,000", True),
                ("<1..3>", "3", True),
                ("<1..3>", "2.5", False),
                ("<1..3.0>", "2.5", True),
                ("<-1>", "<-1>", True),
                ("Date: <date>", "Date: Fri, 20 Nov 2026 11:16:23 GMT", True),
                ("<date>", "2026-11-20T11:16:23.5Z", True),
                ("at <time>", "at 11:16:23", True),
                ("<h1>x</h1>", "<h1>x</h1>", True),
                ("<h1>x</h1>", "yx</h1>", False),
                ("<one>-<one>", "a-a", True),
                ("<one>-<one>", "a-b", False),
                ("a.c", "abc", False),
                ("wait...", "wait for it", True),
                ("a  ", "a", True),
                (" a", "a", False)):
            with self.subTest(expected=expected, seen=seen):
                self.assertEqual(good, self.matches(expected, seen).matched)

    def test_dots_leave_every_reading_open(self):
        verdict = self.matches("...\n<pid2>\n...\nlast <pid2>",
                               "one\ntwo\nthree\nlast two")
        self.assertTrue(verdict.matched)
        self.assertEqual("two", verdict.names["pid2"])

    def test_a_running_program_may_say_more(self):
        self.assertTrue(self.matches("a\nb", "a\nb\nc", False).matched)
        self.assertFalse(self.matches("a\nb", "a\nb\nc").matched)
        early = self.matches("a\nb", "a", False)
        self.assertTrue(early.possible and not early.matched)

    def test_ports_are_replaced_as_whole_numbers(self):
        table = {"8080": "2130", ":1F90": ":0852"}
        self.assertEqual("a:2130/ 18080 8080.5 2130. 00:0852 x8080",
                         replaced("a:8080/ 18080 8080.5 8080. 00:1F90 x8080",
                                  table))

    def test_anchors_follow_the_forge(self):
        self.assertEqual("114-freeze-waitpid-1--co_", anchor_of(
            "11.4 *Freeze*: [`waitpid(-1)`](#x) & co_"))


# ------------------------------------------------------- failures in detail

class Failures(unittest.TestCase):

    def test_the_other_terminal_is_shown(self):
        with Copy() as copy:
            copy.replace("hello you 3, in ... ms", "bye you 3, in ... ms")
            text = copy.run("check", "--chapter", "1").text
            self.assertRegex(text, r"terminal 1 \(make run-3b\), its last")
            self.assertIn("  | stage 3b listens on port 8080, pid ", text)
            self.assertIn(">- bye you 3, in ... ms", text)
            self.assertIn("1.1 A server and a client", text)

    def test_a_failure_does_not_stop_the_chapter(self):
        with Copy() as copy:
            copy.replace("hello you, in <ms> ms", "hallo you, in <ms> ms")
            copy.replace("| wc -l\n<1..9>", "| wc -l\n<1..8>")
            outcome = copy.run("check", "--chapter", "1")
            self.assertEqual(2, outcome.counts[1], outcome.text)

    def test_a_long_diff_is_refused(self):
        with Copy() as copy:
            copy.write(copy.read("part3/3c_loop.c").replace(
                "        continue;\n", "        continue;\n" * 30),
                "part3/3c_loop.c")
            outcome = copy.run("check", "--chapter", "2")
            self.assertIn((copy.line_of("body 3 lines"), "2. Listings: the "
                           "diff has 32 lines, more than 25: split the step "
                           "or explain it"), outcome.failures)

    def test_a_changed_source_is_found(self):
        with Copy() as copy:
            copy.replace("one of them", "a few of them", "part3/3b_one.c")
            outcome = copy.run("check", "--chapter", "2")
            self.assertIn(copy.line_of("bury_the_dead -->") + 2,
                          [line for line, _ in outcome.failures])

    def test_a_port_held_by_a_stranger_is_found(self):
        with Copy() as copy:
            copy.replace("$ true", "$ echo $PORT >port; "
                         "until test -e held; do sleep 0.02; done")
            stranger = threading.Thread(target=self.hold_port, args=[copy])
            stranger.start()
            outcome = copy.run("check", "--chapter", "4")
            copy.write("", "over")
            stranger.join()
            self.assertEqual(1, len(outcome.failures), outcome.text)
            self.assertRegex(outcome.text, "port 8080 is still listening, "
                             "held by pid %d: " % os.getpid())

    @staticmethod
    def hold_port(copy):
        def there(name):
            return os.path.exists(os.path.join(copy.root, name))

        wait_until(lambda: there("port") and copy.read("port").strip())
        with socket.create_server(("", int(copy.read("port")))):
            copy.write("", "held")
            wait_until(lambda: there("over"), LIMIT)

    def test_left_over_processes_are_ended(self):
        with Copy() as copy:
            copy.replace("$ true", "$ setsid sleep 1004 & echo $! >pid")
            outcome = copy.run("check", "--chapter", "4", "--patience", "0.3")
            self.assertEqual(1, outcome.code, outcome.text)
            self.assertFalse(exists(copy.read("pid").strip()))

    def test_an_interrupted_run_ends_what_it_started(self):
        with Copy() as copy:
            copy.replace("$ true", "$ sleep 1005 & echo $! >pid; wait")
            run = subprocess.Popen(
                copy.command("check", "--chapter", "4", "--patience", "0.5"),
                cwd=copy.root, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            file = os.path.join(copy.root, "pid")
            self.assertTrue(wait_until(lambda: os.path.exists(file)
                                       and copy.read("pid").strip()))
            run.send_signal(signal.SIGTERM)
            run.wait(LIMIT)
            self.assertFalse(exists(copy.read("pid").strip()))


# -------------------------------------------------------------------- update

class Update(unittest.TestCase):

    def refreshed(self, *changes, chapter):
        """The outcome and the page after `update`."""
        with Copy() as copy:
            for change in changes:
                copy.replace(*change)
            outcome = copy.run("update", "--chapter", chapter)
            return outcome, copy.read()

    def sound_text(self):
        with Copy() as copy:
            return copy.read()

    def test_a_sound_page_is_left_alone(self):
        with Copy() as copy:
            before = copy.read()
            outcome = copy.run("update", "--jobs", "5")
            self.assertEqual(0, outcome.code, outcome.text)
            self.assertEqual(before, copy.read())
            self.assertIn("nothing to refresh", outcome.text)

    def test_outputs_are_refreshed(self):
        outcome, page = self.refreshed(
            ("\nEND\none\ntwo".replace("\nEND", "> END"), "> END\none\n2"),
            ("echo <n> questions\n4 questions",
             "echo <n> questions\n5 questions\nand more"),
            ("you asked\n...\nyou 3", "you asks\n...\nyou 3"),
            ("$ echo $greeting; kill %1; wait\nhello\n",
             "$ echo $greeting; kill %1; wait\n"),
            chapter="1")
        self.assertEqual(0, outcome.code, outcome.text)
        self.assertEqual(self.sound_text().replace(
            "[1]+  Terminated              sleep 30\n", ""),
            page.replace("[1]+  Terminated              sleep 30\n", ""))
        self.assertIn("\n-5 questions\n-and more\n+4 questions\n",
                      outcome.text)

    def test_a_range_is_never_rewritten(self):
        outcome, page = self.refreshed(
            ("| wc -l\n<1..9>", "| wc -l\n<1..8>"),
            ("hello you, in <ms> ms", "hallo you, in <ms> ms"),
            ("stopped after <n=4>\nterm 2$ echo <n>",
             "stopped after <n=5>\nterm 2$ echo 4"),
            ("and <b>bold</b>\n$ scripts", "and <b>thin</b>\n$ scripts"),
            chapter="1")
        self.assertEqual(1, outcome.code)
        self.assertEqual(3, outcome.counts[1], outcome.text)
        self.assertIn("| wc -l\n<1..8>\n", page)
        self.assertIn("hallo you, in <ms> ms\n", page)
        self.assertIn("stopped after <n=5>\n", page)
        self.assertIn("red and <b>bold</b>\n", page)

    def test_listings_and_diffs_are_refreshed(self):
        outcome, page = self.refreshed(
            ("    return 0;\n```", "    return 1;\n```"),
            ("+        continue;\n", ""),
            ("body 3 lines", "body 12 lines"),
            ("listing: part3/3b_one.c bury_the_dead -->\n```c\n/* Who",
             "listing: part3/3b_one.c bury_the_dead -->\n```c\n\n/* Whom"),
            chapter="2")
        self.assertEqual(0, outcome.code, outcome.text)
        self.assertEqual(self.sound_text(), page)

    def test_only_the_chosen_chapter_is_refreshed(self):
        outcome, page = self.refreshed(
            ("    return 0;\n```", "    return 1;\n```"), chapter="1")
        self.assertEqual(0, outcome.code, outcome.text)
        self.assertIn("return 1;", page)


def main():
    program = unittest.main(exit=False)
    result = program.result
    failed = len({str(test) for test, _ in result.failures + result.errors})
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
