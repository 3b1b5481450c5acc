"""listings.py - blocks that are cut from the sources.

    <!-- listing: FILE NAME -->            a function (or `struct NAME`), with
                                           the comment directly above it
    <!-- listing: FILE from "A" to "B" --> the lines between two texts that
                                           occur once each, both included
    <!-- listing: FILE header -->          the first comment of the file
    <!-- listing: FILE -->                 all of it
    <!-- diff: A B 5 lines -->             `diff -u A B` without its two lines
                                           of file names
    <!-- diff: A B body 5 lines -->        the same, but for the first
                                           comment of each file

The size of a diff is, summed over its hunks, the larger of lines added and
lines removed: what a reader has to change.
"""

import os
import re
import subprocess
import tempfile

LARGEST_DIFF = 25

LISTING = re.compile(r"^(\S+)(?:\s+(.*))?$", re.S)
BETWEEN = re.compile(r'^from\s+"(.*)"\s+to\s+"(.*)"$')
DIFF = re.compile(r"^(\S+)\s+(\S+)\s+(body\s+)?(\d+)\s+lines?$")


class Unusable(Exception):
    """The directive cannot be followed; the text says why."""


def lines_of(root, path):
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return file.read().rstrip("\n").split("\n")
    except OSError as error:
        raise Unusable("%s: %s" % (path, error.strerror)) from error


# --------------------------------------------------------------- listings

def cut(root, argument):
    """The lines that `<!-- listing: ARGUMENT -->` stands for."""
    found = LISTING.match(argument)
    if not found:
        raise Unusable("a listing needs a file")
    path, what = found.groups()
    lines = lines_of(root, path)
    if not what:
        return lines
    between = BETWEEN.match(what)
    if between:
        return cut_between(lines, path, *between.groups())
    if what == "header":
        return lines[header_start(lines):header_end(lines)] or refuse(
            "%s does not begin with a comment" % path)
    if re.fullmatch(r"(struct|enum|union)\s+\w+|\w+(\(\))?", what):
        return cut_definition(lines, path, what.replace("()", ""))
    return refuse("do not understand `%s`" % what)


def refuse(text):
    raise Unusable(text)


def cut_between(lines, path, first, last):
    start = only_line_with(lines, path, first)
    end = only_line_with(lines, path, last)
    if end < start:
        raise Unusable('"%s" stands above "%s" in %s' % (last, first, path))
    return lines[start:end + 1]


def only_line_with(lines, path, text):
    found = [at for at, line in enumerate(lines) if text in line]
    if len(found) != 1:
        raise Unusable('"%s" stands on %d lines of %s, not on one'
                       % (text, len(found), path))
    return found[0]


def header_start(lines):
    return 1 if lines[0].startswith("#!") else 0


def header_end(lines):
    """One past the first comment, the file's header; 0 without one."""
    at = header_start(lines)
    if at < len(lines) and lines[at].startswith("/*"):
        while at < len(lines):
            at += 1
            if "*/" in lines[at - 1]:
                return at
    start = at
    while at < len(lines) and re.match(r"#( |$)|//", lines[at]):
        at += 1
    return at if at > start else 0


def cut_definition(lines, path, name):
    """A function or struct: from the comment directly above it to the `}`
    at the left margin."""
    start, end = definition(lines, name)
    if start is None:
        raise Unusable("%s has no %s" % (path, name))
    while (start > 0 and re.match(r"\w[\w\s*]*$", lines[start - 1])):
        start -= 1  # the return type on a line of its own
    return lines[comment_above(lines, start):end + 1]


def definition(lines, name):
    ending = r"\s*\{?\s*$" if " " in name else r"\s*\("
    for at, line in enumerate(lines):
        if not re.match(r"[A-Za-z_](?:.*[\s*])?", line):
            continue
        if not re.search(r"(?:^|[\s*])%s%s" % (re.escape(name), ending), line):
            continue
        end = end_of_definition(lines, at)
        if end is not None:
            return at, end
    return None, None


def end_of_definition(lines, start):
    """None for a mere declaration."""
    opened = False
    for at in range(start, len(lines)):
        line = lines[at]
        if not opened:
            opened = "{" in line
            if not opened and ";" in line:
                return None
            if opened and line.rstrip().endswith("}") and at == start:
                return at
        elif line.startswith("}"):
            return at
    return None


def comment_above(lines, start):
    at = start
    if at > 0 and lines[at - 1].rstrip().endswith("*/"):
        while at > 0:
            at -= 1
            if lines[at].lstrip().startswith("/*"):
                return at
    while at > 0 and re.match(r"#( |$)|//", lines[at - 1]):
        at -= 1
    return at


# ------------------------------------------------------------------ diffs

class Diff:
    """What `<!-- diff: ARGUMENT -->` stands for."""

    def __init__(self, root, argument):
        found = DIFF.match(argument)
        if not found:
            raise Unusable("a diff is written `OLD NEW 5 lines`")
        old, new, body, stated = found.groups()
        self.stated = int(stated)
        self.lines = difference(root, old, new, bool(body))
        self.size = size_of(self.lines)

    def restated(self, comment):
        """The directive's line with the true size."""
        unit = "line" if self.size == 1 else "lines"
        return re.sub(r"\d+\s+lines?(\s*-->)",
                      "%d %s\\1" % (self.size, unit), comment)


def difference(root, old, new, body_only):
    before, after = lines_of(root, old), lines_of(root, new)
    skipped = (header_end(before), header_end(after)) if body_only else (0, 0)
    hunks = unified(before[skipped[0]:], after[skipped[1]:])
    return [shifted(line, *skipped) for line in hunks]


def unified(before, after):
    """diff(1) itself, because that is what a reader will compare with."""
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (("before", before), ("after", after)):
            with open(os.path.join(folder, name), "w",
                      encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        done = subprocess.run(["diff", "-u", "before", "after"], cwd=folder,
                              text=True, check=False, stdout=subprocess.PIPE)
    return done.stdout.rstrip("\n").split("\n")[2:]


def shifted(line, old_by, new_by):
    """A hunk's line numbers, as they are in the whole file."""
    def moved(found):
        return "@@ -%d%s +%d%s @@" % (
            int(found.group(1)) + old_by, found.group(2) or "",
            int(found.group(3)) + new_by, found.group(4) or "")
    return re.sub(r"^@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@", moved, line)


def size_of(hunks):
    total, counts = 0, {"+": 0, "-": 0}
    for line in hunks + ["@@"]:
        if line.startswith("@@"):
            total += max(counts.values())
            counts = {"+": 0, "-": 0}
        elif line[:1] in counts:
            counts[line[0]] += 1
    return total
