"""front.py - the shop's counter: an application that is an object of a class,
in a module of a package, and imports its neighbour.

    gunicorn --chdir part2/wsgi shop.front:app
"""
from .goods import PRICES


class Shop:
    """An application is anything that can be called: here, an object."""

    def __init__(self, prices):
        self.prices = prices

    def __call__(self, environ, start_response):
        item = environ.get("PATH_INFO", "").strip("/")
        if not item:
            status, answer = "200 OK", "".join(
                f"{name} {cents / 100:.2f}\n"
                for name, cents in self.prices.items())
        elif item in self.prices:
            status, answer = "200 OK", f"{self.prices[item] / 100:.2f}\n"
        else:
            status, answer = "404 Not Found", "We have no such thing.\n"
        body = answer.encode()
        start_response(status, [("Content-Type", "text/plain; charset=utf-8"),
                                ("Content-Length", str(len(body)))])
        return [body]


app = Shop(PRICES)
