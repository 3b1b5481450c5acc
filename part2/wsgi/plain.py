"""plain.py - a WSGI application without a framework: one function that takes
an environ and start_response, and returns the blocks of the answer (PEP 3333).

    gunicorn --chdir part2/wsgi plain:app
    gunicorn --chdir part2/wsgi 'plain:make_app("Good morning")'

Each page below shows one thing that a server must bear. Knows no server by
name, and runs under all of them.
"""
import hashlib
import html
import math
import os
import threading
import time
from urllib.parse import parse_qs
from wsgiref.util import FileWrapper, shift_path_info
from wsgiref.validate import validator

BLOCK = 64 * 1024  # no page holds more of a body than this
# Not lists to share: a server may change the list of headers that it is given,
# so each answer makes its own.
TEXT = ("Content-Type", "text/plain; charset=utf-8")
HTML = ("Content-Type", "text/html; charset=utf-8")


# --- What several pages need -------------------------------------------------

def query_number(environ, name, default):
    """A number of the query string, from 0 to 60000."""
    value = parse_qs(environ.get("QUERY_STRING", "")).get(name, [default])[0]
    return min(max(int(value), 0), 60000)


def body_blocks(environ):
    """The body of the request, block by block, and never a byte beyond it:
    some servers hand over the socket itself, where a further read hangs."""
    stream = environ["wsgi.input"]
    remaining = int(environ.get("CONTENT_LENGTH") or 0)
    if not remaining and environ.get("wsgi.input_terminated"):
        remaining = math.inf  # chunked: this server tells us where it ends
    while remaining > 0:
        block = stream.read(min(BLOCK, remaining))
        if not block:
            return
        remaining -= len(block)
        yield block


def text(start_response, body, status="200 OK"):
    """A short answer, as text."""
    block = body.encode()
    start_response(status, [TEXT, ("Content-Length", str(len(block)))])
    return [block]


# --- The pages ---------------------------------------------------------------

def hello(environ, start_response):
    """The least an application can be."""
    return text(start_response, "Hello, world.\n")


def show_environ(environ, start_response):
    """The CGI variables of this request, sorted. Some servers mix their own
    environment in, where secrets may be: those variables are left out. But
    gunicorn is told by its environment what SCRIPT_NAME shall be."""
    lines = [f"{name}={value}\n" for name, value in sorted(environ.items())
             if isinstance(value, (str, bool, int, tuple))
             and (name == "SCRIPT_NAME" or os.environ.get(name) != value)]
    # In an environ, a str holds bytes, one in each character.
    body = "".join(lines).encode("latin-1")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


def echo(environ, start_response):
    """The body goes back while it comes in. A generator: the server asks for
    the next block when it has got rid of the one before."""
    kind = environ.get("CONTENT_TYPE") or "application/octet-stream"
    headers = [("Content-Type", kind)]
    if environ.get("CONTENT_LENGTH"):
        headers.append(("Content-Length", environ["CONTENT_LENGTH"]))
    start_response("200 OK", headers)
    return body_blocks(environ)


def upload(environ, start_response):
    """Count and hash the body as it comes in, and keep none of it."""
    total, digest = 0, hashlib.sha256()
    for block in body_blocks(environ):
        total += len(block)
        digest.update(block)
    return text(start_response, f"{total} bytes\nsha256 {digest.hexdigest()}\n")


class Counts:
    """What this process has done. Every worker process has counts of its own,
    and threads share them: hence the lock."""
    lock = threading.Lock()
    requests = streams_open = streams_closed = 0

    @classmethod
    def add(cls, **steps):
        with cls.lock:
            for name, step in steps.items():
                setattr(cls, name, getattr(cls, name) + step)


def count(environ, start_response):
    """Ask twice: with many workers, the numbers may not follow each other."""
    return text(start_response,
                f"process {os.getpid()}: {Counts.requests} requests, "
                f"{Counts.streams_open} streams open, "
                f"{Counts.streams_closed} closed\n")


def stream(environ, start_response):
    """?n= lines, ?ms= apart. Each must leave the server before the next is
    asked for. Whatever happens to the client, the server calls close()."""
    lines = query_number(environ, "n", 10)
    pause = query_number(environ, "ms", 0) / 1000

    def generate():
        number = 0
        Counts.add(streams_open=1)
        try:
            while number < lines:
                number += 1
                yield f"process {os.getpid()} line {number}\n".encode()
                time.sleep(pause)
        finally:  # the end, or close(), which a generator hears as an exception
            Counts.add(streams_open=-1, streams_closed=1)
            print(f"stream closed after {number} of {lines} lines",
                  file=environ["wsgi.errors"], flush=True)

    start_response("200 OK", [TEXT])
    return generate()


def file(environ, start_response):
    """This file, from its byte ?from= on. A server that has a file_wrapper may
    send it with sendfile(); it closes the file in any case."""
    source = open(__file__, "rb")
    size = os.fstat(source.fileno()).st_size
    start = source.seek(min(query_number(environ, "from", 0), size))
    start_response("200 OK", [TEXT, ("Content-Length", str(size - start))])
    return environ.get("wsgi.file_wrapper", FileWrapper)(source, BLOCK)


def slow(environ, start_response):
    """Answers after ?ms=, and holds up whoever shares its thread."""
    pause = query_number(environ, "ms", 1000)
    time.sleep(pause / 1000)
    return text(start_response, f"That took {pause} ms.\n")


def fail(environ, start_response):
    """An exception before the answer: the server can still send a 500."""
    raise RuntimeError("raised on purpose, before the answer")


def fail_late(environ, start_response):
    """An exception in the middle: too late for a 500. All a server can do is
    to end the connection before the promised length, so the client knows."""
    def generate():
        yield b"half of the answer\n"
        raise RuntimeError("raised on purpose, in the middle")
    start_response("200 OK", [TEXT, ("Content-Length", "38")])
    return generate()


def leave(environ, start_response):
    """SystemExit: this worker may end, the server may not."""
    raise SystemExit("left on purpose")


def write(environ, start_response):
    """The older way to send: start_response returns a write function. What it
    is given goes out first, then what is returned."""
    send = start_response("200 OK", [TEXT])
    send(b"written first\n")
    send(b"written second\n")
    return [b"returned last\n"]


# --- The application ---------------------------------------------------------

PAGES = {"/hello": hello, "/environ": show_environ, "/echo": echo,
         "/upload": upload, "/count": count, "/stream": stream, "/file": file,
         "/slow": slow, "/raise": fail, "/raise-late": fail_late,
         "/exit": leave, "/write": write}


def contents(environ, start_response, greeting):
    """All pages. A link must begin with SCRIPT_NAME, which is what this
    application is mounted below."""
    base = html.escape(environ.get("SCRIPT_NAME", ""))
    links = "".join(
        f'<li><a href="{base}{path}">{path}</a> {html.escape(page.__doc__)}'
        for path, page in PAGES.items())
    page = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{html.escape(greeting)}</title>
<h1>{html.escape(greeting)}</h1>
<ul>{links}
<li><a href="{base}/validated/hello">/validated/...</a> Any of them, and both
the server and the application watched for breaking the rules.</ul>
<form method="post" action="{base}/upload" enctype="multipart/form-data">
<input type="file" name="file"> <button>Upload</button></form>
""".encode()
    start_response("200 OK", [HTML, ("Content-Length", str(len(page)))])
    return [page]


def make_app(greeting="Hello, world."):
    """A factory: what can be set is set here, once, before any request."""

    def route(environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path in ("", "/"):
            return contents(environ, start_response, greeting)
        if path.startswith("/validated/"):
            shift_path_info(environ)  # SCRIPT_NAME grows, PATH_INFO shrinks
            return validated(environ, start_response)
        if path not in PAGES:
            return text(start_response, "There is no such page.\n",
                        "404 Not Found")
        try:
            return PAGES[path](environ, start_response)
        except ValueError as error:
            return text(start_response, f"{error}\n", "400 Bad Request")

    def application(environ, start_response):
        Counts.add(requests=1)
        return route(environ, start_response)

    validated = validator(route)
    return application


app = make_app()
