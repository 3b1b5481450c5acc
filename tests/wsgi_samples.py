#!/usr/bin/python3
"""wsgi_samples.py - the sample applications of part2/wsgi/, asked over HTTP by
whichever server shall be tried. Without arguments wsgiref serves them, at /
and below a prefix.

    tests/wsgi_samples.py
    tests/wsgi_samples.py --server 'gunicorn -b 127.0.0.1:0 {app}'
    tests/wsgi_samples.py --url plain=http://localhost:8080/plain
    tests/wsgi_samples.py --server '...' PlainTest.test_hello
    tests/wsgi_samples.py --server '...' --known PlainTest.test_file

A server's command is run once for each sample, with {app} and {prefix} filled
in; it must take a free port, and say on standard error which. Where PYTHONPATH
does not tell it, part2/wsgi is where the samples are. --known names a test that
this server is known to fail; that it passes is then the failure.
"""
import argparse
import hashlib
import http.client
import importlib
import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import wsgiref.simple_server
from pathlib import Path
from urllib.parse import urlencode, urlsplit

TOP = Path(__file__).resolve().parents[1]
WSGI = TOP / "part2/wsgi"
PREFIX = "/below/it"
LIMIT = 30  # seconds that anything here may take
SAMPLES = {"plain": "plain:app", "factory": "plain:make_app()",
           "shop": "shop.front:app", "flask": "flask_app:app",
           "django": "django_site.wsgi:application"}
PASSWORD = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
SECRET = "what other people must not see"


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in {LIMIT} s, never: {what}")
        time.sleep(0.02)


# --- A client ----------------------------------------------------------------

class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()


class Site:
    """Where a sample is: its requests, its cookies."""

    def __init__(self, url, log=None):
        parts = urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80
        self.prefix = parts.path.rstrip("/")
        self.log = log  # the server's standard error, if it is ours
        self.cookies = {}

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=LIMIT)

    def open(self, method, path, body=None, headers=(), connection=None):
        """The response, its body unread; over a kept connection if one is
        given that is still open."""
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(map("=".join, self.cookies.items()))
        connection = connection or self.connect()
        used_before = connection.sock is not None
        try:
            connection.request(method, self.prefix + path, body, sent)
            response = connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError,
                ConnectionResetError):
            if not used_before:
                raise
            connection.close()  # the server did, and had not said so
            return self.open(method, path, body, headers, connection)
        for line in response.headers.get_all("Set-Cookie", []):
            name, value = line.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return response

    def ask(self, method, path, body=None, headers=(), connection=None):
        return Answer(self.open(method, path, body, headers, connection))

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post_form(self, path, fields):
        return self.ask("POST", path, urlencode(fields), {
            "Content-Type": "application/x-www-form-urlencoded"})


# --- Servers -----------------------------------------------------------------

class Data:
    """Where Django's database is, made when it is first needed."""
    directory = None

    @classmethod
    def environ(cls):
        cls.directory = cls.directory or tempfile.TemporaryDirectory()
        return dict(os.environ, DJANGO_DATA=cls.directory.name,
                    DJANGO_SUPERUSER_PASSWORD=PASSWORD, SAMPLES_SECRET=SECRET,
                    FLASK_SECRET_KEY="for the tests", PYTHONPATH=str(WSGI),
                    PYTHONDONTWRITEBYTECODE="1")

    @classmethod
    def prepare(cls):
        return subprocess.run([WSGI / "django_site/prepare.py"], text=True,
                              env=cls.environ(), check=True,
                              stdout=subprocess.PIPE).stdout


class Server:
    """A command that serves one sample."""
    running = []
    ANNOUNCED = re.compile(r"(?:listening (?:on|at:?) http://\S*"
                           r"|bound to TCP address \S*):([0-9]+)", re.I)

    def __init__(self, command, prefix):
        self.command, self.prefix = command, prefix

    def start(self, sample):
        if sample == "django":
            Data.prepare()
        argv = [word.format(app=SAMPLES[sample], prefix=self.prefix)
                for word in shlex.split(self.command)]
        self.log = tempfile.NamedTemporaryFile(mode="r")
        self.launch(argv)
        try:
            wait_until(self.is_announced, f"{argv[0]} said where it listens")
        except AssertionError:
            self.stop()
            raise
        port = self.ANNOUNCED.search(self.read_log())[1]
        return Site(f"http://127.0.0.1:{port}{self.prefix}", self.read_log)

    def launch(self, argv):
        """Whoever ends us must not do it while only Popen knows the pid."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK,
                                        {signal.SIGINT, signal.SIGTERM})
        try:
            with open(self.log.name, "w") as log:
                self.process = subprocess.Popen(
                    argv, cwd=TOP, env=Data.environ(), stdout=log, stderr=log,
                    stdin=subprocess.DEVNULL, start_new_session=True,
                    preexec_fn=lambda: signal.pthread_sigmask(
                        signal.SIG_SETMASK, before))
            self.running.append(self)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def is_announced(self):
        if self.process.poll() is not None:
            raise AssertionError("the server ended: " + self.read_log())
        return self.ANNOUNCED.search(self.read_log())

    def read_log(self):
        return Path(self.log.name).read_text(errors="replace")

    def stop(self):
        """It leads a session of its own, so nobody of it is overlooked."""
        self.running.remove(self)
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.log.close()


class Elsewhere:
    """Samples that somebody else serves, by their URLs."""

    def __init__(self, urls):
        self.urls = urls

    def start(self, sample):
        if sample not in self.urls:
            raise unittest.SkipTest(f"no URL was given for {sample}")
        return Site(self.urls[sample])

    def stop(self):
        pass


def serve_with_wsgiref(app, prefix):
    """The server that comes with Python: one client at a time."""
    sys.path.insert(0, str(WSGI))
    module, _, name = app.partition(":")
    found = getattr(importlib.import_module(module), name.removesuffix("()"))
    application = found() if name.endswith("()") else found

    def below(environ, start_response):
        path = environ["PATH_INFO"]
        if not (path + "/").startswith(prefix + "/"):
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not below the prefix\n"]
        environ["SCRIPT_NAME"] = prefix
        environ["PATH_INFO"] = path[len(prefix):]
        return application(environ, start_response)

    server = wsgiref.simple_server.make_server("127.0.0.1", 0, below)
    print(f"listening on http://127.0.0.1:{server.server_port}/",
          file=sys.stderr, flush=True)
    server.serve_forever()


# --- Tests that ask a server -------------------------------------------------

class ServedTest(unittest.TestCase):
    server = sample = needs = None

    @classmethod
    def setUpClass(cls):
        if cls.needs and not importlib.util.find_spec(cls.needs):
            raise unittest.SkipTest(f"python3-{cls.needs} is not installed: "
                                    "scripts/deps.sh")
        cls.site = cls.server.start(cls.sample)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.site.cookies = {}

    def get_text(self, path, status=200):
        answer = self.site.get(path)
        self.assertEqual(answer.status, status, answer.text)
        return answer.text

    def lives(self):
        try:
            return self.site.get("/hello").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def assert_lives(self):
        wait_until(self.lives, "it answers again")


class PlainTest(ServedTest):
    sample = "plain"

    def environ(self, path="/environ", **more):
        lines = self.site.get(path, **more).body.decode("latin-1").splitlines()
        self.assertEqual(lines, sorted(lines))
        return dict(line.split("=", 1) for line in lines)

    def test_hello(self):
        answer = self.site.get("/hello")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.text, "Hello, world.\n")
        self.assertEqual(answer.headers["Content-Length"], "14")

    def test_contents_link_to_pages_below_the_prefix(self):
        page = self.get_text("/")
        links = re.findall('(?:href|action)="([^"]*)"', page)
        self.assertGreater(len(links), 10)
        for link in links:
            self.assertTrue(link.startswith(self.site.prefix + "/"), link)
        self.assertIn("<h1>Hello, world.</h1>", page)

    def test_environ_is_what_pep_3333_and_cgi_say(self):
        environ = self.environ("/environ?a=b%20c&d=%C3%BC",
                               headers={"X-Two-Words": "some value"})
        for name, value in {
                "REQUEST_METHOD": "GET", "SCRIPT_NAME": self.site.prefix,
                "PATH_INFO": "/environ", "QUERY_STRING": "a=b%20c&d=%C3%BC",
                "SERVER_PORT": str(self.site.port),
                "HTTP_HOST": f"{self.site.host}:{self.site.port}",
                "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_X_TWO_WORDS": "some value",
                "wsgi.version": "(1, 0)", "wsgi.url_scheme": "http"}.items():
            self.assertEqual(environ.get(name), value, name)
        for name in ("multithread", "multiprocess", "run_once"):
            self.assertIn(environ["wsgi." + name], ("True", "False"))

    def test_environ_of_a_request_with_a_body(self):
        answer = self.site.ask("POST", "/environ", b"12345",
                               {"Content-Type": "text/x-test"})
        self.assertIn("\nCONTENT_TYPE=text/x-test\n", answer.text)
        self.assertIn("\nCONTENT_LENGTH=5\n", "\n" + answer.text)

    def test_environ_shows_nothing_of_the_servers_own_environment(self):
        page = self.get_text("/environ")
        self.assertNotIn(SECRET, page)
        self.assertNotIn("PYTHONPATH", page)

    def test_echo(self):
        for body in (b"", b"x", bytes(range(256)) * 1000):
            answer = self.site.ask("POST", "/echo", body,
                                   {"Content-Type": "image/x-test"})
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.body == body)
            self.assertEqual(answer.headers["Content-Type"], "image/x-test")

    def echo_while_sending(self, size):
        """The echo starts before all is sent: who only sends would be stuck."""
        connection = self.site.connect()
        connection.putrequest("POST", self.site.prefix + "/echo")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        block = bytes(range(256)) * 256
        # The connection forgets its socket when the server will close it.
        send_all = connection.sock.sendall

        def send():
            try:
                for _ in range(size // len(block)):
                    send_all(block)
            except OSError:
                pass  # then the answer is not whole, as will be seen

        sender = threading.Thread(target=send)
        sender.start()
        try:
            response = connection.getresponse()
            for _ in range(size // len(block)):
                self.assertTrue(response.read(len(block)) == block)
            self.assertEqual(response.read(), b"")
        finally:
            connection.close()
            sender.join()

    def peak_memory(self):
        """Of the process that answers, in KiB; 0 if it is not to be seen."""
        process = re.match("process ([0-9]+)", self.get_text("/count"))[1]
        try:
            status = Path(f"/proc/{process}/status").read_text()
        except OSError:
            return process, 0
        return process, int(re.search(r"VmHWM:\s*([0-9]+)", status)[1])

    def test_echo_of_much_needs_little_memory(self):
        self.echo_while_sending(1 << 20)
        process, before = self.peak_memory()
        self.echo_while_sending(48 << 20)
        again, after = self.peak_memory()
        if process == again:
            self.assertLess(after - before, 16 << 10)

    def test_upload_counts_and_hashes(self):
        body = os.urandom(3_000_000)
        self.assertEqual(
            self.site.ask("PUT", "/upload", body).text,
            f"3000000 bytes\nsha256 {hashlib.sha256(body).hexdigest()}\n")

    def test_upload_in_chunks(self):
        if self.environ().get("wsgi.input_terminated") != "True":
            self.skipTest("this server has no wsgi.input_terminated")
        blocks = [b"some", b"more" * 50_000]
        answer = self.site.ask("POST", "/upload", iter(blocks))
        self.assertEqual(
            answer.text, "200004 bytes\nsha256 "
            f"{hashlib.sha256(b''.join(blocks)).hexdigest()}\n")

    def test_body_that_nobody_reads_is_not_the_next_request(self):
        connection = self.site.connect()
        self.addCleanup(connection.close)
        for _ in range(3):
            answer = self.site.ask("POST", "/hello", b"GET /raise HTTP/1.1\r\n",
                                   connection=connection)
            self.assertEqual(answer.text, "Hello, world.\n")

    def test_head_has_no_body(self):
        connection = self.site.connect()
        self.addCleanup(connection.close)
        for path in ("/hello", "/stream?n=3", "/file"):
            answer = self.site.ask("HEAD", path, connection=connection)
            self.assertEqual((answer.status, answer.body), (200, b""))
        answer = self.site.get("/hello", connection=connection)
        self.assertEqual(answer.text, "Hello, world.\n")

    def test_count_grows(self):
        def count(process):
            while True:
                found = re.match("process ([0-9]+): ([0-9]+) requests",
                                 self.get_text("/count"))
                if process in (None, found[1]):
                    return found[1], int(found[2])
        process, first = count(None)
        self.assertGreater(count(process)[1], first)

    def test_stream_has_all_lines_in_order(self):
        for lines in (0, 1, 500):
            page = self.get_text(f"/stream?n={lines}")
            self.assertEqual(
                [int(number) for number in re.findall(r"line (\d+)\n", page)],
                list(range(1, lines + 1)))

    def test_stream_leaves_line_by_line(self):
        def first_comes_long_before_the_last():
            start = time.monotonic()
            response = self.site.open("GET", "/stream?n=5&ms=100")
            response.readline()
            first = time.monotonic()
            response.read()
            return first - start < time.monotonic() - first
        wait_until(first_comes_long_before_the_last, "an answer that streamed")

    def test_stream_is_closed_when_its_client_leaves(self):
        connection = self.site.connect()
        response = self.site.open("GET", "/stream?n=60000&ms=5",
                                  connection=connection)
        process = re.match(b"process ([0-9]+) line 1\n",
                           response.readline())[1].decode()
        response.close()
        connection.close()
        wait_until(lambda: re.match(
            f"process {process}: .* 0 streams open, [1-9][0-9]* closed",
            self.get_text("/count")), "its generator was closed")
        if self.site.log:
            self.assertRegex(self.site.log(),
                             "stream closed after [0-9]{1,4} of 60000 lines")

    def test_file(self):
        source = (WSGI / "plain.py").read_bytes()
        for start in (0, 1, 1000, len(source) - 1, 60000):
            answer = self.site.get(f"/file?from={start}")
            self.assertTrue(answer.body == source[start:], start)
            self.assertEqual(answer.headers["Content-Length"],
                             str(len(source[start:])))

    def test_slow_takes_its_time(self):
        start = time.monotonic()
        self.assertEqual(self.get_text("/slow?ms=200"), "That took 200 ms.\n")
        self.assertGreaterEqual(time.monotonic() - start, 0.2)

    def test_wrong_questions(self):
        self.get_text("/nothing", status=404)
        self.get_text("/slow?ms=x", status=400)

    def test_exception_is_a_500_that_tells_nothing(self):
        answer = self.site.get("/raise")
        self.assertEqual(answer.status, 500)
        self.assertNotIn(b"on purpose", answer.body)
        self.assert_lives()
        if self.site.log:
            self.assertIn("raised on purpose, before", self.site.log())

    def test_exception_in_the_middle_breaks_the_answer_off(self):
        with self.assertRaises(http.client.IncompleteRead) as broken:
            self.site.get("/raise-late")
        self.assertEqual(broken.exception.partial, b"half of the answer\n")
        self.assert_lives()

    def test_exit_does_not_end_the_server(self):
        for _ in range(3):
            try:
                self.assertGreaterEqual(self.site.get("/exit").status, 500)
            except (http.client.RemoteDisconnected, ConnectionResetError):
                pass
            self.assert_lives()

    def test_write_comes_before_what_is_returned(self):
        self.assertEqual(self.get_text("/write"),
                         "written first\nwritten second\nreturned last\n")

    def test_server_and_application_keep_the_rules(self):
        source = (WSGI / "plain.py").read_text()
        for path, body in (("hello", "Hello, world.\n"),
                           ("write", "written first\nwritten second\n"
                                     "returned last\n"),
                           ("file", source)):
            self.assertEqual(self.get_text("/validated/" + path), body)
        body = b"some bytes" * 20_000
        self.assertTrue(
            self.site.ask("POST", "/validated/echo", body).body == body)
        self.assertIn("line 9\n", self.get_text("/validated/stream?n=9"))
        environ = self.environ("/validated/environ")
        self.assertEqual(environ["SCRIPT_NAME"],
                         self.site.prefix + "/validated")
        self.assertEqual(environ["PATH_INFO"], "/environ")
        if self.site.log:
            self.assertNotIn("AssertionError", self.site.log())


class FactoryTest(ServedTest):
    sample = "factory"

    def test_what_a_factory_makes_is_served(self):
        self.assertEqual(self.get_text("/hello"), "Hello, world.\n")


class ShopTest(ServedTest):
    sample = "shop"

    def test_an_object_in_a_package_is_served(self):
        self.assertIn("bread 3.20\n", self.get_text("/"))
        self.assertEqual(self.get_text("/apple"), "0.45\n")
        self.get_text("/gold", status=404)


class FlaskTest(ServedTest):
    sample = needs = "flask"

    def test_hello(self):
        self.assertEqual(self.get_text("/hello"), "Hello, world.\n")

    def test_links_are_below_the_prefix(self):
        for path in ("/", "/nothing"):
            links = re.findall('(?:href|action)="([^"]*)"',
                               self.site.get(path).text)
            self.assertGreater(len(links), 3)
            for link in links:
                self.assertTrue(link.startswith(self.site.prefix + "/"), link)

    def test_session_remembers_counts_and_forgets(self):
        self.assertIn("visit number 1.", self.get_text("/"))
        answer = self.site.post_form("/name", {"name": "<b>Zoë & Co</b>"})
        self.assertEqual(answer.status, 302)
        self.assertEqual(urlsplit(answer.headers["Location"]).path,
                         self.site.prefix + "/")
        page = self.get_text("/")
        self.assertIn("I shall remember that.", page)
        self.assertIn("Hello, &lt;b&gt;Zoë &amp; Co&lt;/b&gt;!", page)
        self.assertIn("visit number 2.", page)
        self.assertEqual(self.site.post_form("/forget", {}).status, 302)
        self.assertIn("visit number 1.", self.get_text("/"))

    def test_session_that_was_forged_is_none(self):
        self.get_text("/")
        signed = self.site.cookies["session"]
        self.site.cookies["session"] = signed[:-4] + "abcd"
        self.assertIn("visit number 1.", self.get_text("/"))

    def test_form_without_its_field_is_a_400(self):
        self.assertEqual(self.site.post_form("/name", {}).status, 400)

    def test_upload_of_much(self):
        content = os.urandom(5_000_000)
        body = (b'--edge\r\nContent-Disposition: form-data; name="file"; '
                b'filename="a&b.bin"\r\n\r\n' + content + b"\r\n--edge--\r\n")
        answer = self.site.ask("POST", "/upload", body, {
            "Content-Type": "multipart/form-data; boundary=edge"})
        self.assertIn("<b>a&amp;b.bin</b> has 5000000 bytes.", answer.text)
        self.assertIn(hashlib.sha256(content).hexdigest(), answer.text)

    def test_stream(self):
        page = self.get_text("/stream?n=3&ms=0")
        self.assertEqual(page, "".join(
            f"line {number} of 3 for /stream\n" for number in (1, 2, 3)))

    def test_json(self):
        answer = self.site.get("/status.json")
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        status = json.loads(answer.text)
        self.assertEqual(status["mounted_below"], self.site.prefix)
        self.assertEqual(status["scheme"], "http")
        kind = {"Content-Type": "application/json"}
        answer = self.site.ask("POST", "/sum.json", '{"numbers": [1, 2.5]}',
                               kind)
        self.assertEqual(json.loads(answer.text), {"sum": 3.5})
        for wrong in ("{", "[]", '{"numbers": [[]]}'):
            answer = self.site.ask("POST", "/sum.json", wrong, kind)
            self.assertEqual(answer.status, 400, wrong)

    def test_error_pages_are_its_own(self):
        answer = self.site.get("/no/%3Csuch%3E/page")
        self.assertEqual(answer.status, 404)
        self.assertIn("<code>/no/&lt;such&gt;/page</code>", answer.text)
        answer = self.site.get("/raise")
        self.assertEqual(answer.status, 500)
        self.assertIn("our fault", answer.text)
        self.assertNotIn("on purpose", answer.text)
        self.assertEqual(self.site.ask("DELETE", "/hello").status, 405)


class DjangoTest(ServedTest):
    sample = needs = "django"

    def token(self, page):
        return re.search('name="csrfmiddlewaretoken" value="([^"]*)"', page)[1]

    def test_hello(self):
        self.assertEqual(self.get_text("/hello"), "Hello, world.\n")

    def test_an_entry_is_written_and_listed(self):
        page = self.get_text("/")
        self.assertIn(f'action="{self.site.prefix}/"', page)
        answer = self.site.post_form("/", {
            "csrfmiddlewaretoken": self.token(page), "name": "Zoë",
            "message": "<script>\nsecond line"})
        self.assertEqual(answer.status, 302, answer.text)
        self.assertEqual(answer.headers["Location"], self.site.prefix + "/")
        page = self.get_text("/")
        self.assertIn("<b>Zoë</b>", page)
        self.assertIn("&lt;script&gt;<br>second line", page)

    def test_an_entry_without_a_token_is_refused(self):
        answer = self.site.post_form("/", {"name": "x", "message": "forged"})
        self.assertEqual(answer.status, 403)
        self.assertNotIn("forged", self.get_text("/"))

    def test_an_entry_with_an_empty_field_is_not_kept(self):
        answer = self.site.post_form("/", {
            "csrfmiddlewaretoken": self.token(self.get_text("/")),
            "name": "nobody at all", "message": ""})
        self.assertEqual(answer.status, 400)
        self.assertIn("This field is required.", answer.text)
        self.assertNotIn("nobody at all", self.get_text("/"))

    def test_admin_lets_its_user_in_and_looks_like_one(self):
        answer = self.site.get("/admin/")
        login = answer.headers["Location"]
        self.assertTrue(login.startswith(self.site.prefix + "/admin/login/"))
        page = self.get_text("/admin/login/")
        assets = re.findall('(?:href|src)="([^"]*[.](?:css|js))"', page)
        self.assertTrue(assets)
        for asset in assets:
            self.assertTrue(asset.startswith(self.site.prefix + "/static/"))
            answer = self.site.get(asset[len(self.site.prefix):])
            self.assertEqual(answer.status, 200, asset)
        fields = {"csrfmiddlewaretoken": self.token(page), "username": "admin"}
        answer = self.site.post_form("/admin/login/",
                                     {**fields, "password": "a wrong one"})
        self.assertEqual(answer.status, 200)
        self.assertNotIn("sessionid", self.site.cookies)
        answer = self.site.post_form(
            f"/admin/login/?next={self.site.prefix}/admin/",
            {**fields, "password": PASSWORD})
        self.assertEqual(answer.status, 302)
        page = self.get_text("/admin/guestbook/entry/")
        self.assertIn("Select entry to change", page)
        # And the scripts that its pages for editing use.
        page = self.get_text("/admin/guestbook/entry/add/")
        for asset in re.findall('src="([^"]*[.]js)"', page):
            answer = self.site.get(asset[len(self.site.prefix):])
            self.assertEqual(answer.status, 200, asset)

    def test_static_files_are_found_and_nothing_else(self):
        answer = self.site.get("/static/admin/css/base.css")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"].split(";")[0],
                         "text/css")
        for path in ("/static/", "/static/no.css", "/static/../settings.py",
                     "/static/%2e%2e/settings.py", "/static/secret_key"):
            self.assertGreaterEqual(self.site.get(path).status, 400, path)

    def test_another_host_is_refused(self):
        answer = self.site.get("/hello", headers={"Host": "evil.example"})
        self.assertEqual(answer.status, 400)

    def test_an_exception_tells_nothing_to_the_visitor(self):
        answer = self.site.get("/raise")
        self.assertEqual(answer.status, 500)
        self.assertNotIn("on purpose", answer.text)
        if self.site.log:
            self.assertIn("raised on purpose", self.site.log())


# --- Tests without a server --------------------------------------------------

def run_python(code, **environ):
    """What a fresh interpreter says about the samples: status, output."""
    ran = subprocess.run([sys.executable, "-c", code], text=True,
                         env={**Data.environ(), **environ},
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return ran.returncode, ran.stdout


class FactoryHereTest(unittest.TestCase):
    def test_factory_makes_applications_that_differ(self):
        status, page = run_python("""
import plain
from wsgiref.util import setup_testing_defaults
for make in plain.make_app(), plain.make_app("Good <morning>"):
    environ = {"SCRIPT_NAME": "", "PATH_INFO": "/"}
    setup_testing_defaults(environ)
    print(b"".join(make(environ, lambda status, headers: print)).decode())
""")
        self.assertEqual(status, 0, page)
        self.assertIn("<h1>Hello, world.</h1>", page)
        self.assertIn("<h1>Good &lt;morning&gt;</h1>", page)


@unittest.skipUnless(importlib.util.find_spec("flask"),
                     "python3-flask is not installed: scripts/deps.sh")
class FlaskHereTest(unittest.TestCase):
    def test_warns_of_the_key_that_everybody_knows(self):
        code = "import os; os.environ.pop('FLASK_SECRET_KEY', 0);" \
               "import flask_app"
        status, warned = run_python(code)
        self.assertEqual(status, 0, warned)
        self.assertIn("FLASK_SECRET_KEY is not set", warned)
        self.assertEqual(run_python("import flask_app"), (0, ""))

    def test_by_flasks_own_client(self):
        status, said = run_python("""
import flask_app
client = flask_app.app.test_client()
with client:
    client.post("/name", data={"name": " " + "x" * 100})
    from flask import session
    assert session["name"] == "x" * 80, session
assert client.get("/", base_url="http://localhost/deep/").status_code == 200
below = client.get("/status.json", base_url="http://localhost/deep/")
assert below.json["mounted_below"] == "/deep", below.json
assert below.json["visits"] == 1, below.json
""")
        self.assertEqual((status, said), (0, ""))


@unittest.skipUnless(importlib.util.find_spec("django"),
                     "python3-django is not installed: scripts/deps.sh")
class DjangoHereTest(unittest.TestCase):
    def test_prepare_twice_does_no_harm(self):
        Data.prepare()
        key = Path(Data.directory.name, "secret_key")
        before = key.read_text()
        self.assertEqual(Data.prepare(), "")
        self.assertEqual(key.read_text(), before)

    def test_prepare_makes_up_a_password_and_hides_what_it_made(self):
        with tempfile.TemporaryDirectory() as data:
            environ = {**Data.environ(), "DJANGO_DATA": data + "/new"}
            del environ["DJANGO_SUPERUSER_PASSWORD"]
            said = subprocess.run([WSGI / "django_site/prepare.py"], text=True,
                                  env=environ, check=True,
                                  stdout=subprocess.PIPE).stdout
            self.assertRegex(said, "^made the admin admin, password .{12,}\n$")
            for made in Path(data, "new"), *Path(data, "new").iterdir():
                self.assertEqual(made.stat().st_mode & 0o077, 0, made)

    def test_unprepared_says_what_to_do(self):
        with tempfile.TemporaryDirectory() as data:
            status, said = run_python("import django_site.wsgi",
                                      DJANGO_DATA=data)
        self.assertNotEqual(status, 0)
        self.assertIn("run part2/wsgi/django_site/prepare.py", said)

    def test_by_djangos_own_tools(self):
        Data.prepare()
        status, said = run_python("""
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "django_site.settings"
os.environ["DJANGO_ALLOWED_HOSTS"] = "one.example,two.example"
import django
django.setup()
from django.test.utils import setup_test_environment
setup_test_environment()  # else the client is not shown the templates
from django.core.management import call_command
call_command("makemigrations", check_changes=True, verbosity=0)
call_command("check", fail_level="WARNING")
from django.test import Client
client = Client(enforce_csrf_checks=True)
assert client.get("/hello", HTTP_HOST="two.example").status_code == 200
assert client.get("/hello", HTTP_HOST="three.example").status_code == 400
page = client.get("/", HTTP_HOST="localhost")
assert page.templates[0].name == "guestbook/entries.html"
assert page.context["form"].fields["name"].max_length == 80
""")
        self.assertEqual(status, 0, said)
        self.assertIn("no issues", said)


# --- Which tests of which server ---------------------------------------------

HERE = [FactoryHereTest, FlaskHereTest, DjangoHereTest]
SERVED = [PlainTest, FactoryTest, ShopTest, FlaskTest, DjangoTest]


def tests_for(server, label, known=()):
    for case in SERVED:
        faults = {name: unittest.expectedFailure(getattr(case, name))
                  for name in unittest.defaultTestLoader.getTestCaseNames(case)
                  if f"{case.__name__}.{name}" in known}
        yield type(case.__name__, (case,),
                   {"server": server, "__module__": label, **faults})


def choose(cases, names):
    """All tests, or those that are named: CASE or CASE.TEST."""
    loader = unittest.defaultTestLoader
    for case in cases:
        for test in loader.loadTestsFromTestCase(case):
            its_names = {case.__name__, ".".join(test.id().split(".")[-2:])}
            if not names or its_names & set(names):
                yield test


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", metavar="COMMAND")
    parser.add_argument("--prefix", default="",
                        help="what {prefix} of the command stands for")
    parser.add_argument("--url", action="append", metavar="SAMPLE=URL")
    parser.add_argument("--known", action="append", default=[],
                        metavar="CASE.TEST")
    parser.add_argument("--serve", nargs=2, metavar=("APP", "PREFIX"),
                        help="be wsgiref for one application")
    parser.add_argument("names", nargs="*", metavar="CASE[.TEST]")
    chosen = parser.parse_args()
    if chosen.serve:
        return serve_with_wsgiref(*chosen.serve)

    if chosen.url:
        urls = dict(url.split("=", 1) for url in chosen.url)
        cases = list(tests_for(Elsewhere(urls), "url", chosen.known))
    elif chosen.server:
        server = Server(chosen.server, chosen.prefix)
        cases = list(tests_for(server, "server", chosen.known))
    else:
        command = f"{sys.executable} {__file__} --serve {{app}} '{{prefix}}'"
        cases = HERE + [*tests_for(Server(command, ""), "wsgiref"),
                        *tests_for(Server(command, PREFIX), "wsgiref_below")]
    suite = unittest.TestSuite(choose(cases, chosen.names))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C
    try:
        result = unittest.TextTestRunner().run(suite)
    except KeyboardInterrupt:
        return 130
    finally:
        for server in list(Server.running):
            server.stop()
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main())
