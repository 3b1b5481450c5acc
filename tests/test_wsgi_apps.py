"""test_wsgi_apps.py - applications that test_wsgi.py asks, each of them a
case: what PEP 3333 allows, and what a server must bear."""
import gc
import gzip
import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from wsgiref.validate import validator

BLOCK = 65536
TEXT = [("Content-Type", "text/plain")]
seen = []  # what happened in earlier requests, for those that ask later
pages = {}


def page(function):
    pages["/" + function.__name__] = function
    return function


def app(environ, start_response):
    return pages[environ["PATH_INFO"]](environ, start_response)


def answer(start_response, text, headers=()):
    start_response("200 OK", TEXT + list(headers))
    return [text.encode() if isinstance(text, str) else text]


class Closing:
    """An iterable that notes what becomes of it."""
    def __init__(self, name, blocks):
        self.name = name
        self.blocks = iter(blocks)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        seen.append(sys.intern(self.name + " closed"))


@page
def hello(environ, start_response):
    return answer(start_response, "Hello\n")


@page
def seen_so_far(environ, start_response):
    return answer(start_response, "\n".join(seen))


# --- environ and the streams -------------------------------------------------

@page
def show_environ(environ, start_response):
    lines = [f"{name}={value!r}\n" for name, value in environ.items()]
    return answer(start_response, "".join(lines))


def nested(environ, start_response):
    return show_environ(environ, start_response)


@page
def echo(environ, start_response):
    start_response("200 OK", TEXT)
    while block := environ["wsgi.input"].read(BLOCK):
        yield block


@page
def echo_at_once(environ, start_response):
    return answer(start_response, environ["wsgi.input"].read())


@page
def digest(environ, start_response):
    sum = hashlib.sha256()
    while block := environ["wsgi.input"].read(BLOCK):
        sum.update(block)
    return answer(start_response, sum.hexdigest())


@page
def big(environ, start_response):
    start_response("200 OK", TEXT)
    left = int(environ["QUERY_STRING"])
    while left > 0:
        block = b"b" * min(left, BLOCK)
        left -= len(block)
        yield block


@page
def compare_input(environ, start_response):
    """The same calls on wsgi.input as on a file with the same bytes."""
    def calls(stream):
        yield stream.read(0)
        yield stream.readline()
        yield stream.readline(3)
        yield stream.readline(0)
        yield stream.read(10)
        yield stream.readline(-1)
        yield stream.readline(None)
        yield stream.readlines(20)
        yield next(stream)
        yield stream.read(5000)
        yield stream.readlines(0)[:3]
        yield stream.read()
        yield stream.read(-1)
        yield stream.read(10)
        yield stream.readline()
        yield stream.readlines()
        yield list(stream)

    line = b"".join(b"%d bottles of beer\n" % i for i in range(1000))
    expected = line + b"x" * 10000 + b"\n" + line + b"no end"
    got = list(calls(environ["wsgi.input"]))
    return answer(start_response, str(got == list(calls(io.BytesIO(expected)))))


@page
def misuse_input(environ, start_response):
    stream = environ["wsgi.input"]
    for call in (lambda: stream.read("1"), lambda: stream.read(1, 2),
                 lambda: stream.read(1.5)):
        try:
            call()
        except TypeError:
            continue
        raise AssertionError("no TypeError")
    return answer(start_response, stream.read(2 ** 80))


@page
def keep(environ, start_response):
    """Keeps all it was given beyond its request."""
    keep.kept = environ, start_response, start_response("200 OK", TEXT)
    return [b"kept"]


@page
def use_kept(environ, start_response):
    environ, late_start, write = keep.kept
    said = []
    for call in (lambda: environ["wsgi.input"].read(1), lambda: write(b"x"),
                 lambda: late_start("200 OK", [])):
        try:
            call()
        except Exception as error:
            said.append(f"{type(error).__name__}: {error}")
    said += [str(list(environ["wsgi.input"]))]
    environ["wsgi.errors"].write("said later\n")
    return answer(start_response, "\n".join(said))


@page
def errors(environ, start_response):
    errors = environ["wsgi.errors"]
    errors.write("one line\n")
    errors.write("two ")
    errors.write("halves\nand ")
    errors.writelines(["more", " halves\n", "caf\u00e9 \udcff\n"])
    print("printed", 5, file=errors)
    errors.write("flushed")
    errors.flush()
    errors.write("forged\r\x1b line\n\n")
    errors.write("long " + "x" * 5000 + "\n")
    try:
        errors.write(b"bytes")
    except TypeError as error:
        print(error, file=errors)
    errors.write("unfinished")
    return answer(start_response, "logged")


# --- start_response ----------------------------------------------------------

def tries(start_response, *calls):
    """What start_response has against each of these calls."""
    for args in calls:
        try:
            start_response(*args)
        except Exception as error:
            yield f"{type(error).__name__}: {error}\n"
        else:
            yield "accepted\n"


@page
def wrong_calls(environ, start_response):
    said = tries(
        start_response,
        (), ("200 OK",), ("200 OK", [], None, 4),
        (200, []), (b"200 OK", []), ("200", ()), ("OK", []), ("200OK", []),
        ("100 Continue", []), ("999 No", []), ("200 OK\r\nX: y", []),
        ("200 \u20ac", []), ("200 OK\0", []),
        ("200 OK", ()), ("200 OK", {}), ("200 OK", [["A", "b"]]),
        ("200 OK", [("A",)]), ("200 OK", [("A", 1)]), ("200 OK", [(b"A", "b")]),
        ("200 OK", [("A", "\u20ac")]), ("200 OK", [("A", "b\r\nC: d")]),
        ("200 OK", [("A b", "c")]), ("200 OK", [("", "c")]),
        ("200 OK", [("A", "b\0")]), ("200 OK", [("A", "x" * 20000)]),
        ("200 OK", [("Content-Length", "-1")]),
        ("200 OK", [("Content-Length", "1"), ("Content-Length", "2")]),
        ("200 OK", [("Connection", "close")]),
        ("200 OK", [("keep-alive", "1")]),
        ("200 OK", [("Transfer-Encoding", "chunked")]),
        ("200 OK", [("Upgrade", "h2c")]), ("200 OK", [("TE", "x")]),
        ("200 OK", [("Trailer", "x")]),
        ("200 OK", [("Proxy-Authenticate", "x")]),
        ("200 OK", [], "no tuple"))
    text = "".join(said)
    return answer(start_response, text, [("Date", "mine"), ("X-\u00c9", "y")]
                  if environ["QUERY_STRING"] else [("X-Latin", "caf\u00e9")])


@page
def twice(environ, start_response):
    start_response("200 OK", TEXT)
    return answer(start_response, "twice")


@page
def replace(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "3"), ("X-Old", "1")])
    try:
        raise KeyError("replaced")
    except KeyError:
        start_response("404 Not Found", TEXT + [("X-New", "1")],
                       sys.exc_info())
    return [b"replaced"]


@page
def replace_late(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"too "
    try:
        raise KeyError("too late to replace")
    except KeyError:
        start_response("500 Sorry", TEXT, sys.exc_info())
    yield b"late"


@page
def replace_with_nothing(environ, start_response):
    start_response("200 OK", TEXT)
    yield b"left"
    start_response("500 Sorry", TEXT, sys.exc_info())  # no exception


@page
def replace_before_a_block(environ, start_response):
    start_response("200 OK", TEXT)
    yield b""
    try:
        raise KeyError("early enough")
    except KeyError:
        start_response("503 Sorry", TEXT, sys.exc_info())
    yield b"not yet late"


@page
def never_started(environ, start_response):
    return [b"a body"]


@page
def nothing_at_all(environ, start_response):
    return []


@page
def start_in_generator(environ, start_response):
    start_response("201 Created", TEXT)
    yield b"one "
    yield b"two"


@page
def write(environ, start_response):
    write = start_response("200 OK", TEXT)
    write(b"one ")
    write(b"")
    write(b"two ")
    return [b"three"]


@page
def write_and_wrap(environ, start_response):
    start_response("200 OK", TEXT)(b"written and ")
    file = tempfile.TemporaryFile()
    file.write(b"wrapped")
    file.seek(0)
    return environ["wsgi.file_wrapper"](file)


@page
def write_text(environ, start_response):
    start_response("200 OK", TEXT)("text")
    return []


@page
def status(environ, start_response):
    start_response(environ["QUERY_STRING"].replace("%20", " "), [])
    return []


@page
def headers(environ, start_response):
    return answer(start_response, "many",
                  [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"),
                   ("date", "never"), ("Server", "mine")])


# --- Bodies ------------------------------------------------------------------

@page
def one_block(environ, start_response):
    return answer(start_response, "0123456789")


@page
def blocks(environ, start_response):
    start_response("200 OK", TEXT)
    return (b"01", b"", b"234")


@page
def no_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    return []


class Sized(Closing):
    def __len__(self):
        return 1


@page
def sized(environ, start_response):
    start_response("200 OK", TEXT)
    return Sized("sized", [b"one block"])


@page
def stream(environ, start_response):
    """The second block waits until the client has said that it has the
    first: by a file, since the server may be busy with us alone."""
    start_response("200 OK", TEXT)
    yield b"first\n"
    deadline = time.monotonic() + 20
    while not os.path.exists(environ["QUERY_STRING"]):
        if time.monotonic() > deadline:
            raise TimeoutError("the first block never arrived")
        time.sleep(0.01)
    yield b"second\n"


@page
def endless(environ, start_response):
    def blocks():
        while True:
            yield b"e" * BLOCK
    start_response("200 OK", TEXT)
    return Closing("endless", blocks())


@page
def endless_write(environ, start_response):
    write = start_response("200 OK", TEXT)
    try:
        while True:
            write(b"e" * BLOCK)
    except OSError as error:
        seen.append(f"write raised {type(error).__name__}")
        raise


@page
def too_long(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "4")])
    return Closing("too_long", [b"01", b"2345", b"67"])


@page
def write_too_long(environ, start_response):
    write = start_response("200 OK", TEXT + [("Content-Length", "4")])
    write(b"012345")
    return []


@page
def too_short(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "10")])
    return [b"0123"]


@page
def wrong_blocks(environ, start_response):
    start_response("200 OK", TEXT)
    return {"text": "text", "list": ["text"], "bytes": b"bytes", "none": None,
            "number": 5, "later": iter([b"", "text"])}[environ["QUERY_STRING"]]


@page
def no_content(environ, start_response):
    start_response(environ["QUERY_STRING"] + " Status", [])
    return Closing("no_content", iter([b"never", b"sent"]))


# --- Failures ----------------------------------------------------------------

@page
def fail(environ, start_response):
    raise ValueError("failed on\npurpose")


@page
def fail_after_start(environ, start_response):
    start_response("200 OK", TEXT + [("Content-Length", "5")])
    raise ValueError("failed after start_response")


@page
def fail_in_blocks(environ, start_response):
    start_response("200 OK", TEXT)

    def blocks():
        yield b""
        raise ValueError("failed before a block")
    return Closing("fail_in_blocks", blocks())


@page
def fail_late(environ, start_response):
    start_response("200 OK", TEXT)

    def blocks():
        yield b"half"
        raise ValueError("failed after a block")
    return Closing("fail_late", blocks())


@page
def fail_in_close(environ, start_response):
    class Failing(Closing):
        def close(self):
            raise ValueError("failed in close()")
    start_response("200 OK", TEXT)
    return Failing("", [b"whole"])


class Bad(Exception):
    def __str__(self):
        raise ValueError("and cannot say it")


@page
def fail_badly(environ, start_response):
    raise Bad


@page
def leave(environ, start_response):
    raise {"exit": SystemExit(3), "interrupt": KeyboardInterrupt(),
           "generator": GeneratorExit()}[environ["QUERY_STRING"]]


@page
def die(environ, start_response):
    os._exit(7)


@page
def crash(environ, start_response):
    os.kill(os.getpid(), signal.SIGSEGV)


@page
def loop(environ, start_response):
    seen.append("loop")
    start_response("200 OK", TEXT)(b"looping\n")
    while True:
        pass


# --- Files -------------------------------------------------------------------

class ShoutingFile(io.FileIO):
    """A file whose bytes are not those that are read."""
    def read(self, size=-1):
        return super().read(size).upper()


class ShoutingReader(io.BufferedReader):
    def read(self, size=-1):
        return super().read(size).upper()


@page
def files_are_closed(environ, start_response):
    closed = [file.closed for file in seen if hasattr(file, "closed")]
    return answer(start_response, repr(closed))


def wrapped(environ, start_response, file, headers=()):
    start_response("200 OK", TEXT + list(headers))
    return environ["wsgi.file_wrapper"](file, 1000)


@page
def file(environ, start_response):
    """By the query: how it is opened, from where on, how much is declared."""
    path, how, offset, length = environ["QUERY_STRING"].split("&")
    file = {"raw": lambda: open(path, "rb", buffering=0),
            "buffered": lambda: open(path, "rb"),
            "random": lambda: open(path, "r+b"),
            "shouting": lambda: ShoutingFile(path),
            "reader": lambda: ShoutingReader(io.FileIO(path)),
            "memory": lambda: io.BytesIO(open(path, "rb").read()),
            "gzip": lambda: gzip.open(path),
            "text": lambda: open(path),
            "pipe": lambda: subprocess.Popen(
                ["cat", path], stdout=subprocess.PIPE).stdout}[how]()
    if int(offset):
        file.read(int(offset))  # reads ahead, where it is buffered
    seen.append(file)
    return wrapped(environ, start_response, file,
                   [("Content-Length", length)] if length else [])


@page
def file_beside(environ, start_response):
    """What was written to a file is in it, though nobody flushed."""
    file = tempfile.TemporaryFile()
    file.write(b"written " * 10)
    file.seek(8)
    return wrapped(environ, start_response, file)


@page
def closed_file(environ, start_response):
    file = open(__file__, "rb")
    file.close()
    return wrapped(environ, start_response, file)


@page
def about_file_wrapper(environ, start_response):
    make = environ["wsgi.file_wrapper"]

    class OnlyReads:
        def read(self, size):
            return b""
    said = [hasattr(make(OnlyReads()), "close"),
            hasattr(make(io.BytesIO()), "close"),
            list(make(io.BytesIO(b"abcde"), 2))]
    return answer(start_response, repr(said))


# --- Processes and threads ---------------------------------------------------

os.register_at_fork(before=lambda: seen.append("before"),
                    after_in_parent=lambda: seen.append("in parent"),
                    after_in_child=lambda: seen.append("in child"))


@page
def fork_hooks(environ, start_response):
    return answer(start_response, " ".join(seen[-2:]))


@page
def random_number(environ, start_response):
    return answer(start_response, str(random.random()))


@page
def thread(environ, start_response):
    said = []
    thread = threading.Thread(target=lambda: said.append("from a thread"))
    thread.start()
    thread.join()
    is_main = threading.current_thread() is threading.main_thread()
    return answer(start_response, f"{said} {is_main}")


own = threading.local()


@page
def visits_of_this_thread(environ, start_response):
    own.visits = getattr(own, "visits", 0) + 1
    return answer(start_response, f"{own.visits} visits")


barrier = threading.Barrier(4)


@page
def meet_others(environ, start_response):
    barrier.wait(15)
    return answer(start_response, "all have met")


@page
def write_by_two(environ, start_response):
    """One thread waits for the client; we open the gate it waits at."""
    write = start_response("200 OK", TEXT)
    thread = threading.Thread(target=write, args=[b"first "])
    thread.start()
    text = None
    while not text:  # until the other one is in the middle of it
        try:
            start_response("200 OK", TEXT)
        except AssertionError:
            pass  # it is not writing yet
        except RuntimeError as error:
            text = str(error)
        time.sleep(0.01)
    os.write(int(environ["QUERY_STRING"]), b"x")
    thread.join()
    return [text.encode()]


@page
def write_and_return(environ, start_response):
    write = start_response("200 OK", TEXT)

    def open_later():
        time.sleep(0.2)
        os.write(int(environ["QUERY_STRING"]), b"x")
    for work in (lambda: write(b"late"), open_later):
        threading.Thread(target=work).start()
        time.sleep(0.1)  # the first is likely in the middle of it now
    return []


@page
def run(environ, start_response):
    done = subprocess.run(["echo", "from", "a", "process"], check=True,
                          capture_output=True)
    return answer(start_response, done.stdout)


@page
def own_fork(environ, start_response):
    pid = os.fork()
    if pid == 0:
        os._exit(5)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return answer(start_response, str(status))


@page
def printed(environ, start_response):
    print("a printed line")
    return answer(start_response, "printed")


@page
def pid(environ, start_response):
    return answer(start_response, str(os.getpid()))


@page
def memory(environ, start_response):
    """Blocks of memory that Python has, and references to what all share."""
    gc.collect()
    counts = [sys.getrefcount(thing)
              for thing in (None, True, False, b"", "", (), "PATH_INFO",
                            environ["wsgi.file_wrapper"], app)]
    return answer(start_response, f"{sys.getallocatedblocks()} {sum(counts)}")


# --- How applications are named ----------------------------------------------

application = hello
number = 5


class Holder:
    class inner:
        @staticmethod
        def deep(environ, start_response):
            return answer(start_response, "deep")


def make_app(text="made", *, more=""):
    def made(environ, start_response):
        return answer(start_response, text + more)
    return made


def fail_to_make():
    raise ValueError("cannot be made")


def busy_app():
    """An application with a thread of its own, which is busy with Python at
    whatever moment its server forks."""
    def work():
        while True:
            sum(range(100))
    threading.Thread(target=work, daemon=True).start()
    return app


# --- What wsgiref.validate looks at ------------------------------------------

@validator
def checked(environ, start_response):
    read = environ["wsgi.input"].read(10)
    environ["wsgi.errors"].write("checked\n")
    environ["wsgi.errors"].flush()
    start_response("200 OK", TEXT)
    return iter([b"", read, b"checked"])


@validator
def checked_file(environ, start_response):
    start_response("200 OK", TEXT)
    return environ["wsgi.file_wrapper"](open(__file__, "rb"))
