#!/usr/bin/env python3
# greet.py - the greeting as a WSGI application (PEP 3333). Run as a program it
# is a CGI program: a handler of the standard library stands between.


def application(environ, start_response):
    text = 'Hello! You asked: {REQUEST_METHOD} {PATH_INFO}\n'
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [text.format(**environ).encode('latin-1')]


if __name__ == '__main__':
    from wsgiref.handlers import CGIHandler
    CGIHandler().run(application)
