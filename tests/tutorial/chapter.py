"""chapter.py - runs one chapter and collects what it finds.

Runs in a process of its own that is a subreaper: whatever the chapter
starts stays below it, and must be gone at the end. Terminals, matching,
listings and prose are asked; what counts as a fault is decided here.
"""

import os
import re
import select
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from typing import List

from tutorial import listings, notation, processes
from tutorial.page import KEYS, steps_of
from tutorial.prose import ProseCheck
from tutorial.terminal import MAKE_NOTICE, Terminal, environment, \
    readable_lines

LIMIT, MAKE_LIMIT = 10.0, 20.0    # seconds for a command
STOP_STEPS = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0),
              (signal.SIGKILL, 3.0))
SETTLE = 0.3      # for a command of which the page expects no more
LEAVE = 3.0       # for processes that are ending anyway
LAST_LINES = 20
SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s?$")


@dataclass
class Failure:
    line: int
    where: str
    text: str
    details: List[str] = field(default_factory=list)


@dataclass
class Edit:
    """Replace the page's lines first..last-1 (counted from 1)."""
    first: int
    last: int
    lines: List[str]


@dataclass
class Result:
    passed: int = 0
    skipped: int = 0
    commands: int = 0
    listings: int = 0
    diffs: int = 0
    names: int = 0
    seconds: float = 0.0
    failures: List[Failure] = field(default_factory=list)
    skips: List[str] = field(default_factory=list)
    edits: List[Edit] = field(default_factory=list)

    def as_dict(self):
        return asdict(self)


class ChapterRun:
    """One chapter, from the first check to the last burial."""

    def __init__(self, page, chapter, repository, options, tell):
        self.page = page
        self.chapter = chapter
        self.repository = repository
        self.options = options
        self.tell = tell          # a function that shows what is running
        self.result = Result()
        self.names = {}
        self.terminals = {}
        self.started_by = {}      # process identity -> line of the page
        self.patience = options.patience

    def run(self):
        begun = time.monotonic()
        processes.become_subreaper()
        self.children = processes.hear_children()
        self.ports = processes.Ports("\n".join(self.page.lines))
        try:
            self.check_text()
            if not self.options.no_run:
                self.run_blocks()
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            self.leave_nothing()
            self.ports.release()
        self.result.failures.sort(key=lambda failure: failure.line)
        self.result.seconds = time.monotonic() - begun
        return self.result

    # ---------------------------------------------------------- counting

    def passed(self):
        self.result.passed += 1

    def failed(self, line, section, text, details=()):
        self.result.failures.append(
            Failure(line, section.title, text, list(details)))

    def step_failed(self, step, line, text, details=()):
        self.failed(line, step.block.section, text,
                    ["%s" % step] + list(details)
                    + self.other_terminals(step.terminal))

    def other_terminals(self, number):
        details = []
        for other in self.terminals.values():
            lines = other.last_lines(LAST_LINES)
            if other.number == number or not lines:
                continue
            details.append("terminal %d%s, its last lines:" % (
                other.number, " (%s)" % other.busy if other.busy else ""))
            details += ["  | " + self.ports.shown(line) for line in lines]
        return details

    def edit(self, first, last, lines):
        self.result.edits.append(Edit(first, last, lines))

    # ------------------------------------------------- without running

    def check_text(self):
        problems = list(self.chapter.problems)
        for block in self.chapter.blocks:
            self.check_block(block)
            if block.language == "console":
                steps_of(block, problems)
        prose = ProseCheck(self.repository, self.page, self.chapter)
        for problem in problems + prose.run():
            self.failed(problem.line, self.section_at(problem.line),
                        problem.text)
        self.result.names = prose.checked
        self.result.passed += prose.checked - len(prose.problems)

    def section_at(self, line):
        best = self.chapter
        for part in self.chapter.blocks + self.chapter.paragraphs:
            if best.line <= part.section.line <= line:
                best = part.section
        return best

    def check_block(self, block):
        limit = block.directive("limit")
        if limit and not SECONDS.match(limit.argument):
            self.failed(limit.line, block.section, "a limit is written "
                        "`40s`, not `%s`" % limit.argument)
        for name, check in (("listing", self.check_listing),
                            ("diff", self.check_diff)):
            directive = block.directive(name)
            if not directive:
                continue
            try:
                check(block, directive)
            except listings.Unusable as error:
                self.failed(directive.line, block.section, str(error))

    def check_listing(self, block, directive):
        self.result.listings += 1
        self.compare_block(block, listings.cut(self.repository.root,
                                               directive.argument),
                           "the listing is not what stands in the source")

    def check_diff(self, block, directive):
        self.result.diffs += 1
        diff = listings.Diff(self.repository.root, directive.argument)
        if diff.size > listings.LARGEST_DIFF:
            self.failed(directive.line, block.section,
                        "the diff has %d lines, more than %d: split the step "
                        "or explain it" % (diff.size, listings.LARGEST_DIFF))
        elif diff.size != diff.stated and self.options.update:
            old = self.page.lines[directive.line - 1]
            self.edit(directive.line, directive.line + 1,
                      [diff.restated(old)])
        elif diff.size != diff.stated:
            self.failed(directive.line, block.section,
                        "the diff has %d lines, not %d"
                        % (diff.size, diff.stated))
        self.compare_block(block, diff.lines,
                           "the diff is not the one between the two files")

    def compare_block(self, block, wanted, complaint):
        """But for blanks at the end of a line, which editors remove."""
        shown = [line.rstrip() for line in block.lines]
        wanted = [line.rstrip() for line in wanted]
        if shown == wanted:
            self.passed()
            return
        if self.options.update:
            self.edit(block.first, block.first + len(block.lines),
                      [(block.indent + line).rstrip() for line in wanted])
            self.passed()
            return
        at = first_difference(shown, wanted)
        self.failed(block.first + at, block.section, complaint, [
            "the page:   " + line_at(shown, at),
            "the source: " + line_at(wanted, at)])

    # -------------------------------------------------------- the blocks

    def run_blocks(self):
        section = None
        blocks = [(block, steps_of(block, []))
                  for block in self.chapter.blocks
                  if block.language == "console"]
        look_ahead([step for _, steps in blocks for step in steps])
        for block, steps in blocks:
            if block.section is not section:
                self.end_section()
                section = block.section
            if not self.is_skipped(block):
                self.run_steps(block, steps)
        self.end_section(whole_chapter=True)

    def is_skipped(self, block):
        condition = block.directive("skip-unless")
        if not condition:
            return False
        try:
            done = subprocess.run(
                ["bash", "-c", self.ports.real(condition.argument)],
                cwd=self.repository.root, env=environment(self.ports.base),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace",
                timeout=LIMIT * self.patience, check=False)
            code, said = done.returncode, done.stdout.strip()
        except subprocess.TimeoutExpired:
            code, said = 1, "it did not end"
        if code == 0:
            return False
        text = "skipped, because `%s` failed%s" % (
            condition.argument, ": " + said if said else "")
        if self.options.no_skips:
            self.failed(condition.line, block.section, text)
        else:
            self.result.skipped += 1
            self.result.skips.append("%s:%d: %s: %s" % (
                self.page.path, condition.line, block.section.title, text))
        return True

    def run_steps(self, block, steps):
        for step in steps:
            self.tell("%s  %s" % (block.section.title, step))
            self.result.commands += step.kind == "command"
            {"command": self.run_command, "key": self.press_key,
             "look": self.look}[step.kind](step)
            self.remember_who_started(step.line)

    def limit_of(self, step):
        given = step.block.directive("limit")
        number = given and SECONDS.match(given.argument)
        if number:
            return float(number.group(1)) * self.patience
        makes = re.search(r"(?:^|[;&|]\s*)(?:\w+=\S*\s+)*make\b", step.text)
        return (MAKE_LIMIT if makes else LIMIT) * self.patience

    def terminal(self, number):
        if number not in self.terminals or not self.terminals[number].alive:
            if number in self.terminals:
                self.close(self.terminals[number])
            terminal = Terminal(number, self.repository.root, self.ports.base)
            self.terminals[number] = terminal
            self.wait_for(terminal.finished, 30 * self.patience)
        return self.terminals[number]

    # ------------------------------------------------------------ waiting

    def wait(self, seconds):
        """Sleep until a terminal speaks, a child dies, or time is up. All
        terminals are read, so that none stops for a full pipe."""
        watched = {one.master: one for one in self.terminals.values()
                   if one.alive}
        ready, _, _ = select.select(list(watched) + [self.children], [], [],
                                    max(seconds, 0))
        if self.children in ready:
            try:
                os.read(self.children, 4096)
            except BlockingIOError:
                pass
        for one in watched.values():
            one.read()
        self.bury()

    def bury(self):
        dead = processes.bury_the_dead()
        for one in self.terminals.values():
            if one.pid in dead:
                one.read()
                one.alive = False

    def wait_for(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self.wait(min(0.5, deadline - time.monotonic()))
        return True

    # ----------------------------------------------------------- commands

    def run_command(self, step):
        terminal = self.terminal(step.terminal)
        self.make_room(terminal, step)
        terminal = self.terminal(step.terminal)
        command, missing = notation.fill_in(step.text, self.names)
        if missing:
            self.step_failed(step, step.line, "nothing has been seen yet that "
                             "the page calls <%s>" % missing)
            return
        terminal.type(self.ports.real(command))
        terminal.section, terminal.line = step.block.section, step.line
        terminal.kept = bool(step.block.directive("keep"))
        self.await_output(terminal, step)

    def make_room(self, terminal, step):
        """The command before must have ended, or be a server from another
        section."""
        self.wait(0)
        if terminal.finished():
            return
        if terminal.section is not step.block.section:
            self.stop(terminal, step.line)
            return
        # A server may have been told to end a moment ago.
        limit = 2 if terminal.serves() else self.limit_of(step)
        if self.wait_for(terminal.finished, limit):
            return
        self.step_failed(step, step.line, "terminal %d is busy with `%s`"
                         % (terminal.number, self.ports.shown(terminal.busy)))
        self.stop(terminal, step.line)

    def patterns(self, step):
        return [notation.LinePattern(one.text)
                for one in self.expected_lines(step)]

    @staticmethod
    def expected_lines(step):
        """Without job notices, and without blank lines at the end."""
        lines = [one for one in step.expected
                 if readable_lines(one.text + "\n")]
        while lines and not lines[-1].text.strip():
            lines.pop()
        return lines

    def await_output(self, terminal, step):
        """Until the command has ended; or it is a server, or the page goes
        on with ^C, and what it should have said by now is decided."""
        patterns = self.patterns(step)
        limit = self.limit_of(step)
        deadline = time.monotonic() + limit
        decided_at, ask_at, pause = None, 0.0, 0.02
        while True:
            now = time.monotonic()
            if terminal.finished():
                lines = without_last_blanks(self.shown(terminal.output()))
                self.judge(step, patterns, lines, True)
                return
            lines = self.shown(terminal.whole_lines())
            verdict = notation.follow(patterns, lines, self.names, False)
            if verdict.matched or not verdict.possible:
                decided_at = decided_at or now
                if now >= ask_at:
                    if self.may_go_on(terminal, step, verdict.matched,
                                      now - decided_at > SETTLE):
                        terminal.seen = accounted_for(verdict, patterns)
                        self.judge(step, patterns, lines, False)
                        return
                    pause = min(pause * 2, 0.25)
                    ask_at = time.monotonic() + pause
            if now >= deadline:
                self.never_ends(terminal, step, patterns, lines, limit)
                return
            awake = min(deadline, ask_at if decided_at else deadline)
            self.wait(max(min(awake - time.monotonic(), 1.0), 0.01))

    @staticmethod
    def may_go_on(terminal, step, matched, settled):
        """A server stays; and so does what the page itself stops or looks
        at later."""
        if not settled and (step.may_stay or not matched):
            return matched and terminal.serves()
        return step.may_stay or terminal.serves()

    def never_ends(self, terminal, step, patterns, lines, limit):
        details = self.comparison(patterns, lines, False, step)
        self.step_failed(step, step.line, "did not end within %g s"
                         % (limit / self.patience), details)
        self.names = notation.names_from(patterns, lines, self.names)
        self.stop(terminal, step.line)

    def shown(self, lines):
        return [self.ports.shown(line) for line in lines]

    # ------------------------------------------------------------- output

    def judge(self, step, patterns, lines, whole):
        verdict = notation.follow(patterns, lines, self.names, whole)
        if verdict.matched:
            self.names = verdict.names
            self.passed()
            return
        if self.options.update and self.refresh(step, patterns, lines, whole):
            self.names = notation.names_from(patterns, lines, self.names)
            self.passed()
            return
        places = self.expected_lines(step)
        at = verdict.expected_at
        line = places[at].line if at < len(places) else (
            places[-1].line if places else step.line)
        self.step_failed(step, line, "the output differs",
                         self.comparison(patterns, lines, whole, step))
        self.names = notation.names_from(patterns, lines, self.names)

    def comparison(self, patterns, lines, whole, step):
        """Expected and got, the first difference marked."""
        verdict = notation.follow(patterns, lines, self.names, whole)
        if verdict.matched:
            return ["(what it printed is what the page shows)"]
        at, seen = verdict.expected_at, verdict.line_at
        places = self.expected_lines(step)
        details = []
        if at < len(patterns):
            details.append("expected: %s   (line %d)"
                           % (patterns[at].text, places[at].line))
        else:
            details.append("expected: nothing more")
        if seen < len(lines):
            why = at < len(patterns) and patterns[at].complaint(
                lines[seen], self.names)
            details.append("got:      %s%s" % (
                lines[seen], "   (%s)" % why if why else ""))
        else:
            details.append("got:      nothing more")
        details.append("in full (- expected, + got):")
        return details + list(small_diff(patterns, lines, self.names))

    def refresh(self, step, patterns, lines, whole):
        """Put what was seen into the page. False when a line in notation
        is wrong, which only an author can mend."""
        new, unresolved = notation.refreshed(patterns, lines, self.names,
                                             whole)
        if new != [pattern.text for pattern in patterns]:
            places, indent = self.expected_lines(step), step.block.indent
            last = places[-1].line if places else step.after
            self.edit(step.after + 1, last + 1,
                      [(indent + line).rstrip() for line in new])
        return not unresolved

    # ------------------------------------------------------ keys and looks

    def press_key(self, step):
        terminal = self.terminal(step.terminal)
        self.wait(0)
        if terminal.finished():
            self.step_failed(step, step.line, "nothing is running in "
                             "terminal %d" % terminal.number)
            return
        self.wait_for(lambda: terminal.foreground() or terminal.finished(),
                      1.0)
        before = len(terminal.whole_lines())
        terminal.send(KEYS[step.text])
        limit = self.limit_of(step)
        if not self.wait_for(terminal.finished, limit):
            self.step_failed(step, step.line, "`%s` did not end within %g s"
                             % (self.ports.shown(terminal.busy),
                                limit / self.patience))
            self.stop(terminal, step.line)
            return
        lines = without_noise(self.shown(terminal.output()[before:]))
        patterns = [one for one in self.patterns(step)
                    if not MAKE_NOTICE.match(one.text)]
        if patterns:
            self.judge(step, patterns, lines, True)
        else:
            self.passed()

    def look(self, step):
        """More of what a terminal shows, without typing anything."""
        terminal = self.terminal(step.terminal)
        patterns = self.patterns(step)
        idle = terminal.busy is None  # a server may have ended by itself

        def unseen():
            if idle:
                return self.shown(terminal.since_prompt())
            lines = (terminal.output() if terminal.finished()
                     else terminal.whole_lines())
            return self.shown(lines[terminal.seen:])

        def decided():
            verdict = notation.follow(patterns, unseen(), self.names, False)
            return verdict.matched or not verdict.possible

        self.wait_for(decided, self.limit_of(step))
        lines = unseen()
        verdict = notation.follow(patterns, lines, self.names, False)
        self.judge(step, patterns, lines, False)
        if idle:
            terminal.consume_background()
        else:
            terminal.seen += accounted_for(verdict, patterns)

    # ----------------------------------------------------------- stopping

    def end_section(self, whole_chapter=False):
        for terminal in self.terminals.values():
            terminal.read()
            if not terminal.finished() and (whole_chapter
                                            or not terminal.kept):
                self.stop(terminal, terminal.line)

    def stop(self, terminal, line):
        """End the foreground job: ^C, then TERM, then KILL."""
        command = terminal.busy
        if self.wait_for(terminal.finished, 0.05):
            return
        for number, seconds in STOP_STEPS:
            group = terminal.foreground()
            if number == signal.SIGINT:
                terminal.send(KEYS["^C"])
            elif group:
                self.signal_group(group, number)
            if self.wait_for(terminal.finished, seconds * self.patience):
                break
        if number == signal.SIGKILL:
            self.failed(line, self.section_at(line), "`%s` in terminal %d had "
                        "to be killed: it heard neither ^C nor TERM" % (
                            self.ports.shown(command),
                            terminal.number))
        if not terminal.finished():
            self.close(terminal)

    @staticmethod
    def signal_group(group, number):
        """Ours by construction: it is the terminal's foreground job."""
        try:
            os.killpg(group, number)
            os.killpg(group, signal.SIGCONT)
        except (ProcessLookupError, PermissionError):
            pass

    def close(self, terminal):
        """End bash itself. What it leaves behind comes to us."""
        shell = processes.process(terminal.pid)
        if shell and shell.parent == os.getpid():
            processes.signal_pid(shell, signal.SIGKILL)
            self.wait_for(lambda: not processes.is_same(shell), 5)
        terminal.close()

    # ------------------------------------------------------- at the end

    def ours(self):
        """Everything below us but the terminals themselves."""
        shells = {one.pid for one in self.terminals.values() if one.alive}
        return [one for one in processes.descendants(os.getpid())
                if one.pid not in shells]

    def remember_who_started(self, line):
        for one in self.ours():
            self.started_by.setdefault(one.identity, line)

    def leave_nothing(self):
        """Whatever still runs or listens now is a fault of the chapter; it
        is named, then ended."""
        for terminal in list(self.terminals.values()):
            if terminal.alive and not terminal.finished():
                self.stop(terminal, terminal.line)
        self.wait_for(lambda: not self.ours(), LEAVE * self.patience)
        left = self.ours()
        faults = self.name_processes(left)
        for terminal in self.terminals.values():
            if terminal.alive:
                self.close(terminal)
        processes.end(left, self.patience)
        known = {one.identity for one in left}
        late = [one for one in self.ours() if one.identity not in known]
        faults += self.name_processes(late)
        processes.end(late, self.patience)
        faults += self.name_ports()
        if self.terminals and not faults:
            self.passed()

    def name_processes(self, left):
        faults = 0
        for one in left:
            if not processes.is_same(one):
                continue
            ports = [self.ports.shown(str(port))
                     for port in processes.ports_of(one.pid)]
            line = self.started_by.get(one.identity, self.chapter.line)
            self.failed(line, self.section_at(line),
                        "left over: %s%s" % (
                            self.ports.shown(processes.describe(one)),
                            ", listening on port " + " ".join(ports)
                            if ports else ""))
            faults += 1
        return faults

    def name_ports(self):
        open_ports = (self.ports.numbers
                      & set(processes.listening_ports().values()))
        for port in sorted(open_ports):
            owner = next((one for one in processes.all_processes().values()
                          if port in processes.ports_of(one.pid)), None)
            self.failed(self.chapter.line, self.section_at(self.chapter.line),
                        "left over: port %s is still listening%s" % (
                            self.ports.shown(str(port)), ", held by "
                            + processes.describe(owner) if owner else ""))
        return len(open_ports)


# ---------------------------------------------------------------- helpers

def look_ahead(steps):
    """Which commands does the page itself stop later, or look at again?"""
    following = {}
    for step in reversed(steps):
        step.may_stay = following.get(step.terminal) in ("key", "look")
        following[step.terminal] = step.kind


def accounted_for(verdict, patterns):
    """How many lines of what goes on printing the page has shown."""
    return verdict.used if verdict.matched else len(patterns)


def without_last_blanks(lines):
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def without_noise(lines):
    """Without make's words about ^C, and bash's empty line."""
    lines = [line for line in lines if not MAKE_NOTICE.match(line)]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def first_difference(one, other):
    for at, (left, right) in enumerate(zip(one, other)):
        if left != right:
            return at
    return min(len(one), len(other))


def line_at(lines, at):
    return lines[at] if at < len(lines) else "(ends here)"


def small_diff(patterns, lines, names, around=6):
    """The alignment as text, cut to what stands near a difference."""
    rows = []
    for what, i, j in notation.align(patterns, lines, names):
        if what == notation.NEAR:
            rows += [("-", patterns[i].text), ("+", lines[j])]
        elif what == notation.MISSING:
            rows.append(("-", patterns[i].text))
        elif what == notation.EXTRA:
            rows.append(("+", lines[j]))
        elif j is not None:
            rows.append((" ", lines[j]))
    changed = [at for at, row in enumerate(rows) if row[0] != " "]
    if not changed:
        return
    first, last = max(changed[0] - around, 0), changed[0] + 3 * around
    for at, (mark, text) in enumerate(rows[first:last], first):
        yield "%s%s %s" % (">" if at == changed[0] else " ", mark, text)
    if last < len(rows):
        yield "   (%d more)" % (len(rows) - last)
