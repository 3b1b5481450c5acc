"""page.py - reads the Markdown file: chapters, sections, blocks, directives.

Owns the shape of the page and every rule about fences and comments. What the
blocks mean (does it match? is it stale?) is decided elsewhere.
"""

import re
import subprocess
from dataclasses import dataclass, field
from typing import Dict, List, Optional

DIRECTIVES = ("listing", "diff", "sketch", "limit", "skip-unless", "keep")
MUST_BE_CHECKED = ("c", "diff", "make", "makefile")

FENCE = re.compile(r"^( *)(`{3,}|~{3,})[ \t]*([^`\s]*)[^`]*$")
HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t]*#*$")
CHAPTER = re.compile(r"^(\d+|[A-Z])\.?[ \t]+(.*)$")
COMMAND = re.compile(r"^(?:term ([1-9]))?\$ ?(.*)$")
LOOK = re.compile(r"^term ([1-9]):\s*$")
KEYS = {"^C": "\x03", "^D": "\x04", "^Z": "\x1a", "^\\": "\x1c"}


@dataclass
class Problem:
    """A fault that can be seen without running anything."""
    line: int
    text: str


@dataclass
class Directive:
    name: str
    argument: str
    line: int


@dataclass
class Block:
    """A fenced block. `first` is the line of its first line of content."""
    language: str
    line: int
    indent: str
    section: "Section"
    directives: List[Directive] = field(default_factory=list)
    lines: List[str] = field(default_factory=list)

    @property
    def first(self):
        return self.line + 1

    def directive(self, name) -> Optional[Directive]:
        return next((d for d in self.directives if d.name == name), None)


@dataclass
class Paragraph:
    """Prose lines that belong together, so that a span may wrap."""
    line: int
    text: str
    section: "Section"


@dataclass
class Section:
    title: str
    line: int


@dataclass
class Chapter:
    key: str  # what --chapter selects: a number, a letter or a slug
    title: str
    line: int
    blocks: List[Block] = field(default_factory=list)
    paragraphs: List[Paragraph] = field(default_factory=list)
    problems: List[Problem] = field(default_factory=list)


@dataclass
class Expected:
    line: int
    text: str


@dataclass
class Step:
    """One thing to do in a terminal: a command, a key, or a look."""
    kind: str  # "command", "key" or "look"
    terminal: int
    text: str
    line: int
    block: Block
    expected: List[Expected] = field(default_factory=list)
    after: int = 0          # the last line of the command itself
    may_stay: bool = False  # the page stops it later, or looks at it again

    def __str__(self):
        sign = ":" if self.kind == "look" else "$ "
        return "term %d%s%s" % (self.terminal, sign, self.text)


@dataclass
class Page:
    path: str
    lines: List[str]
    chapters: List[Chapter]
    anchors: Dict[str, int]


# ------------------------------------------------------------- headings

def plain_heading(text):
    """The words of a heading without its markup."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"<[^>]*>", "", text)
    text = re.sub(r"(?<!\w)_(\S|\S.*?\S)_(?!\w)", r"\1", text)
    return re.sub(r"[`*]", "", text).strip()


def anchor_of(heading):
    """GitHub's rule: lower case, no punctuation, blanks become hyphens."""
    words = re.sub(r"[^\w\- ]", "", plain_heading(heading).lower())
    return words.replace(" ", "-")


def anchors_in(lines):
    """Every anchor of a Markdown file, with the line it stands on."""
    found, times, fence = {}, {}, None
    for number, line in enumerate(lines, 1):
        mark = FENCE.match(line)
        if fence:
            fence = None if closes(line, fence) else fence
            continue
        if mark:
            fence = mark.group(2)
            continue
        for name in re.findall(r"<[^>]*\b(?:id|name)=\"([^\"]+)\"", line):
            found.setdefault(name, number)
        heading = HEADING.match(line)
        if heading:
            anchor = anchor_of(heading.group(2))
            again = times.get(anchor, 0)
            times[anchor] = again + 1
            found.setdefault(anchor + ("-%d" % again if again else ""), number)
    return found


# --------------------------------------------------------------- reading

def closes(line, fence):
    mark = line.strip()
    return len(mark) >= len(fence) and set(mark) == {fence[0]}


class Reader:
    """Walks down the file once. Only read_page() uses it."""

    def __init__(self, lines):
        self.lines = lines
        self.at = 0
        self.section = Section("before the first chapter", 1)
        self.chapters = [Chapter("front", self.section.title, 1)]
        self.comments = []
        self.paragraph = None

    @property
    def chapter(self):
        return self.chapters[-1]

    def problem(self, line, text):
        self.chapter.problems.append(Problem(line, text))

    def read(self):
        while self.at < len(self.lines):
            line = self.lines[self.at]
            fence, heading = FENCE.match(line), HEADING.match(line)
            if fence:
                self.read_block(fence)
            elif line.lstrip().startswith("<!--"):
                self.read_comment()
            elif not line.strip():
                self.paragraph = None
                self.at += 1
            else:
                self.refuse_stray_directives()
                if heading:
                    self.read_heading(heading)
                self.read_prose(line)
        self.refuse_stray_directives()
        return self.chapters

    def read_heading(self, heading):
        self.paragraph = None
        level, title = len(heading.group(1)), plain_heading(heading.group(2))
        line = self.at + 1
        if level == 2:
            numbered = CHAPTER.match(title)
            key = numbered.group(1) if numbered else anchor_of(title)
            again = any(chapter.key == key for chapter in self.chapters)
            self.chapters.append(Chapter(key, title, line))
            if again:
                self.problem(line, "there is a chapter %s already" % key)
        if level in (2, 3):
            self.section = Section(title, line)

    def read_prose(self, line):
        if self.paragraph is None:
            self.paragraph = Paragraph(self.at + 1, line, self.section)
            self.chapter.paragraphs.append(self.paragraph)
        else:
            self.paragraph.text += "\n" + line
        if HEADING.match(line):
            self.paragraph = None
        self.at += 1

    def read_comment(self):
        start = self.at
        text = ""
        while self.at < len(self.lines):
            text += self.lines[self.at] + "\n"
            self.at += 1
            if "-->" in text:
                break
        inside = text.strip()[4:].split("-->")[0].strip()
        self.comments.append((start + 1, inside))

    def refuse_stray_directives(self):
        for line, text in self.comments:
            if split_directive(text)[0] in DIRECTIVES and looks_meant(text):
                self.problem(line, "no block follows `<!-- %s -->`" % text)
        self.comments = []

    def take_directives(self):
        taken = []
        for line, text in self.comments:
            name, argument = split_directive(text)
            if name in DIRECTIVES:
                taken.append(Directive(name, argument, line))
            else:
                self.problem(line, "unknown directive `<!-- %s -->`; known: %s"
                             % (text, ", ".join(DIRECTIVES)))
        self.comments = []
        return taken

    def read_block(self, fence):
        self.paragraph = None
        indent, mark, language = fence.groups()
        block = Block(language, self.at + 1, indent, self.section,
                      self.take_directives())
        self.at += 1
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if closes(line, mark):
                self.at += 1
                break
            inner = FENCE.match(line)
            if inner and inner.group(2).startswith(mark):
                self.problem(block.line, "the fence is not closed before the "
                             "next one opens in line %d" % (self.at + 1))
                self.at = block.line  # read on as if there were no fence
                return
            block.lines.append(without_indent(line, indent))
            self.at += 1
        else:
            self.problem(block.line, "the fence is never closed")
            self.at = block.line
            return
        self.accept(block)

    def accept(self, block):
        if not block.language:
            self.problem(block.line, "the fence carries no language")
        source = block.directive("listing") or block.directive("diff")
        if (block.language in MUST_BE_CHECKED and not source
                and not block.directive("sketch")):
            self.problem(block.line, "a listing that nobody checks: put "
                         "<!-- listing: ... -->, <!-- diff: ... --> or "
                         "<!-- sketch --> above it")
        self.chapter.blocks.append(block)


def split_directive(text):
    name, _, argument = text.partition(":")
    return name.strip(), argument.strip()


def looks_meant(text):
    """A comment that merely starts with such a word has no colon."""
    return ":" in text or text in ("keep", "sketch")


def without_indent(line, indent):
    return line[len(indent):] if line.startswith(indent) else line.lstrip()


def read_page(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    return Page(path, lines, Reader(lines).read(), anchors_in(lines))


# ------------------------------------------------------- console blocks

def is_incomplete(command):
    """Would a shell ask for another line (its `> `)?"""
    check = subprocess.run(["bash", "-n"], input=command, text=True,
                           stderr=subprocess.PIPE, check=False,
                           env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return any(hint in check.stderr for hint in (
        "unexpected end of file", "unexpected EOF",
        "delimited by end-of-file"))


def steps_of(block, problems):
    """Cut a console block into steps. A line in front of the first command
    is a problem: it is nobody's output."""
    steps, at = [], 0
    while at < len(block.lines):
        line, number = block.lines[at], block.first + at
        at += 1
        command, look = COMMAND.match(line), LOOK.match(line)
        if look:
            steps.append(Step("look", int(look.group(1)), "", number, block,
                              after=number))
        elif command:
            text, at = join_continued(block.lines, at, command.group(2))
            kind = "key" if text.strip() in KEYS else "command"
            steps.append(Step(kind, int(command.group(1) or 1), text.strip(),
                              number, block, after=block.first + at - 1))
        elif steps:
            steps[-1].expected.append(Expected(number, line))
        else:
            problems.append(Problem(number, "output before any command"))
    return steps


def join_continued(lines, at, text):
    while at < len(lines):
        if text.endswith("\\"):
            pass
        elif not lines[at].startswith(">") or not is_incomplete(text):
            break
        text += "\n" + re.sub(r"^> ?", "", lines[at])
        at += 1
    return text, at
