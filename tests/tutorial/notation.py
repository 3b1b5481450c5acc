"""notation.py - does this output match what the page shows?

    <name>      a run of non-blanks, remembered: the same name later in the
                chapter is the same text, and is put into commands
    <1..199>    a number in this range (whole, unless a bound has a point)
    <n=200>     exactly 200; remembered, so that commands may say <n>
    <ms>, <s>   any number, not remembered: see NUMBER_NAMES; also with a
                prefix (<p99_ms>)
    <date>      an HTTP date or an ISO date, not remembered
    <time>      12:34:56, also with a fraction, not remembered
    ...         alone: any lines, also none; inside a line: any text

Names of HTML elements (<p>, <h1>) are never notation: they stand for
themselves.
"""

import re
from dataclasses import dataclass
from typing import Dict, List, Optional

NUMBER_NAMES = frozenset(
    "ms us ns s min kB MB GB KiB MiB B bytes n count pid rate percent ticks "
    "times".split())
HTML_NAMES = frozenset(
    "html head title body h1 h2 h3 h4 h5 h6 p a b i em strong code pre ul ol "
    "li br hr table tr td th div span script style meta link form input img "
    "button".split())

NUMBER = r"[-+]?\d+(?:[.,]\d+)*"
DATE = (r"(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
        r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?"
        r"(?:Z|[-+]\d\d:?\d\d)?)?)")
TIME = r"\d\d:\d\d:\d\d(?:[.,]\d+)?"

TOKEN = re.compile(
    r"\.\.\."
    r"|<(?P<low>\d+(?:\.\d+)?)\.\.(?P<high>\d+(?:\.\d+)?)>"
    r"|<(?P<name>[A-Za-z][\w-]*)(?:=(?P<value>[^<>\s]*))?>")


def is_number_name(name):
    return re.split(r"[-_]", name)[-1] in NUMBER_NAMES


def is_literal(token):
    return bool(token.group("name")) and token.group("name") in HTML_NAMES


# ---------------------------------------------------------------- a line

@dataclass
class Slot:
    """One part of a line pattern that is not plain text."""
    kind: str  # "any", "range", "number", "name", "value"
    name: str = ""
    low: str = ""
    high: str = ""


class LinePattern:
    """One expected line."""

    def __init__(self, text):
        self.text = text.rstrip()
        self.any_lines = self.text.strip() == "..."
        tokens = [token for token in TOKEN.finditer(self.text)
                  if not is_literal(token)]
        self.exact = not tokens
        self.mentioned = [token.group("name") for token in tokens
                          if token.group("name")]
        self.compiled = {}

    def match(self, line, names) -> Optional[Dict[str, str]]:
        """The names this line adds, or None when it does not match."""
        if self.exact:
            return {} if line == self.text else None
        regex, slots = self.compile(names)
        found = regex.fullmatch(line)
        if not found:
            return None
        added = {}
        for index, slot in enumerate(slots):
            text = found.group("g%d" % index)
            if slot.kind == "range" and not in_range(text, slot):
                return None
            if slot.kind in ("name", "value"):
                added[slot.name] = text
        return added

    def resembles(self, line):
        """Same form, whatever the values: the line was meant."""
        if self.exact:
            return False
        return bool(self.compile(None)[0].fullmatch(line))

    def complaint(self, line, names):
        """Why a line of the right form does not match, or ''."""
        if not self.resembles(line):
            return ""
        regex, slots = self.compile(None)
        found = regex.fullmatch(line)
        for index, slot in enumerate(slots):
            text = found.group("g%d" % index)
            if slot.kind == "range" and not in_range(text, slot):
                return "%s is outside <%s..%s>" % (text, slot.low, slot.high)
            if slot.kind == "value" and text != slot.low:
                return "%s is not %s" % (text, slot.low)
            if slot.kind == "name" and names.get(slot.name, text) != text:
                return "<%s> was %s" % (slot.name, names[slot.name])
        return ""

    def compile(self, names):
        """names=None leaves every value open."""
        key = names is not None and tuple(map(names.get, self.mentioned))
        if key not in self.compiled:
            self.compiled[key] = self.compile_anew(names)
        return self.compiled[key]

    def compile_anew(self, names):
        parts, slots, end = [], [], 0
        for token in TOKEN.finditer(self.text):
            parts.append(re.escape(self.text[end:token.start()]))
            end = token.end()
            if is_literal(token):
                parts.append(re.escape(token.group()))
                continue
            slot = slot_of(token)
            parts.append("(?P<g%d>%s)" % (
                len(slots), regex_of(slot, slots, names)))
            slots.append(slot)
        parts.append(re.escape(self.text[end:]))
        return re.compile("".join(parts)), slots


def slot_of(token):
    name, value = token.group("name"), token.group("value")
    if token.group() == "...":
        return Slot("any")
    if token.group("low"):
        return Slot("range", "", token.group("low"), token.group("high"))
    if value is not None:
        return Slot("value", name, value)
    if name in ("date", "time"):
        return Slot(name)
    return Slot("number" if is_number_name(name) else "name", name)


def regex_of(slot, before, names):
    if slot.kind == "any":
        return ".*"
    if slot.kind == "range":
        return NUMBER if "." in slot.low + slot.high else r"-?\d+"
    if slot.kind == "number":
        return NUMBER
    if slot.kind in ("date", "time"):
        return DATE if slot.kind == "date" else TIME
    if names is None:
        return r"\S+?"
    if slot.kind == "value":
        return re.escape(slot.low)
    for index, other in enumerate(before):
        if other.kind in ("name", "value") and other.name == slot.name:
            return "(?P=g%d)" % index
    if slot.name in names:
        return re.escape(names[slot.name])
    return r"\S+?"


def in_range(text, slot):
    value = float(text.replace(",", ""))
    return float(slot.low) <= value <= float(slot.high)


def fill_in(command, names):
    """Put remembered values into a command. Returns the text, and the name
    that nobody has remembered yet, or None."""
    missing = []

    def value_of(token):
        name, value = token.group("name"), token.group("value")
        if not name or is_literal(token):
            return token.group()
        if value is not None:
            names[name] = value
        if name not in names:
            missing.append(name)
        return names.get(name, token.group())

    filled = TOKEN.sub(value_of, command)
    return filled, (missing[0] if missing else None)


# --------------------------------------------------------- a whole output

@dataclass
class Verdict:
    matched: bool
    possible: bool        # may further lines still make it match?
    used: int             # how many lines the match took
    names: Dict[str, str]
    expected_at: int      # the first difference: index of the pattern,
    line_at: int          # and of the line


def follow(patterns: List[LinePattern], lines: List[str], names, whole):
    """Walk down the lines with all readings of the page at once (a line
    `...` leaves a choice). whole: every line must be accounted for;
    otherwise the match may end before the output does."""
    readings = open_up(patterns, [(0, dict(names))])
    for at, line in enumerate(lines):
        done = finished(patterns, readings)
        if done is not None and not whole:
            return Verdict(True, True, at, done, len(patterns), at)
        onward = open_up(patterns, step(patterns, readings, line))
        if not onward:
            best = max(readings, key=lambda reading: reading[0])
            return Verdict(False, False, at, best[1], best[0], at)
        readings = onward
    done = finished(patterns, readings)
    best = max(readings, key=lambda reading: reading[0])
    if done is not None:
        return Verdict(True, True, len(lines), done, len(patterns),
                       len(lines))
    return Verdict(False, True, len(lines), best[1], best[0], len(lines))


def open_up(patterns, readings):
    """A `...` may already be over."""
    opened, known = [], set()
    for index, names in readings:
        while True:
            key = (index, tuple(sorted(names.items())))
            if key not in known:
                known.add(key)
                opened.append((index, names))
            if index < len(patterns) and patterns[index].any_lines:
                index += 1
            else:
                break
    return opened


def step(patterns, readings, line):
    onward = []
    for index, names in readings:
        if index == len(patterns):
            continue
        if patterns[index].any_lines:
            onward.append((index, names))
            continue
        added = patterns[index].match(line, names)
        if added is not None:
            onward.append((index + 1, {**names, **added}))
    return onward


def finished(patterns, readings):
    for index, names in readings:
        if index == len(patterns):
            return names
    return None


# -------------------------------------------------------------- alignment

SAME, NEAR, SWALLOWED = "same", "near", "swallowed"
CHANGED, MISSING, EXTRA = "changed", "missing", "extra"
MOST_LINES = 300


def align(patterns, lines, names):
    """Pair expected with seen lines as well as possible. Yields (what,
    pattern index or None, line index or None) from top to bottom."""
    patterns, lines = patterns[:MOST_LINES], lines[:MOST_LINES]
    rows, columns = len(patterns), len(lines)
    best = [[(0, None)] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            best[i][j] = best_move(patterns, lines, names, best, i, j)
    i = j = 0
    while i < rows or j < columns:
        what = best[i][j][1]
        if what in (SAME, NEAR):
            yield what, i, j
            i, j = i + 1, j + 1
        elif what in (SWALLOWED, EXTRA):
            yield what, i if what == SWALLOWED else None, j
            j += 1
        elif what == CHANGED:
            yield MISSING, i, None
            yield EXTRA, None, j
            i, j = i + 1, j + 1
        elif what == MISSING:
            # A `...` that is over is no missing line.
            yield (SAME if patterns[i].any_lines else MISSING), i, None
            i += 1


def best_move(patterns, lines, names, best, i, j):
    moves = []
    if i < len(patterns) and j < len(lines):
        pattern = patterns[i]
        if pattern.any_lines:
            moves.append((best[i][j + 1][0] + 1, SWALLOWED))
        elif pattern.match(lines[j], names) is not None:
            moves.append((best[i + 1][j + 1][0] + 1000, SAME))
        elif pattern.resembles(lines[j]):
            moves.append((best[i + 1][j + 1][0] + 500, NEAR))
        elif pattern.exact:
            moves.append((best[i + 1][j + 1][0] + 2, CHANGED))
    if i < len(patterns):
        moves.append((best[i + 1][j][0], MISSING))
    if j < len(lines):
        moves.append((best[i][j + 1][0], EXTRA))
    return max(moves, key=lambda move: move[0]) if moves else (0, None)


def names_from(patterns, lines, names):
    """What a failed output still tells us, so that later commands run."""
    names = dict(names)
    for what, i, j in align(patterns, lines, names):
        if what == SAME and j is not None:
            names.update(patterns[i].match(lines[j], names) or {})
        if what == NEAR:
            regex, slots = patterns[i].compile(None)
            found = regex.fullmatch(lines[j])
            for index, slot in enumerate(slots):
                if slot.kind in ("name", "value"):
                    names.setdefault(slot.name, found.group("g%d" % index))
    return names


def refreshed(patterns, lines, names, whole):
    """The text of the patterns with what was seen. Lines in notation are
    kept as they are. Returns the new lines, and the indices of patterns
    that need an author."""
    if max(len(patterns), len(lines)) > MOST_LINES:
        return [pattern.text for pattern in patterns], [0]
    new, unresolved = [], []
    gap_expected, gap_seen = [], []

    def close_gap(at_end=False):
        if any(not patterns[i].exact for i in gap_expected):
            new.extend(patterns[i].text for i in gap_expected)
            unresolved.extend(i for i in gap_expected
                              if not patterns[i].exact)
        elif at_end and not whole:
            new.extend(gap_seen[:len(gap_expected)])
        else:
            new.extend(gap_seen)
        gap_expected.clear()
        gap_seen.clear()

    for what, i, j in align(patterns, lines, names):
        if what == MISSING:
            gap_expected.append(i)
        elif what == EXTRA:
            gap_seen.append(lines[j])
        elif what != SWALLOWED:
            close_gap()
            new.append(patterns[i].text)
            if what == NEAR:
                unresolved.append(i)
    close_gap(at_end=True)
    return new, unresolved
