#!/usr/bin/env python3
"""Answers one line with one line, until ^C."""

import argparse
import os
import socket

parser = argparse.ArgumentParser()
parser.add_argument("--stage", default="3b")
parser.add_argument("--port", type=int, default=8080)
options = parser.parse_args()

listener = socket.create_server(("", options.port))
print("stage %s listens on port %d, pid %d"
      % (options.stage, options.port, os.getpid()), flush=True)
count = 0
try:
    while True:
        client, _ = listener.accept()
        with client:
            word = client.recv(100).decode().strip()
            count += 1
            print("%s asked" % word, flush=True)
            client.sendall(("hello %s, in %d.5 ms\n"
                            % (word, count)).encode())
except KeyboardInterrupt:
    print("stopped after %d" % count, flush=True)
