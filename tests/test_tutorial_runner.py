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
LIMIT = 120  # seconds; a run takes about one


class Copy:
    """A copy of the small repository, to be broken at will."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="tutorial-")
        shutil.copytree(os.path.join(HERE, "tutorial_fixtures"), self.root,
                        dirs_exist_ok=True)

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
        return [sys.executable, RUNNER, words[0], "TUTORIAL.md", *words[1:]]

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

    def __init__(self, chapter, old, new, place, words, lines=0):
        self.chapter = chapter
        self.old = old
        self.new = new
        self.place = place
        self.words = words
        self.lines = lines


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
        "1", "END\none\ntwo", "END\none", "one", "expected: nothing more", 3),
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
        "4", "$ sleep 0.01 &", "$ sleep 0.01 &", "", ""),
    "busy_terminal": Fault(
        "4", "$ true", "$ build/serve --port 8083\n"
        "stage 3b listens on port 8083, pid <pid>\n$ true",
        "$ true", "terminal 1 is busy with `build/serve --port 8083`"),
    "key_for_an_idle_terminal": Fault(
        "4", "$ true", "term 3$ ^C", "term 3$ ^C", "nothing is running in"),
    "command_that_never_ends": Fault(
        "4", "$ wait\n", "$ sleep 1002\n", "$ sleep 1002",
        "did not end within 1.5 s"),
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
        "3", "with `TIME_SCALE=0.1`.", "now.\n\n<!-- keep -->\n\n",
        "<!-- keep -->", "no block follows"),
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
        "2", "(#3-prose)", "(#3-prosa)", "#3-prosa", "no heading has"),
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
        "4", "build/serve --port 8082", "build/serve --pott=8082",
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
        r"left over: pid \d+: sleep 1000$"),
    "left_over_stopped_process": Fault(
        "4", "$ true", "$ sleep 1001 & kill -STOP $!", "$ sleep 1001 &",
        r"left over: pid \d+: sleep 1001$"),
    "left_over_port": Fault(
        "4", "$ true", "$ scripts/daemon.sh 8084\nhello you, in 1.5 ms",
        "$ scripts/daemon.sh", r"left over: .*listening on port 8084$"),
    "server_that_must_be_killed": Fault(
        "4", "$ true", "$ (trap '' INT TERM; exec build/serve --port 8085)\n"
        "stage 3b listens on port 8085, pid <pid>",
        "8085)", "heard neither"),
    "runner_that_dies": Fault(
        "4", "$ true", "$ sleep 1003 & kill -9 $PPID", "## 4. Manners",
        "the runner itself failed"),
    # conditions
    "skip_where_none_is_allowed": Fault(
        "4", "skip-unless: test -e Makefile", "skip-unless: echo no; false",
        "skip-unless", "skipped, because .* failed: no"),
}

OTHER_FAILURES = {  # a fault may have consequences, which are reported too
    "unknown_option_in_a_command": 4,
}
