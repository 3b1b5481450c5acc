"""flask_app.py - a small Flask application: forms, a session, a stream, an
upload, JSON and error pages. Nothing in it knows which server runs it, or
which prefix it is mounted below.

    FLASK_SECRET_KEY=$(openssl rand -hex 32) \
        gunicorn --chdir part2/wsgi flask_app:app
"""
import hashlib
import os
import sys
import time

from flask import (Flask, flash, jsonify, redirect, render_template_string,
                   request, session, stream_with_context, url_for)

DEVELOPMENT_KEY = "for development only: everybody knows it"
BLOCK = 64 * 1024

app = Flask(__name__)
# The key signs the session, which lives in a cookie. All workers need the same
# one, so it cannot be drawn at random here.
app.secret_key = os.environ.get("FLASK_SECRET_KEY", DEVELOPMENT_KEY)
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
if app.secret_key == DEVELOPMENT_KEY:
    print("flask_app: FLASK_SECRET_KEY is not set: anybody can forge a session",
          file=sys.stderr)

# --- What all pages share ----------------------------------------------------

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem;
       margin: 2rem auto; padding: 0 1rem; color: #223; background: #fafaf7 }
nav a { margin-right: 1rem } a { color: #275 }
form { background: #fff; border: 1px solid #dde; border-radius: .5rem;
       padding: 1rem; margin: 1rem 0 }
input, button { font: inherit; padding: .25rem .5rem }
.flash { background: #e4f2e7; border-radius: .5rem; padding: .5rem 1rem }
</style>
<nav><a href="{{ url_for('index') }}">Start</a>
<a href="{{ url_for('upload') }}">Upload</a>
<a href="{{ url_for('stream') }}">Stream</a>
<a href="{{ url_for('status') }}">JSON</a></nav>
<h1>{{ title }}</h1>
{% for message in get_flashed_messages() %}<p class="flash">{{ message }}</p>
{% endfor %}
"""


def page(body, title, **values):
    """A whole page. The template escapes whatever a visitor typed."""
    return render_template_string(PAGE + body, title=title, **values)


# --- The pages ---------------------------------------------------------------

@app.get("/hello")
def hello():
    """The least a page can be."""
    return "Hello, world.\n", {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/")
def index():
    session["visits"] = session.get("visits", 0) + 1
    return page("""
<p>{% if name %}Hello, {{ name }}!{% else %}Hello, whoever you are.{% endif %}
This is your visit number {{ visits }}.</p>
<form method="post" action="{{ url_for('set_name') }}">
<label>Your name: <input name="name" value="{{ name }}" required></label>
<button>Remember me</button></form>
<form method="post" action="{{ url_for('forget') }}">
<button>Forget me</button></form>
""", "A small application", name=session.get("name", ""),
                visits=session["visits"])


@app.post("/name")
def set_name():
    """After a form, a redirect: a reload of the page sends nothing twice."""
    session["name"] = request.form["name"].strip()[:80]  # without it: 400
    flash("I shall remember that.")
    return redirect(url_for("index"))


@app.post("/forget")
def forget():
    session.clear()
    return redirect(url_for("index"))


@app.route("/upload", methods=["GET", "POST"])
def upload():
    if request.method == "GET":
        return page("""
<form method="post" enctype="multipart/form-data">
<input type="file" name="file" required> <button>Upload</button></form>
""", "Upload a file")
    # Flask has put a large file on disk, not in memory; we read it by blocks.
    sent = request.files["file"]
    count, digest = 0, hashlib.sha256()
    while block := sent.stream.read(BLOCK):
        count += len(block)
        digest.update(block)
    return page("""
<p><b>{{ name }}</b> has {{ count }} bytes.</p>
<p><code>sha256 {{ digest }}</code></p>
""", "Received", name=sent.filename, count=count, digest=digest.hexdigest())


@app.get("/stream")
def stream():
    """?n= lines, ?ms= apart: each leaves the server when it is made."""
    lines = min(request.args.get("n", 10, int), 1000)
    pause = min(max(request.args.get("ms", 100, int), 0), 10000) / 1000

    @stream_with_context  # request stays known until the last line
    def generate():
        for number in range(1, lines + 1):
            yield f"line {number} of {lines} for {request.path}\n"
            time.sleep(pause)

    return generate(), {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/status.json")
def status():
    return jsonify(process=os.getpid(), mounted_below=request.script_root,
                   scheme=request.scheme, visits=session.get("visits", 0))


@app.post("/sum.json")
def add():
    """{"numbers": [1, 2]} -> {"sum": 3}; what is no JSON gets a 400."""
    try:
        return jsonify(sum=sum(request.get_json()["numbers"]))
    except (KeyError, TypeError):
        return jsonify(error='want {"numbers": [1, 2]}'), 400


@app.get("/raise")
def fail():
    raise RuntimeError("raised on purpose")


# --- When something is wrong -------------------------------------------------

@app.errorhandler(404)
def no_such_page(error):
    return page("""
<p>There is nothing at <code>{{ path }}</code>.
Go back to the <a href="{{ url_for('index') }}">start</a>.</p>
""", "No such page", path=request.path), 404


@app.errorhandler(500)
def broken(error):
    """What went wrong is in the log, not on the page."""
    return page("<p>That was our fault, and it has been written down.</p>",
                "Something broke"), 500
