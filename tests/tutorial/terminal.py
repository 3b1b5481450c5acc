"""terminal.py - the terminals of a chapter.

Each is one interactive bash on a pseudo-terminal that lives for a whole
chapter, so jobs, `wait`, variables and ^C are those a reader has. Echo is
off and TERM is dumb: what arrives is output only. A prompt that no program
prints tells when a command has ended.

This file types and listens; what the output should be is decided elsewhere.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from tutorial import processes

TOKEN = os.urandom(8).hex()
PROMPT = re.compile("\x1e%s:(\\d+)\x1e" % TOKEN)
COLOURS = re.compile("\x1b(?:\\[[0-9;?]*[A-Za-z]|\\][^\x07]*\x07|[()][A-Z0-9])")
ROWS, COLUMNS = 50, 160

# What an interactive shell says about its jobs. Everyone sees these lines,
# nobody can foretell them.
JOB_NOTICE = re.compile(
    r"^\[\d+\](?: \d+|[-+]?\s+(?:Running|Done|Exit|Stopped|Terminated|Killed|"
    r"Interrupt|Hangup|Quit|Broken pipe|Aborted|Segmentation fault)\b.*)$")
# And make, about a program that was stopped at the keyboard.
MAKE_NOTICE = re.compile(r"^make(?:\[\d+\])?: \*\*\* ")

NOT_FOR_TERMINALS = (
    "MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKEFILES MAKE_TERMOUT "
    "MAKE_TERMERR BASH_ENV ENV PROMPT_COMMAND CDPATH COLUMNS LINES "
    "CHAPTER HISTFILE").split()


def environment(port):
    """What every command of a chapter sees."""
    env = {name: value for name, value in os.environ.items()
           if name not in NOT_FOR_TERMINALS}
    local = "localhost,127.0.0.1,::1"
    env.update(
        PORT=str(port), TERM="dumb", LC_ALL="C.UTF-8", PAGER="cat",
        GIT_PAGER="cat", SYSTEMD_PAGER="cat", no_proxy=local, NO_PROXY=local,
        PS1="\x1e%s:$?\x1e\n" % TOKEN, PS2="")
    return env


def readable_lines(text):
    """Lines as they stand on a screen: no colours, no trailing blanks, and
    of a line that was overwritten only the last state."""
    lines = COLOURS.sub("", text).split("\n")
    unfinished = lines.pop()
    if unfinished:
        lines.append(unfinished)
    lines = [line.rstrip().rsplit("\r", 1)[-1].rstrip() for line in lines]
    return [line for line in lines if not JOB_NOTICE.match(line)]


class Terminal:
    """One bash. `busy` is the text of the command in the foreground."""

    def __init__(self, number, root, port):
        self.number = number
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.text = ""
        self.start = 0       # where the present command's output begins
        self.searched = 0    # no prompt begins before this
        self.seen = 0        # lines of it that the page has accounted for
        self.busy = "the shell itself"
        self.section = None  # where the present command was typed,
        self.line = 0        # and its line
        self.kept = False
        self.alive = True
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            become_shell(root, port)
        os.set_inheritable(self.master, False)
        os.set_blocking(self.master, False)

    def read(self):
        """Take in what has arrived."""
        while self.alive:
            try:
                data = os.read(self.master, 65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.alive = False
            self.text += self.decoder.decode(data)

    def type(self, command):
        self.start = self.searched = self.after_prompt()
        self.seen = 0
        self.busy = command
        self.send(command + "\n")

    def send(self, text):
        data = text.encode()
        deadline = time.monotonic() + 5
        while data and time.monotonic() < deadline:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                select.select([], [self.master], [], 0.1)
            except OSError:
                return

    def after_prompt(self):
        """Output since the last prompt belongs to what comes next."""
        last = None
        for last in PROMPT.finditer(self.text, self.start):
            pass
        return last.end() + 1 if last else self.start

    def prompt(self):
        """The prompt that ended the present command, or None."""
        found = PROMPT.search(self.text, self.searched)
        if not found:
            self.searched = max(self.start, len(self.text) - 64)
        return found

    def finished(self):
        if self.busy is None:
            return True
        if self.prompt() or not self.alive:
            self.busy, self.kept = None, False
            return True
        return False

    def output(self):
        """The lines of the present command, up to the prompt. Its last
        line may be unfinished unless the command is over."""
        end = self.prompt()
        return readable_lines(self.text[self.start:end.start() if end
                                        else len(self.text)])

    def whole_lines(self):
        """As output(), without a line that is still being written."""
        text = self.text[self.start:]
        return readable_lines(text[:text.rfind("\n") + 1])

    def since_prompt(self):
        """What jobs in the background have written meanwhile."""
        text = self.text[self.after_prompt():]
        return readable_lines(text[:text.rfind("\n") + 1])

    def consume_background(self):
        self.start = self.searched = len(self.text)

    def last_lines(self, count):
        text = re.sub(PROMPT.pattern + "\n", "", self.text[-20000:])
        return readable_lines(text)[-count:]

    def foreground(self):
        """The process group in the foreground, 0 if that is bash."""
        try:
            group = os.tcgetpgrp(self.master)
        except OSError:
            return 0
        return 0 if group == self.pid else group

    def serves(self):
        group = self.foreground()
        return bool(group) and processes.serves(group)

    def close(self):
        self.alive = False
        if self.master >= 0:
            os.close(self.master)
        self.master = -1


def become_shell(root, port):
    """In the child of pty.fork(). Never returns."""
    try:
        for number in range(1, signal.NSIG):
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                pass
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        settings = termios.tcgetattr(0)
        settings[1] &= ~termios.OPOST
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, settings)
        fcntl.ioctl(0, termios.TIOCSWINSZ,
                    struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.chdir(root)
        os.closerange(3, 1024)  # the page shows descriptors of a clean shell
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting",
                            "+H", "-i"], environment(port))
    finally:
        os._exit(127)
