#!/usr/bin/env python3
"""wsgiref_server.py PROGRAM OBJECT MODULE - Python's own server with three
applications: a CGI program at /shell, an application in C at /c, a WSGI
application at /wsgi. The second shows that app.h and PEP 3333 are one
contract: what is translated are types, nothing else."""
import ctypes
import http.client
import io
import runpy
import subprocess
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import shift_path_info


def variables_of(environ):
    return {name: value for name, value in environ.items()
            if isinstance(value, str)}


# --- A CGI program as a WSGI application: RFC 3875 ---

def from_cgi(program):
    def application(environ, start_response):
        body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH'] or 0))
        said = subprocess.run([program], input=body, check=True,
                              stdout=subprocess.PIPE,
                              env=variables_of(environ)).stdout
        output = io.BytesIO(said)
        headers = http.client.parse_headers(output)
        status = headers.get('Status', '200 OK')
        del headers['Status']
        start_response(status, headers.items())
        return [output.read()]
    return application


# --- An application in C as a WSGI application: app.h, line by line ---

class Header(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('value', ctypes.c_char_p)]


class Environ(ctypes.Structure):
    pass


Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Environ),
                         ctypes.c_void_p, ctypes.c_size_t)
StartResponse = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(Environ),
                                 ctypes.c_char_p, ctypes.POINTER(Header))
Read = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.POINTER(Environ),
                        ctypes.c_void_p, ctypes.c_size_t)
Log = ctypes.CFUNCTYPE(None, ctypes.POINTER(Environ), ctypes.c_char_p)
Answer = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Environ),
                          StartResponse)
Environ._fields_ = [('variables', ctypes.POINTER(ctypes.c_char_p)),
                    ('read', Read), ('log', Log)]


class App(ctypes.Structure):
    _fields_ = [('version', ctypes.c_uint), ('answer', Answer)]


def header_list(headers):
    found = []
    while headers[len(found)].name is not None:
        header = headers[len(found)]
        found.append((header.name.decode('latin-1'),
                      header.value.decode('latin-1')))
    return found


def from_c(path):
    app = App.in_dll(ctypes.CDLL(path), 'application')
    if app.version != 1:
        sys.exit(f'{path}: version {app.version} of app.h')

    def application(environ, start_response):
        left = int(environ['CONTENT_LENGTH'] or 0)
        kept = []  # what C has a pointer to must not be collected

        def read(_env, where, size):
            nonlocal left
            piece = environ['wsgi.input'].read(min(size, left))
            left -= len(piece)
            ctypes.memmove(where, piece, len(piece))
            return len(piece)

        def log(_env, line):
            print(line.decode(), file=environ['wsgi.errors'])

        def start(_env, status, headers):
            send = start_response(status.decode(), header_list(headers))

            def write(_env, where, length):
                send(ctypes.string_at(where, length))
                return 0

            kept.append(Write(write))
            return ctypes.cast(kept[-1], ctypes.c_void_p).value

        lines = [f'{name}={value}'.encode('latin-1')
                 for name, value in variables_of(environ).items()] + [None]
        env = Environ((ctypes.c_char_p * len(lines))(*lines), Read(read),
                      Log(log))
        if app.answer(env, StartResponse(start)) != 0:
            raise RuntimeError(f'{path} could not answer')
        return []
    return application


# --- The server ---

class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def main():
    program, c_object, module = sys.argv[1:]
    applications = {'shell': from_cgi(program), 'c': from_c(c_object),
                    'wsgi': runpy.run_path(module)['application']}

    def route(environ, start_response):
        application = applications[shift_path_info(environ)]
        return application(environ, start_response)

    with make_server('127.0.0.1', 0, route, handler_class=Silent) as server:
        print('port', server.server_port, flush=True)
        server.serve_forever()


main()
