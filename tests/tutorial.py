#!/usr/bin/env python3
"""tutorial.py - runs TUTORIAL.md and says where it is no longer true.

    tests/tutorial.py check TUTORIAL.md [--chapter 11] [--jobs N]
    tests/tutorial.py update TUTORIAL.md [--chapter 11]

A chapter is a `## ` heading, a section a `### ` heading. Every chapter runs
by itself, from the folder that holds the page, with build/ made.

Console blocks
    term 1$ make run-3b          typed in terminal 1; `$ cmd` means the same.
    listening on <port>          Lines below a command are its whole output.
    term 2$ curl localhost:8080  A terminal is one bash for all the chapter:
    hello                        jobs, variables and `cd` last.
    term 1$ ^C                   a key (also ^D, ^Z, ^\\). Lines below it are
    bye                          what follows it; none are needed.
    term 1:                      no command: a look at terminal 1, which by
    GET / 200                    now has also printed this.
A command may go on over several lines, as a shell lets it (`\\` at the end,
or lines that begin with `> ` while it is incomplete).

A command must end, unless it is a server: a program in the foreground that
listens, and is not run by a shell script. Or unless the page goes on in that
terminal, in the same block, with a key or a look. Of what still runs, only
the lines shown are compared; more may follow. A server is stopped (^C, TERM,
KILL) at the end of its section. In a busy terminal nothing can be typed.
Lines such as `[1] 4711`, `[1]+ Done` (and, after ^C, `make: *** ...`) are
dropped from the page and from the output before comparing.

Expected output: see notation.py for <name>, <1..199>, <n=200>, <ms>, `...`.
Otherwise it is compared exactly, without trailing blanks and colours. In
commands <name> stands for the text that was remembered in this chapter.

Ports 8080 to 8089 are replaced by free ones, in commands and in outputs (as
decimal, after a colon as hex, and 8080 with its bytes swapped, 36895). PORT
is exported for `make run-3b`.

Directives are HTML comments directly above a block
    <!-- limit: 40s -->          for each command of it (10 s; 20 s for make)
    <!-- skip-unless: CMD -->    skipped, loudly, when CMD fails
    <!-- keep -->                its servers live on beyond their section
    <!-- listing: ... -->        see listings.py, which also says how the
    <!-- diff: A B 5 lines -->   size of a diff is counted (25 at most)
    <!-- sketch -->              a c, diff or make block taken from nowhere;
                                 without one of these three it is an error
Names in the prose are checked as prose.py says.

At its end a chapter must have left no process and no listening port.
`update` replaces outputs, listings and diffs by what was seen, but never a
line that carries notation: it reports those.
"""

import argparse
import difflib
import json
import os
import selectors
import signal
import subprocess
import sys

from tutorial import processes, terminal
from tutorial.chapter import ChapterRun, Edit, Failure, Result
from tutorial.page import read_page
from tutorial.prose import Repository


def main():
    options = read_options()
    try:
        page = read_page(options.page)
    except OSError as error:
        sys.exit("%s: %s" % (options.page, error.strerror))
    root = os.path.dirname(os.path.abspath(options.page))
    chapters = chosen(page, options.chapter)
    processes.become_subreaper()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not options.no_build:
        build(root)
    results = Runs(page, chapters, Repository(root), options).run()
    if options.update:
        apply_edits(page, results)
    return summary(results)


def read_options():
    parser = argparse.ArgumentParser(
        description="Run a tutorial and compare it with its program.",
        epilog="The notation of the page is described at the top of this "
               "file.")
    parser.add_argument("what", choices=("check", "update"))
    parser.add_argument("page", help="the Markdown file")
    parser.add_argument("--chapter", action="append", default=[],
                        metavar="N", help="only this chapter (`9,10` for "
                        "more; the part before the first is `front`)")
    parser.add_argument("--jobs", type=int, default=1, metavar="N",
                        help="run N chapters at a time (1)")
    parser.add_argument("--no-build", action="store_true",
                        help="do not call make first")
    parser.add_argument("--no-run", action="store_true",
                        help="run no console block: check text only")
    parser.add_argument("--no-skips", action="store_true",
                        help="a skipped block is a failure")
    parser.add_argument("--patience", type=float, default=1.0, metavar="F",
                        help="multiply every time limit by F (1)")
    options = parser.parse_args()
    options.update = options.what == "update"
    options.page = os.path.relpath(options.page)
    return options


def chosen(page, wanted):
    """The chapters named by --chapter; all without it."""
    keys = [key for text in wanted for key in text.split(",") if key]
    if not keys:
        return page.chapters
    known = {chapter.key: chapter for chapter in page.chapters}
    for key in keys:
        if key not in known:
            sys.exit("%s has no chapter %s; it has %s"
                     % (page.path, key, " ".join(known)))
    return [known[key] for key in dict.fromkeys(keys)]


def build(root):
    if subprocess.run(["make", "-s"], cwd=root, check=False,
                      env=terminal.environment(8080),
                      stdin=subprocess.DEVNULL).returncode != 0:
        sys.exit("make failed: nothing to run the tutorial with")


# ---------------------------------------------------- chapters in parallel

class Runs:
    """Starts a process for each chapter, as many at a time as --jobs says,
    and prints their results in the order of the page."""

    def __init__(self, page, chapters, repository, options):
        self.page = page
        self.repository = repository
        self.options = options
        self.waiting = list(chapters)
        self.order = list(chapters)
        self.running = {}   # pid -> Running
        self.results = {}   # line of the chapter -> Result
        self.printed = 0
        self.select = selectors.DefaultSelector()
        self.progress = Progress()

    def run(self):
        try:
            while self.waiting or self.running:
                while (self.waiting
                       and len(self.running) < max(self.options.jobs, 1)):
                    self.start(self.waiting.pop(0))
                for key, _ in self.select.select():
                    self.hear(key.data)
        finally:
            self.stop_all()
        return [self.results[chapter.line] for chapter in self.order]

    def start(self, chapter):
        read_end, write_end = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            self.be_a_chapter(chapter, write_end)
        os.close(write_end)
        run = Running(pid, chapter, os.fdopen(read_end, "rb", buffering=0))
        self.running[pid] = run
        self.select.register(run.pipe, selectors.EVENT_READ, run)

    def be_a_chapter(self, chapter, write_end):
        """In the child. Never returns."""
        processes.die_with_parent()
        pipe = os.fdopen(write_end, "w", encoding="utf-8")

        def say(message):
            pipe.write(json.dumps(message) + "\n")
            pipe.flush()

        run = ChapterRun(self.page, chapter, self.repository, self.options,
                         lambda text: say({"progress": text}))
        code = 1
        try:
            say({"result": run.run().as_dict()})
            code = 0
        except KeyboardInterrupt:
            pass
        except Exception:  # report it as this chapter's, run the others
            import traceback
            say({"broken": traceback.format_exc()})
        finally:
            os._exit(code)

    def hear(self, run):
        data = run.pipe.read(65536)
        run.text += data
        *lines, run.text = run.text.split(b"\n")
        for line in lines:
            self.take(run, json.loads(line))
        if not data:
            self.finish(run)

    def take(self, run, message):
        if "progress" in message:
            self.progress.show("chapter %s: %s" % (run.chapter.key,
                                                   message["progress"]))
        elif "result" in message:
            run.result = result_from(message["result"])
        elif "broken" in message:
            run.trouble = message["broken"]

    def finish(self, run):
        self.select.unregister(run.pipe)
        run.pipe.close()
        status = wait_status(run.pid)
        del self.running[run.pid]
        if run.result is None:
            self.end_strays()
            run.result = Result(failures=[Failure(
                run.chapter.line, run.chapter.title,
                "the runner itself failed (wait status %d)" % status,
                run.trouble.splitlines())])
        self.results[run.chapter.line] = run.result
        while (self.printed < len(self.order)
               and self.order[self.printed].line in self.results):
            self.print_result(self.order[self.printed])
            self.printed += 1

    def print_result(self, chapter):
        result = self.results[chapter.line]
        if not (result.passed or result.failures or result.skipped):
            return
        self.progress.clear()
        print("%-6s %-4s %s: %d commands, %d listings, %d diffs, %d names, "
              "%.1f s" % (chapter.key, "FAIL" if result.failures else "ok",
                          chapter.title, result.commands, result.listings,
                          result.diffs, result.names, result.seconds))
        for skip in result.skips:
            print("SKIP   " + skip)
        for failure in result.failures:
            print_failure(self.page.path, failure)
        sys.stdout.flush()

    def end_strays(self):
        """A chapter's process has died: what it had came to us."""
        everyone = processes.all_processes()
        strays = [one for one in processes.descendants(os.getpid(), everyone)
                  if one.parent == os.getpid()
                  and one.pid not in self.running]
        for one in list(strays):
            strays += processes.descendants(one.pid, everyone)
        processes.end(strays)

    def stop_all(self):
        """Interrupted: let every chapter end what it has started."""
        for pid in self.running:
            os.kill(pid, signal.SIGTERM)
        for pid in self.running:
            wait_status(pid)
        processes.end(processes.descendants(os.getpid()))


def wait_status(pid):
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return -1  # buried with the strays of another chapter


class Running:
    def __init__(self, pid, chapter, pipe):
        self.pid = pid
        self.chapter = chapter
        self.pipe = pipe
        self.text = b""
        self.result = None
        self.trouble = ""


class Progress:
    """One line, rewritten, and only on a terminal."""

    def __init__(self):
        self.on = sys.stdout.isatty()

    def show(self, text):
        if self.on:
            line = text.split("\n")[0][:os.get_terminal_size().columns - 1]
            sys.stdout.write("\r\x1b[K" + line)
            sys.stdout.flush()

    def clear(self):
        if self.on:
            sys.stdout.write("\r\x1b[K")


def result_from(message):
    message["failures"] = [Failure(**one) for one in message["failures"]]
    message["edits"] = [Edit(**one) for one in message["edits"]]
    return Result(**message)


# ------------------------------------------------------------------ output

def print_failure(path, failure):
    print("%s:%d: %s: %s" % (path, failure.line, failure.where, failure.text))
    for line in failure.details:
        print("    " + line)


def summary(results):
    failed = sum(len(result.failures) for result in results)
    print("%d passed, %d failed, %d skipped" % (
        sum(result.passed for result in results), failed,
        sum(result.skipped for result in results)))
    return 1 if failed else 0


def apply_edits(page, results):
    """Write the refreshed page, and show what has changed in it."""
    edits = sorted((edit for result in results for edit in result.edits),
                   key=lambda edit: edit.first, reverse=True)
    lines = list(page.lines)
    for edit in edits:
        lines[edit.first - 1:edit.last - 1] = edit.lines
    if lines == page.lines:
        print("nothing to refresh in %s" % page.path)
        return
    with open(page.path, encoding="utf-8") as file:
        if file.read() != "\n".join(page.lines):
            sys.exit("%s has changed meanwhile: not written" % page.path)
    with open(page.path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    for line in difflib.unified_diff(page.lines, lines, page.path,
                                     page.path + " (refreshed)", lineterm=""):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
