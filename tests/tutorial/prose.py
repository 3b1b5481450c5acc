"""prose.py - what the text mentions must exist.

Checked: relative links and #anchors; and in `backticks` (and for make and
options in console commands too):
    paths         `scripts/freeze.sh`, `part3/`, `labs/NAME/run.sh` (a word in
                  capitals stands for any), `build/watch` (if make can make it)
    make targets  `make run-3b`, `make lab-NAME`
    variables     `TIME_SCALE=`, `make grade EX=NAME`
    options       `--live`: some program of ours has it; `build/flood --hold`:
                  this program has it. Options of other people's programs are
                  not checked.
"""

import difflib
import glob
import os
import re
import shlex
import shutil
import signal
import subprocess

from tutorial import terminal
from tutorial.page import Problem, anchors_in, steps_of

SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^()\s>]*"
                  r"(?:\([^()\s]*\)[^()\s>]*)*)>?(?:\s+[\"'][^)]*)?\s*\)")
DEFINITION = re.compile(r"^\s*\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)", re.M)
OPTION = re.compile(r"^--[a-z][\w-]*")
VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]+)=")
PLACEHOLDER = re.compile(r"[A-Z]{2,}[A-Z0-9_]*|\.\.\.|…")
STAGE_FILE = re.compile(r"^\d[a-z]_\w+\.[ch]$")
OUR_FOLDERS = ("build/", "scripts/", "labs/", "tests/")
BETWEEN_COMMANDS = re.compile(r"^[;|&()]+$|^\$$|^then$|^do$|^else$|^!$")
REDIRECTION = re.compile(r"^[<>&|]*[<>][<>&|]*$")


class Repository:
    """What exists: files, make's targets, each program's options."""

    def __init__(self, root):
        self.root = root
        self.helps = {}
        self.known = {}
        self.targets = self.ask_make()
        self.folders = sorted(
            name for name in os.listdir(root)
            if os.path.isdir(os.path.join(root, name)) and name[0] != ".")

    def ask_make(self):
        """Every target of the Makefile; % stands for a pattern's stem."""
        text = self.run(["make", "-pqrR"], 60)
        found, after_not = set(), False
        for line in text.split("\n"):
            rule = re.match(r"^([^\s#:=][^:=]*?)\s*::?(?!=)", line)
            if rule and not after_not:
                found.update(rule.group(1).split())
            after_not = line.startswith("# Not a target")
        return found

    def run(self, words, seconds):
        """Output of a command; '' if it never ends. It gets a process group
        of its own, so that all of it can be ended."""
        env = terminal.environment(8080)
        env["LC_ALL"] = "C"
        try:
            child = subprocess.Popen(
                words, cwd=self.root, env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True, text=True, errors="replace")
        except OSError:
            return ""
        try:
            return child.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return ""

    def path(self, name):
        return os.path.join(self.root, name)

    def exists(self, name):
        if os.path.exists(self.path(name)):
            return True
        pattern = "/".join(re.sub(PLACEHOLDER, "*", part)
                           for part in name.split("/"))
        return "*" in pattern and bool(glob.glob(self.path(pattern)))

    def can_make(self, target):
        if target not in self.known:
            self.known[target] = self.find_target(target)
        return self.known[target]

    def find_target(self, target):
        if target in self.targets:
            return True
        for pattern in self.targets:
            before, percent, after = pattern.partition("%")
            if not percent or not (target.startswith(before)
                                   and target.endswith(after)
                                   and len(target) > len(pattern) - 1):
                continue
            stem = target[len(before):len(target) - len(after)]
            if self.stem_exists(before, stem, target):
                return True
        return False

    def stem_exists(self, before, stem, target):
        if PLACEHOLDER.fullmatch(stem):
            return True
        if before == "lab-":
            return os.path.isdir(self.path("labs/" + stem))
        if re.fullmatch(r"\d[a-z]", stem):
            return bool(glob.glob(self.path("part*/%s_*.c" % stem))
                        or glob.glob(self.path("part*/%s.c" % stem)))
        return self.make_agrees(target)

    def make_agrees(self, target):
        return subprocess.run(
            ["make", "-n", target], cwd=self.root, check=False,
            env=terminal.environment(8080), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode == 0

    def program(self, word):
        """The path of our program that this word of a command names."""
        word = word[2:] if word.startswith("./") else word
        if word.startswith(OUR_FOLDERS) and os.path.isfile(self.path(word)):
            return word
        if re.fullmatch(r"[\w.-]+", word) and not shutil.which(word):
            built = "build/" + word
            if os.access(self.path(built), os.X_OK) and os.path.isfile(
                    self.path(built)):
                return built
        return None

    def programs(self):
        """Everything of ours that may have options."""
        found = []
        for pattern in ("scripts/**/*", "labs/*/*.sh", "build/*"):
            found += glob.glob(self.path(pattern), recursive=True)
        return [os.path.relpath(one, self.root) for one in sorted(found)
                if os.path.isfile(one) and os.access(one, os.X_OK)]

    def has_option(self, program, option):
        """A script shows its options in its text; others are asked. A
        shell script without --help is not run: it would do its work."""
        wanted = re.compile(re.escape(option) + r"(?![\w-])")
        script = self.script_text(program)
        if wanted.search(script):
            return True
        if re.match(r"#!.*sh\b", script) and "--help" not in script:
            return False
        if program not in self.helps:
            self.helps[program] = self.run([self.path(program), "--help"], 5)
        return bool(wanted.search(self.helps[program]))

    def script_text(self, program):
        with open(self.path(program), "rb") as file:
            data = file.read(1 << 20)
        return data.decode(errors="replace") if data[:2] == b"#!" else ""

    def mentions(self, variable):
        """Does the Makefile, a script or a source know this name?"""
        key = "variable " + variable
        if key not in self.known:
            word = re.compile(r"(?<!\w)%s(?!\w)" % variable)
            self.known[key] = any(word.search(text) for text in self.sources())
        return self.known[key]

    def sources(self):
        if "sources" not in self.known:
            self.known["sources"] = list(self.read_sources())
        return self.known["sources"]

    def read_sources(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders
                          if name[0] != "." and name not in
                          ("build", "work", "node_modules")]
            for name in files:
                path = os.path.join(folder, name)
                if name.endswith((".md", ".svg", ".png", ".tsv")):
                    continue
                if os.path.isfile(path) and os.path.getsize(path) < 1 << 20:
                    with open(path, encoding="utf-8",
                              errors="replace") as file:
                        yield file.read()


# -------------------------------------------------------------- one chapter

class ProseCheck:
    """Checks one chapter; `checked` counts what was looked at."""

    def __init__(self, repository, page, chapter):
        self.repository = repository
        self.page = page
        self.chapter = chapter
        self.problems = []
        self.checked = 0
        self.foreign = foreign_options(repository, page)

    def run(self):
        for paragraph in self.chapter.paragraphs:
            self.check_paragraph(paragraph)
        for block in self.chapter.blocks:
            if block.language == "console":
                for step in steps_of(block, []):
                    if step.kind == "command":
                        self.check_command(step.text, step.line)
        return self.problems

    def require(self, good, line, text):
        self.checked += 1
        if not good:
            self.problems.append(Problem(line, text))

    def check_paragraph(self, paragraph):
        text = re.sub(r"<!--.*?-->", blanked, paragraph.text, flags=re.S)
        for span in SPAN.finditer(text):
            self.check_span(span.group(2).replace("\n", " ").strip(),
                            line_of(paragraph, span))
        text = SPAN.sub(blanked, text)
        for link in list(LINK.finditer(text)) + list(DEFINITION.finditer(text)):
            self.check_link(link.group(1), line_of(paragraph, link))

    # ------------------------------------------------------------- links

    def check_link(self, target, line):
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target) or not target:
            return
        path, _, anchor = target.partition("#")
        folder = os.path.dirname(os.path.abspath(self.page.path))
        file = os.path.join(folder, path) if path else self.page.path
        if not os.path.exists(file):
            self.require(False, line, "the link `%s` leads nowhere" % target)
        elif anchor and (not path or path.endswith(".md")):
            self.require(anchor in self.anchors(file), line,
                         "no heading has the anchor #%s%s"
                         % (anchor, did_you_mean(anchor, self.anchors(file))))
        else:
            self.require(True, line, "")

    def anchors(self, file):
        if file == self.page.path:
            return self.page.anchors
        with open(file, encoding="utf-8") as text:
            return anchors_in(text.read().split("\n"))

    # ------------------------------------------------------------- names

    def check_span(self, text, line):
        words = split_words(text)
        for word in words:
            self.check_path(word, line)
        for command in commands_in(words):
            self.check_make(command, line)
            self.check_options(command, line)
        for word in words:
            variable = VARIABLE.match(word)
            if variable and words[0] != "make":
                self.check_variable(variable.group(1), line)

    def check_command(self, text, line):
        text = re.sub(r"<([A-Za-z][\w-]*)>", "NAME", text)
        for command in commands_in(split_words(text)):
            self.check_make(command, line)
            self.check_options(command, line)

    def check_path(self, word, line):
        word = re.sub(r"^\./", "", word.rstrip(".,;"))
        word = re.sub(r":[\w()-]*$", "", word)
        if STAGE_FILE.match(word):
            found = glob.glob(self.repository.path("*/" + word))
            self.require(found, line, "no part has a `%s`" % word)
            return
        if not re.fullmatch(r"[\w.*…+-]+(/[\w.*…+-]+)*/?", word):
            return
        folder, slash, _ = word.partition("/")
        if not slash:
            return
        folders = self.repository.folders + ["build"]
        if folder == "build" and word != "build/":
            self.require(self.built(word), line, "`%s` is nothing that make "
                         "can make" % word)
        elif folder in folders:
            self.require(self.repository.exists(word), line,
                         "there is no `%s`" % word)
        elif difflib.get_close_matches(folder, folders, 1, 0.8):
            self.require(False, line, "there is no `%s`%s" % (
                word, did_you_mean(folder, folders)))

    def built(self, word):
        return self.repository.exists(word) or self.repository.can_make(word)

    def check_make(self, words, line):
        words = words[first_word(words):]
        if not words or words[0] != "make":
            return
        takes_value = False
        for word in words[1:]:
            variable = VARIABLE.match(word)
            if takes_value or re.fullmatch(r"\d+|\.\.\.|…", word):
                takes_value = False
            elif variable:
                self.check_variable(variable.group(1), line)
            elif word.startswith("-"):
                takes_value = word in ("-C", "-f", "-I", "-o", "-W")
            elif "$" not in word and not PLACEHOLDER.fullmatch(word):
                self.require(
                    self.repository.can_make(word), line,
                    "make has no target `%s`%s" % (
                        word, did_you_mean(word, self.repository.targets)))

    def check_variable(self, name, line):
        self.require(self.repository.mentions(name), line, "neither the "
                     "Makefile nor a script nor a source knows `%s`" % name)

    def check_options(self, words, line):
        program, options = options_of(self.repository, words)
        for option in options:
            if program:
                self.require(self.repository.has_option(program, option),
                             line, "%s has no option %s" % (program, option))
            elif words[0].startswith("--") and option not in self.foreign:
                self.require(self.anyone_has(option), line,
                             "no program of ours has an option %s" % option)

    def anyone_has(self, option):
        if option not in self.repository.known:
            self.repository.known[option] = any(
                self.repository.has_option(program, option)
                for program in self.repository.programs())
        return self.repository.known[option]


def blanked(found):
    """Keeps the lines where they are."""
    return re.sub(r"[^\n]", " ", found.group())


def line_of(paragraph, found):
    return paragraph.line + paragraph.text.count("\n", 0, found.start())


def did_you_mean(word, known):
    near = difflib.get_close_matches(word, sorted(known), 1, 0.6)
    return "; did you mean %s?" % near[0] if near else ""


# ----------------------------------------------------------------- commands

def split_words(text):
    """The words of a shell command, operators on their own, no comment."""
    text = re.sub(r"\s#\s.*", "", text)
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        return list(lexer)
    except ValueError:
        return text.split()


def commands_in(words):
    """Simple commands without their redirections."""
    commands, skip = [[]], False
    for word in words:
        if skip:
            skip = False
        elif REDIRECTION.match(word):
            skip = True
            if commands[-1] and commands[-1][-1].isdigit():
                commands[-1].pop()
        elif BETWEEN_COMMANDS.match(word):
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def first_word(words):
    """Index of the program: behind assignments, `sudo`, `time`."""
    at = 0
    while at < len(words) and (re.match(r"\w+=", words[at])
                               or words[at] in ("sudo", "time", "env")):
        at += 1
    return at


def options_of(repository, words):
    """The program of ours in a command, and the --options that are its;
    without one of ours, all options."""
    for at, word in enumerate(words):
        program = repository.program(word)
        if program:
            words = words[at + 1:]
            break
    else:
        program = None
    options = []
    for word in words:
        if word == "--":
            break
        found = OPTION.match(word)
        if found:
            options.append(found.group())
    return program, options


def foreign_options(repository, page):
    """Options that the page uses with other people's programs, so that the
    prose may speak of curl's `--limit-rate` by itself."""
    found = set()
    for chapter in page.chapters:
        texts = [span.group(2) for paragraph in chapter.paragraphs
                 for span in SPAN.finditer(paragraph.text)]
        texts += [line for block in chapter.blocks
                  if block.language in ("console", "sh") for line in
                  block.lines]
        for text in texts:
            text = re.sub(r"^(term \d)?\$ ", "", text)
            for command in commands_in(split_words(text)):
                program, options = options_of(repository, command)
                if not program and not command[0].startswith("--"):
                    found.update(options)
    return found
