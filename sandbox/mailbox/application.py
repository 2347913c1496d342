"""The mailbox's pages, JSON and orders over HTTP."""

from flask import Flask, Response

from sandbox.mailbox.api import api
from sandbox.mailbox.letters import Letters
from sandbox.mailbox.pages import pages
from sandbox.mailbox.parts import parts

_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def build(letters: Letters) -> Flask:
    """Return the WSGI application that shows these letters."""
    app = Flask("sandbox.mailbox")
    app.register_blueprint(pages(letters))
    app.register_blueprint(parts(letters))
    app.register_blueprint(api(letters))

    @app.get("/healthz")
    def healthy() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app
