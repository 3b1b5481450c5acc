#!/usr/bin/env python3
"""A form: GET shows it, POST answers it."""
import html
import os
import sys
from urllib.parse import parse_qs

form = ""
if os.environ["REQUEST_METHOD"] == "POST":
    length = int(os.environ.get("CONTENT_LENGTH") or 0)
    form = sys.stdin.buffer.read(length).decode("utf-8", "replace")
name = parse_qs(form).get("name", [""])[0]

# What a visitor typed becomes text, never markup or a header line.
greeting = f"<p>Hello, {html.escape(name)}!</p>" if name else ""
page = f"""<!doctype html>
<title>A form</title>
{greeting}
<form method="post">
<label>Your name: <input name="name"></label>
<button>Send</button>
</form>
"""
sys.stdout.buffer.write(
    b"Content-Type: text/html; charset=utf-8\n\n" + page.encode())
