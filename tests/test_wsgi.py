#!/usr/bin/env python3
"""test_wsgi.py - stage 2c, and 3a to 3c where a process matters, as a client
sees them: every rule of PEP 3333, and what becomes of those who break it. The
applications are in test_wsgi_apps.py. Run by wsgi.bats."""
import contextlib
import gzip
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), os.environ.get("BUILD", "build"))
SECONDS = 30  # for anything that must happen, however busy the machine is
SIZES = [0, 1, 65535, 131072, 50_000_000]


def wait_until(condition, what="it"):
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} never came true")
        time.sleep(0.01)


# --- A stage that runs -------------------------------------------------------

class Server:
    """A stage with options, until it is stopped."""
    def __init__(self, *options, stage="2c_wsgi"):
        self.log_file = tempfile.NamedTemporaryFile(prefix="wsgi-log-")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, stage), "--port", "0",
             "--root", os.path.join(HERE, "..", "www"), "--wsgi-path", HERE,
             *options], stderr=self.log_file, stdout=self.log_file, cwd=HERE,
            env={name: value for name, value in os.environ.items()
                 if name != "PYTHONUNBUFFERED"})
        wait_until(lambda: "listening on" in self.log() or
                   self.process.poll() is not None, "listening")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.log())
        self.port = int(found.group(1)) if found else None

    def log(self):
        with open(self.log_file.name, errors="surrogateescape") as file:
            return file.read()

    def lines(self):
        """What is logged, without the role and pid, and without the access
        log."""
        lines = [re.sub(r"^\w+\[\d+\] ", "", line)
                 for line in self.log().splitlines()]
        return [line for line in lines if not re.search(r" - - \[", line)]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(SECONDS)
        self.log_file.close()

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s*(\d+)", file.read()).group(1))

    def dial(self):
        return socket.create_connection(("127.0.0.1", self.port), SECONDS)

    def exchange(self, request):
        """Send this; returns all that comes until the server closes."""
        with self.dial() as client:
            with contextlib.suppress(ConnectionError):
                client.sendall(request)
            return receive(client)

    def ask(self, path, method="GET", body=b"", headers=(), version="1.1"):
        """One request on a connection of its own."""
        lines = [f"{method} {path} HTTP/{version}", "Host: test",
                 "Connection: close", *headers]
        if body or method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        request = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
        return Answer(self.exchange(request))


def receive(client):
    pieces = []
    try:
        while piece := client.recv(1 << 20):
            pieces.append(piece)
    except ConnectionResetError:
        pieces.append(b"RESET")
    return b"".join(pieces)


class Answer:
    """A response, with `whole` false if it was cut off."""
    def __init__(self, raw):
        self.raw = raw
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1]) if first else 0
        self.lines = lines
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            self.headers.setdefault(name, []).append(value)
        self.body, self.whole = rest, True
        if self.get("Transfer-Encoding") == "chunked":
            self.body, self.whole = self.dechunk(rest)
        elif self.get("Content-Length"):
            self.whole = len(rest) == int(self.get("Content-Length"))

    def get(self, name):
        return ", ".join(self.headers.get(name, []))

    @staticmethod
    def dechunk(rest):
        blocks, at = [], 0
        while (end := rest.find(b"\r\n", at)) > 0:
            size = int(rest[at:end], 16)
            if size == 0:
                return b"".join(blocks), rest[end:] == b"\r\n\r\n"
            blocks.append(rest[end + 2:end + 2 + size])
            at = end + 2 + size + 2
        return b"".join(blocks), False

    @property
    def text(self):
        return self.body.decode()


class Case(unittest.TestCase):
    """One server for all tests of a class; what they log is set apart."""
    options = ["--wsgi", "/=test_wsgi_apps:app"]
    stage = "2c_wsgi"

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options, stage=cls.stage)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.logged_before = len(self.server.lines())

    def tearDown(self):
        self.assertIsNone(self.server.process.poll(), self.server.log())

    def ask(self, *args, **keywords):
        return self.server.ask(*args, **keywords)

    def logged(self):
        return self.server.lines()[self.logged_before:]

    def assert_logged(self, *texts):
        for text in texts:
            wait_until(lambda: text in "\n".join(self.logged()),
                       f"{text!r} in {self.logged()}")

    def seen(self):
        return self.ask("/seen_so_far").text.split("\n")


# --- environ -----------------------------------------------------------------

class Environ(Case):
    options = ["--wsgi", "/=test_wsgi_apps:app",
               "--wsgi", "/a b/deep=test_wsgi_apps:nested",
               "--wsgi", "/a b=test_wsgi_apps:nested"]

    def environ(self, *args, **keywords):
        answer = self.ask(*args, **keywords)
        pairs = [line.split("=", 1) for line in answer.text.splitlines()]
        return dict(pairs)

    def expect(self, environ, **expected):
        for name, value in expected.items():
            self.assertEqual(environ.get(name), repr(value), name)

    def test_the_request_line(self):
        self.expect(self.environ("/show_environ?a=%20b&c"),
                    REQUEST_METHOD="GET", SCRIPT_NAME="",
                    PATH_INFO="/show_environ", QUERY_STRING="a=%20b&c",
                    SERVER_PROTOCOL="HTTP/1.1", REMOTE_ADDR="127.0.0.1",
                    SERVER_NAME="test", HTTP_HOST="test",
                    SERVER_PORT=str(self.server.port))
        self.expect(self.environ("/show_environ", method="PUT", version="1.0"),
                    REQUEST_METHOD="PUT", QUERY_STRING="",
                    SERVER_PROTOCOL="HTTP/1.0")

    def test_prefixes(self):
        for path, script, info in [
                ("/a%20b", "/a b", ""), ("/a%20b/", "/a b", "/"),
                ("/a%20b/c%2fd/%c3%a9", "/a b", "/c/d/\xc3\xa9"),
                ("/%61%20b/deep", "/a b/deep", ""),
                ("/a%20b/deep/x", "/a b/deep", "/x"),
                ("/a%20b/deeper", "/a b", "/deeper")]:
            self.expect(self.environ(path), SCRIPT_NAME=script, PATH_INFO=info)

    def test_headers(self):
        environ = self.environ("/show_environ", headers=[
            "X-Own: caf\xe9", "X-Own: again", "Cookie: a=1", "Cookie: b=2",
            "Authorization: Basic eA==", "Proxy: evil", "X_Under: evil",
            "Content-Type: text/x"])
        self.expect(environ, HTTP_X_OWN="caf\xe9, again",
                    HTTP_COOKIE="a=1; b=2", HTTP_AUTHORIZATION="Basic eA==",
                    CONTENT_TYPE="text/x")
        for name in ("HTTP_PROXY", "HTTP_X_UNDER", "HTTP_CONNECTION",
                     "CONTENT_LENGTH", "HTTP_CONTENT_TYPE"):
            self.assertNotIn(name, environ)

    def test_length_of_the_body(self):
        self.expect(self.environ("/show_environ", "POST", b"12345"),
                    CONTENT_LENGTH="5")
        answer = Answer(self.server.exchange(
            b"POST /show_environ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        self.assertIn("CONTENT_LENGTH='3'", answer.text)

    def test_what_the_server_says_of_itself(self):
        environ = self.environ("/show_environ")
        self.assertEqual(environ["wsgi.version"], "(1, 0)")
        self.assertEqual(environ["wsgi.url_scheme"], "'http'")
        self.assertEqual(environ["wsgi.multithread"], "False")
        self.assertEqual(environ["wsgi.multiprocess"], "False")
        self.assertEqual(environ["wsgi.run_once"], "False")
        self.assertEqual(environ["wsgi.input_terminated"], "True")

    def test_nothing_is_there_without_a_value(self):
        raw = self.server.exchange(b"GET /show_environ HTTP/1.0\r\n\r\n")
        self.assertNotIn(b"=None", raw)
        self.assertIn(b"SERVER_NAME='localhost'", raw)
        self.assertNotIn(b"HTTP_HOST", raw)

    def test_names_that_nobody_knows_are_no_problem(self):
        headers = [f"X-Name-{i}: {i}" for i in range(100)]
        environ = self.environ("/show_environ", headers=headers)
        for i in range(100):
            self.assertEqual(environ[f"HTTP_X_NAME_{i}"], f"'{i}'")


# --- The streams -------------------------------------------------------------

class Streams(Case):
    def test_bodies_of_all_sizes_come_in(self):
        for size in SIZES:
            body = os.urandom(size)
            self.assertEqual(self.ask("/digest", "POST", body).text,
                             hashlib.sha256(body).hexdigest(), size)

    def test_bodies_of_all_sizes_go_out(self):
        for size in SIZES:
            self.assertEqual(self.ask(f"/big?{size}").body, b"b" * size)

    def test_bodies_go_through(self):
        for size in SIZES:
            body = os.urandom(size)
            self.assertTrue(self.ask("/echo", "POST", body).body == body, size)

    def test_it_reads_as_a_file_does(self):
        line = b"".join(b"%d bottles of beer\n" % i for i in range(1000))
        body = line + b"x" * 10000 + b"\n" + line + b"no end"
        self.assertEqual(self.ask("/compare_input", "POST", body).text, "True")
        in_file = body.ljust(100_000)  # too large for memory
        self.assertEqual(
            self.ask("/compare_input", "POST", in_file).text, "True")

    def test_wrong_arguments_are_refused(self):
        answer = self.ask("/misuse_input", "POST", b"all of it")
        self.assertEqual(answer.text, "all of it")

    def test_a_body_is_invited(self):
        head = (b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        with self.server.dial() as client:
            client.sendall(head)
            invitation = client.recv(100)
            self.assertEqual(invitation, b"HTTP/1.1 100 Continue\r\n\r\n")
            client.sendall(b"body")
            self.assertEqual(Answer(receive(client)).body, b"body")

    def test_what_is_kept_beyond_the_request_is_dead(self):
        self.ask("/keep", "POST", b"body")
        self.assertEqual(self.ask("/use_kept").text.split("\n"), [
            "ValueError: wsgi.input: the request is over",
            "RuntimeError: the request is over",
            "RuntimeError: the request is over", "[]"])
        self.assert_logged("said later")

    def test_errors_become_lines_of_the_log(self):
        self.assertEqual(self.ask("/errors").text, "logged")
        self.assert_logged("unfinished")
        prefix = "wsgi test_wsgi_apps:app: "
        lines = [line[len(prefix):] for line in self.logged()
                 if line.startswith(prefix)]
        long = [line for line in lines if "xxxxx" in line]
        self.assertEqual([line for line in lines if line not in long], [
            "one line", "two halves", "and more halves",
            "caf\u00e9 \\udcff", "printed 5", "flushed",
            "forged\\x0d\\x1b line", "",
            "wsgi.errors takes str, not bytes", "unfinished"])
        self.assertEqual("".join(long), "long " + "x" * 5000)
        for line in self.server.log().splitlines():
            self.assertRegex(line, r"^2c\[\d+\] ")


# --- start_response ----------------------------------------------------------

class StartResponse(Case):
    def test_wrong_calls_raise_and_a_right_one_still_counts(self):
        answer = self.ask("/wrong_calls")
        said = answer.text.splitlines()
        kinds = "".join(line[0] for line in said)
        self.assertEqual(answer.status, 200)
        self.assertEqual(
            kinds, "T" * 6 + "V" * 7 + "T" * 6 + "V" * 15 + "T", said)
        self.assertEqual(answer.get("X-Latin"), "caf\xe9")
        self.assertEqual(answer.headers.keys() - {"Date"},
                         {"Content-Type", "Content-Length", "Connection",
                          "X-Latin"})

    def test_twice_without_exc_info(self):
        answer = self.ask("/twice")
        self.assertEqual(answer.status, 500)
        self.assert_logged("AssertionError: start_response() was called twice")

    def test_exc_info_replaces_what_has_not_left(self):
        answer = self.ask("/replace")
        self.assertEqual((answer.status, answer.body), (404, b"replaced"))
        self.assertNotIn("X-Old", answer.headers)
        self.assertIn("X-New", answer.headers)
        answer = self.ask("/replace_before_a_block")
        self.assertEqual((answer.status, answer.body), (503, b"not yet late"))

    def test_exc_info_is_raised_again_when_it_is_too_late(self):
        answer = self.ask("/replace_late")
        self.assertEqual((answer.status, answer.body, answer.whole),
                         (200, b"too ", False))
        self.assert_logged("KeyError: 'too late to replace'")
        self.assertFalse(self.ask("/replace_with_nothing").whole)
        self.assert_logged("TypeError: exc_info holds no exception")

    def test_no_start_is_an_error(self):
        for path in ("/never_started", "/nothing_at_all"):
            self.assertEqual(self.ask(path).status, 500)
            self.assert_logged("start_response() was not called")

    def test_a_generator_may_start_in_its_first_block(self):
        answer = self.ask("/start_in_generator")
        self.assertEqual((answer.status, answer.body), (201, b"one two"))

    def test_write(self):
        answer = self.ask("/write")
        self.assertEqual(answer.body, b"one two three")
        self.assertTrue(answer.whole)
        self.assertEqual(self.ask("/write_and_wrap").body,
                         b"written and wrapped")
        self.assertEqual(self.ask("/write_text").status, 500)

    def test_statuses(self):
        for status in ("200 OK", "299 Own", "404", "599 X"):
            answer = self.ask("/status?" + status.replace(" ", "%20"))
            self.assertEqual(answer.status, int(status[:3]))

    def test_headers_in_their_order(self):
        answer = self.ask("/headers")
        self.assertEqual(answer.headers["Set-Cookie"], ["a=1", "b=2"])
        self.assertEqual(len(answer.headers["Date"]), 1)
        self.assertNotIn("date", answer.headers)
        self.assertEqual(answer.get("Server"), "mine")


# --- Bodies ------------------------------------------------------------------

class Bodies(Case):
    def test_what_is_all_there_has_a_length(self):
        for path, body in (("/one_block", b"0123456789"),
                           ("/blocks", b"01234"), ("/no_blocks", b""),
                           ("/sized", b"one block")):
            answer = self.ask(path)
            self.assertEqual(answer.get("Content-Length"), str(len(body)))
            self.assertEqual(answer.body, body)
        self.assertIn("sized closed", self.seen())

    def test_what_comes_block_by_block_is_chunked_or_ends_by_closing(self):
        answer = self.ask("/big?100000")
        self.assertEqual(answer.get("Transfer-Encoding"), "chunked")
        answer = self.ask("/big?100000", version="1.0")
        self.assertNotIn("Transfer-Encoding", answer.headers)
        self.assertEqual(answer.body, b"b" * 100000)

    def test_a_block_leaves_at_once(self):
        with tempfile.TemporaryDirectory() as directory:
            mark = os.path.join(directory, "mark")
            with self.server.dial() as client:
                client.sendall(f"GET /stream?{mark} HTTP/1.1\r\nHost: x\r\n"
                               "Connection: close\r\n\r\n".encode())
                got = b""
                while b"first\n" not in got:
                    got += client.recv(1000)
                self.assertNotIn(b"second", got)
                open(mark, "w").close()
                got += receive(client)
        self.assertEqual(Answer(got).body, b"first\nsecond\n")

    def test_a_client_that_left_ends_the_iteration_and_is_logged_once(self):
        for path in ("/endless", "/endless_write"):
            with self.server.dial() as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"
                               .encode())
                client.recv(100)
            seen = self.seen()  # it answers again
        self.assertIn("endless closed", seen)
        self.assertTrue([line for line in seen if "write raised" in line])
        lost = [line for line in self.logged() if "lost its client" in line]
        self.assertEqual(len(lost), 2, self.logged())
        self.assertFalse([line for line in self.logged()
                          if "Traceback" in line])

    def test_head_has_the_headers_alone(self):
        answer = self.ask("/one_block", "HEAD")
        self.assertEqual(answer.get("Content-Length"), "10")
        self.assertEqual(answer.body, b"")
        self.assertEqual(self.ask("/no_blocks", "HEAD").get("Content-Length"),
                         "")
        self.ask("/endless", "HEAD")  # ends
        self.assertIn("endless closed", self.seen())

    def test_204_and_304_have_no_body(self):
        for status in (204, 304):
            answer = self.ask(f"/no_content?{status}")
            self.assertEqual((answer.status, answer.body), (status, b""))
            self.assertEqual(answer.get("Transfer-Encoding"), "")
        self.assertEqual(self.seen().count("no_content closed"), 2)

    def test_more_than_declared_is_not_sent(self):
        for path in ("/too_long", "/write_too_long"):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.body), (200, b"0123"))
            self.assert_logged("wrote more than its Content-Length of 4")
        self.assertIn("too_long closed", self.seen())

    def test_less_than_declared_is_cut_and_never_padded(self):
        answer = self.ask("/too_short")
        self.assertEqual((answer.body, answer.whole), (b"0123", False))
        self.assert_logged("wrote less than its Content-Length of 10")

    def test_blocks_must_be_bytes(self):
        for kind in ("text", "list", "bytes", "none", "number", "later"):
            self.assertEqual(self.ask("/wrong_blocks?" + kind).status, 500)
        self.assert_logged(
            "TypeError: a block of the body must be bytes, not str",
            "TypeError: a block of the body must be bytes, not int",
            "TypeError: 'NoneType' object is not iterable")

    def test_a_connection_is_kept(self):
        with self.server.dial() as client:
            for path in ("/one_block", "/big?5", "/fail", "/replace"):
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"
                               .encode())
            client.sendall(b"GET /one_block HTTP/1.1\r\nHost: x\r\n"
                           b"Connection: close\r\n\r\n")
            got = receive(client)
        self.assertEqual(
            re.findall(rb"HTTP/1.1 (\d+)", got),
            [b"200", b"200", b"500", b"404", b"200"])


# --- Failures ----------------------------------------------------------------

class Failures(Case):
    def test_before_the_first_byte_it_is_a_500(self):
        for path, text in (("/fail", "ValueError: failed on"),
                           ("/fail_after_start", "failed after start_res"),
                           ("/fail_in_blocks", "failed before a block"),
                           ("/no_such_page", "KeyError: '/no_such_page'")):
            answer = self.ask(path)
            self.assertEqual(answer.status, 500, path)
            self.assertNotIn(b"failed", answer.body)
            self.assert_logged(f"GET {path} failed", "Traceback", text)
        self.assertIn("fail_in_blocks closed", self.seen())

    def test_each_line_of_a_traceback_is_a_line_of_the_log(self):
        self.ask("/fail")
        self.assert_logged("ValueError: failed on", "purpose")
        for line in self.logged():
            self.assertTrue(line.startswith("wsgi test_wsgi_apps:app: "), line)
        self.assertNotIn("\\x0a", self.server.log())

    def test_later_the_connection_is_cut(self):
        answer = self.ask("/fail_late")
        self.assertEqual((answer.status, answer.body, answer.whole),
                         (200, b"half", False))
        self.assert_logged("ValueError: failed after a block")
        self.assertIn("fail_late closed", self.seen())
        raw = self.server.exchange(b"GET /fail_late HTTP/1.0\r\n\r\n")
        self.assertTrue(raw.endswith(b"RESET"), raw)

    def test_a_failure_in_close_is_only_logged(self):
        answer = self.ask("/fail_in_close")
        self.assertEqual((answer.body, answer.whole), (b"whole", True))
        self.assert_logged("ValueError: failed in close()")

    def test_an_exception_that_cannot_be_shown(self):
        self.assertEqual(self.ask("/fail_badly").status, 500)
        self.assert_logged("Bad")

    def test_exits_end_the_request_and_not_the_server(self):
        for how, name in (("exit", "SystemExit"),
                          ("interrupt", "KeyboardInterrupt"),
                          ("generator", "GeneratorExit")):
            self.assertEqual(self.ask("/leave?" + how).status, 500)
            self.assert_logged(name)

    def test_signals_end_the_server_whatever_python_does(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = Server("--wsgi", "/=test_wsgi_apps:app")
            self.addCleanup(server.stop)
            with contextlib.closing(server.dial()) as client:
                client.sendall(b"GET /loop HTTP/1.1\r\nHost: x\r\n\r\n")
                client.recv(100)
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(SECONDS), -number)


# --- Files -------------------------------------------------------------------

class Files(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.content = b"".join(b"%09d\n" % i for i in range(30000))
        cls.file = tempfile.NamedTemporaryFile(prefix="wsgi-file-")
        cls.file.write(cls.content)
        cls.file.flush()

    @classmethod
    def tearDownClass(cls):
        cls.file.close()
        super().tearDownClass()

    def file_answer(self, how, offset=0, length="", method="GET"):
        return self.ask(f"/file?{self.file.name}&{how}&{offset}&{length}",
                        method)

    def test_a_plain_file_is_sent_with_its_length(self):
        for how in ("raw", "buffered", "random"):
            answer = self.file_answer(how)
            self.assertTrue(answer.body == self.content, how)
            self.assertEqual(answer.get("Content-Length"),
                             str(len(self.content)))

    def test_it_is_sent_by_the_kernel(self):
        trace = tempfile.NamedTemporaryFile(prefix="wsgi-trace-")
        with subprocess.Popen(
                ["strace", "-qq", "-e", "trace=sendfile", "-o", trace.name,
                 "-p", str(self.server.process.pid)],
                stderr=subprocess.DEVNULL) as strace:
            with open(f"/proc/{self.server.process.pid}/status") as status:
                wait_until(lambda: status.seek(0) or
                           "TracerPid:\t0" not in status.read(), "traced")
            self.file_answer("buffered")
            strace.terminate()
        with trace:
            self.assertIn(b"sendfile", trace.read())

    def test_from_where_the_application_is(self):
        for how in ("raw", "buffered", "random", "shouting"):
            answer = self.file_answer(how, 5)
            self.assertTrue(answer.body == self.content[5:], how)
            self.assertTrue(
                self.file_answer(how, len(self.content)).body == b"", how)

    def test_no_more_than_declared(self):
        for how in ("raw", "buffered"):
            answer = self.file_answer(how, 5, 1000)
            self.assertEqual(answer.body, self.content[5:1005])
        self.assertEqual(self.logged(), [])

    def test_less_than_declared_is_cut(self):
        answer = self.file_answer("raw", 5, len(self.content))
        self.assertFalse(answer.whole)
        self.assert_logged("wrote less than its Content-Length")

    def test_head(self):
        answer = self.file_answer("raw", method="HEAD")
        self.assertEqual(answer.body, b"")
        self.assertEqual(answer.get("Content-Length"), str(len(self.content)))

    def test_what_is_no_plain_file_is_read(self):
        self.assertEqual(self.file_answer("memory").body, self.content)
        self.assertEqual(self.file_answer("pipe").body, self.content)
        self.assertEqual(self.file_answer("text").status, 500)
        self.assertEqual(self.ask("/closed_file").status, 500)
        with tempfile.NamedTemporaryFile() as file:
            file.write(gzip.compress(b"inside"))
            file.flush()
            answer = self.ask(f"/file?{file.name}&gzip&0&")
        self.assertEqual(answer.body, b"inside")

    def test_the_bytes_are_those_that_read_gives(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"quiet")
            file.flush()
            for how in ("shouting", "reader"):
                answer = self.ask(f"/file?{file.name}&{how}&0&")
                self.assertEqual(answer.body, b"QUIET")
        answer = self.ask("/file?/dev/zero&raw&0&10")
        self.assertEqual(answer.body, bytes(10))

    def test_what_was_written_is_sent(self):
        self.assertEqual(self.ask("/file_beside").body, b"written " * 9)

    def test_files_are_closed(self):
        self.file_answer("raw")
        self.file_answer("shouting")
        closed = self.ask("/files_are_closed").text
        self.assertNotIn("False", closed)
        self.assertIn("True", closed)

    def test_the_wrapper_itself(self):
        self.assertEqual(self.ask("/about_file_wrapper").text,
                         "[False, True, [b'ab', b'cd', b'e']]")


# --- wsgiref.validate --------------------------------------------------------

class Validated(Case):
    options = ["--wsgi", "/=test_wsgi_apps:checked",
               "--wsgi", "/file=test_wsgi_apps:checked_file"]

    def test_the_validator_finds_nothing(self):
        for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE"):
            answer = self.ask("/path?query", method, b"0123456789rest")
            self.assertEqual(answer.status, 200)
            if method != "HEAD":
                self.assertEqual(answer.body, b"0123456789checked")
        self.assertEqual(self.ask("/").body, b"checked")
        with open(os.path.join(HERE, "test_wsgi_apps.py"), "rb") as file:
            self.assertEqual(self.ask("/file").body, file.read())
        self.assertNotIn("Traceback", self.server.log())


# --- Memory ------------------------------------------------------------------

class Memory(Case):
    def paths(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"file")
            file.flush()
            yield from (
                "/echo_at_once", "/blocks", "/big?70000", "/write",
                "/fail", "/fail_late", "/fail_in_blocks", "/twice", "/replace",
                "/replace_late", "/errors", "/compare_input", "/too_long", "/wrong_calls",
                "/wrong_blocks?none", "/wrong_blocks?later", "/show_environ",
                "/file_beside", "/about_file_wrapper", "/never_started",
                "/closed_file", "/fail_badly", "/misuse_input")

    def load(self, path, count):
        if path == "/hello":  # a connection that is kept
            with self.server.dial() as client:
                for _ in range(count // 100):
                    client.sendall(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" *
                                   100)
                    got = b""
                    while got.count(b"Hello\n") < 100:
                        got += client.recv(65536)
            return
        for _ in range(count):
            self.ask(path, "POST", b"a body\n" * 100)

    def in_use(self):
        blocks, references = self.ask("/memory").text.split()
        return int(blocks), int(references)

    def test_a_request_leaves_nothing_behind(self):
        for path in self.paths():
            self.assertTrue(self.settles(path, 50), path)
        self.load("/hello", 1000)
        before = self.in_use()
        self.load("/hello", 20000)
        for was, now in zip(before, self.in_use()):
            self.assertLess(abs(now - was), 100)

    def settles(self, path, count):
        """Whether there comes a time when `count` requests leave less behind
        than one thing each: Python fills caches first."""
        for _ in range(20):
            before = self.in_use()
            self.load(path, count)
            after = self.in_use()
            if all(abs(now - was) < count / 2
                   for was, now in zip(before, after)):
                return True
        return False

    def test_resident_memory_stays(self):
        self.load("/hello", 2000)
        before = self.server.memory()
        self.load("/hello", 20000)
        self.assertLess(self.server.memory() - before, 500)  # KiB


    def test_streaming_does_not_keep_a_body_in_memory(self):
        self.ask("/digest", "POST", b"x" * 1_000_000)
        self.ask("/big?1000000")
        before = self.server.memory()
        self.ask("/digest", "POST", b"x" * 50_000_000)
        self.ask("/big?50000000")
        self.assertLess(self.server.memory() - before, 5_000)  # KiB
        self.ask("/echo_at_once", "POST", b"x" * 50_000_000)  # unless asked
        self.assertGreater(self.server.memory() - before, 45_000)


# --- Processes and threads ---------------------------------------------------

class Threads(Case):
    def test_what_an_application_may_do(self):
        self.assertEqual(self.ask("/thread").text, "['from a thread'] True")
        self.assertEqual(self.ask("/run").text, "from a process\n")
        self.assertEqual(self.ask("/own_fork").text, "5")
        self.assertEqual(self.ask("/fork_hooks").text, "before in parent")
        self.assertEqual(self.ask("/printed").text, "printed")
        self.assertIn("a printed line", self.server.log())


class Forked(Case):
    """Python was initialized in the parent of whoever answers."""
    stage = "3c_fork_wait_loop"
    options = ["--wsgi", "/=test_wsgi_apps:busy_app()",
               "--cgi", "/cgi=" + os.path.join(HERE, "../part2/cgi-bin")]

    def test_environ_says_so(self):
        said = self.ask("/show_environ").text
        self.assertIn("wsgi.multiprocess=True", said)
        self.assertIn("wsgi.multithread=False", said)

    def test_each_connection_has_a_child(self):
        pids = {self.ask("/pid").text for _ in range(3)}
        self.assertEqual(len(pids), 3)
        self.assertNotIn(str(self.server.process.pid), pids)

    def test_children_draw_different_numbers(self):
        numbers = {self.ask("/random_number").text for _ in range(5)}
        self.assertEqual(len(numbers), 5)

    def test_threads_processes_and_hooks_work_in_a_child(self):
        self.assertEqual(self.ask("/thread").text, "['from a thread'] True")
        self.assertEqual(self.ask("/run").text, "from a process\n")
        self.assertEqual(self.ask("/own_fork").text, "5")
        self.assertEqual(self.ask("/fork_hooks").text, "before in child")

    def test_a_connection_may_ask_many_gateways(self):
        with self.server.dial() as client:
            for path in ("/pid", "/cgi/hello.sh", "/pid", "/cgi/hello.sh"):
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"
                               .encode())
            client.sendall(b"GET /fork_hooks HTTP/1.1\r\nHost: x\r\n"
                           b"Connection: close\r\n\r\n")
            got = receive(client)
        self.assertEqual(got.count(b"HTTP/1.1 200"), 5)
        self.assertEqual(got.count(b"Hello from a shell script"), 2)

    def test_a_busy_thread_of_the_parent_stops_no_child(self):
        for _ in range(100):
            self.assertEqual(self.ask("/hello").status, 200)

    def test_who_dies_takes_one_connection_along(self):
        for path in ("/die", "/crash"):
            self.assertEqual(self.ask(path).raw.replace(b"RESET", b""), b"")
            self.assertEqual(self.ask("/hello").status, 200)

    def test_a_printed_line_is_printed_once(self):
        self.ask("/printed")
        self.ask("/printed")
        self.assertEqual(self.server.log().count("a printed line\n"), 2)


class ForkedOtherwise(unittest.TestCase):
    def test_3a_and_3b_answer(self):
        for stage in ("3a_fork_no_wait", "3b_fork_one_wait"):
            server = Server("--wsgi", "/=test_wsgi_apps:app", stage=stage)
            self.addCleanup(server.stop)
            self.assertEqual(server.ask("/thread").text,
                             "['from a thread'] True")


# --- The command line --------------------------------------------------------

class Naming(Case):
    options = [option for pair in [
        ("/plain", "test_wsgi_apps"),
        ("/dotted", "test_wsgi_apps:Holder.inner.deep"),
        ("/made", "test_wsgi_apps:make_app()"),
        ("/made-of", "test_wsgi_apps:make_app('a=b: ', more='c')"),
        ("/package", "package.inner.module:app"),
    ] for option in ("--wsgi", "=".join(pair))]

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        inner = os.path.join(cls.directory.name, "package", "inner")
        os.makedirs(inner)
        with open(os.path.join(inner, "module.py"), "w") as file:
            file.write("from test_wsgi_apps import make_app\n"
                       "app = make_app('from a package')\n")
        cls.options = cls.options + ["--wsgi-path", cls.directory.name]
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.directory.cleanup()

    def test_ways_to_name_an_application(self):
        for path, text in (("/plain", "Hello\n"), ("/dotted", "deep"),
                           ("/made", "made"), ("/made-of", "a=b: c"),
                           ("/package", "from a package")):
            self.assertEqual(self.ask(path).text, text)

    def test_what_is_mounted_nowhere_is_a_file(self):
        with open(os.path.join(HERE, "../www/hello.txt")) as file:
            self.assertEqual(self.ask("/hello.txt").text, file.read())


class Refused(unittest.TestCase):
    def start(self, *options):
        server = Server(*options)
        self.addCleanup(server.stop)
        self.assertEqual(server.process.wait(SECONDS), 1, server.log())
        return server.lines()

    def refused(self, target, last, *before):
        lines = self.start("--wsgi", "/=" + target)
        self.assertRegex(lines[-1], last)
        self.assertTrue(lines[-1].startswith(f"--wsgi {target}: "), lines)
        for text in before:
            self.assertIn(text, "\n".join(lines[:-1]))

    def test_applications_that_cannot_be_loaded(self):
        self.refused("no_such:app", "No module named 'no_such'$")
        self.refused("test_wsgi_apps:nobody",
                     "no such application: NameError: .*'nobody'")
        self.refused("test_wsgi_apps:Holder.nobody",
                     "no such application: AttributeError: .*'nobody'")
        self.refused("test_wsgi_apps:number",
                     "is not callable, but of the type int$")
        self.refused("test_wsgi_apps:fail_to_make()",
                     "ValueError: cannot be made$", "Traceback",
                     "in fail_to_make")
        self.refused("test_wsgi_apps:1 +", "SyntaxError")
        self.refused(":app", "ValueError: Empty module name")

    def test_modules_that_fail(self):
        with tempfile.TemporaryDirectory() as directory:
            for name, text, last in (
                    ("broken", "import no_such_thing\n",
                     "ModuleNotFoundError: No module named 'no_such_thing'$"),
                    ("wrong", "def (\n", "SyntaxError"),
                    ("leaving", "raise SystemExit(0)\n", "SystemExit: 0$")):
                path = os.path.join(directory, name + ".py")
                with open(path, "w") as file:
                    file.write(text)
                lines = self.start("--wsgi-path", directory,
                                   "--wsgi", f"/={name}:app")
                self.assertRegex(lines[-1], last)
                self.assertIn(path, "\n".join(lines[:-1]))

    def test_paths_that_are_not_there(self):
        self.assertEqual(
            self.start("--wsgi-path", "/no/such", "--wsgi", "/=x"),
            ["--wsgi-path /no/such: No such file or directory"])


class VirtualEnvironment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.directory.name, "venv")
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip",
                        cls.path], check=True)
        version = subprocess.run(
            [cls.path + "/bin/python", "-c",
             "import sys; print('%d.%d' % sys.version_info[:2])"],
            check=True, capture_output=True, text=True).stdout.strip()
        cls.library = os.path.join(cls.path, "lib", "python" + version)
        with open(cls.library + "/site-packages/only_here.py", "w") as file:
            file.write(
                "import sys, importlib.util\n"
                "def app(environ, start_response):\n"
                "    start_response('200 OK', [])\n"
                "    flask = importlib.util.find_spec('flask')\n"
                "    return [f'{sys.prefix} {sys.prefix != sys.base_prefix}'\n"
                "            f' {flask}'.encode()]\n")

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def test_its_packages_are_found_and_no_others(self):
        server = Server("--wsgi", "/=only_here:app", "--wsgi-venv", self.path)
        self.addCleanup(server.stop)
        self.assertEqual(server.ask("/").text,
                         f"{self.path} True None", server.log())

    def test_without_it_they_are_not(self):
        server = Server("--wsgi", "/=only_here:app")
        self.addCleanup(server.stop)
        self.assertEqual(server.process.wait(SECONDS), 1)

    def refused(self, path):
        server = Server("--wsgi", "/=test_wsgi_apps", "--wsgi-venv", path)
        self.addCleanup(server.stop)
        self.assertEqual(server.process.wait(SECONDS), 1)
        self.assertEqual(len(server.lines()), 1, server.lines())
        return server.lines()[0]

    def test_others_are_refused(self):
        self.assertIn("No such file", self.refused("/no/such"))
        self.assertIn("is no virtual environment", self.refused(HERE))
        with tempfile.TemporaryDirectory() as directory:
            os.mkdir(directory + "/lib")
            os.mkdir(directory + "/lib/python3.1")
            open(directory + "/pyvenv.cfg", "w").close()
            self.assertIn("is not for Python", self.refused(directory))


if __name__ == "__main__":
    # Whoever runs us may ignore it, and what is ignored stays so in a server.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    unittest.main(verbosity=2 if "-v" in sys.argv else 1)
