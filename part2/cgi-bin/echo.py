#!/usr/bin/env python3
"""Read the whole body, then send it back under the type it came with."""
import os
import sys

body = sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0))
out = sys.stdout.buffer
kind = os.environ.get("CONTENT_TYPE", "application/octet-stream")
out.write(f"Content-Type: {kind}\nContent-Length: {len(body)}\n\n".encode())
out.write(body)
