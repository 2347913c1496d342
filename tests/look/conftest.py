"""Chromium and a loopback server for the shared pieces."""

from collections.abc import Iterator
from threading import Thread

import pytest
from flask import Flask, Response
from werkzeug.serving import make_server

from tests.look.bare import ERRORS, bare_app, gallery, mail, rendered

STRICT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the bare application answers, under the strict content policy."""
    server = make_server("127.0.0.1", 0, _gallery_app(), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _gallery_app() -> Flask:
    app = bare_app()
    app.config["WTF_CSRF_ENABLED"] = False
    asked: list[int] = []

    @app.after_request
    def _strict(response: Response) -> Response:
        if response.headers.get("X-Mail") is None:
            response.headers["Content-Security-Policy"] = STRICT_POLICY
        return response

    @app.get("/lento")
    def _live_part() -> str:
        asked.append(1)
        return rendered("look/live.html", asked=len(asked), done=len(asked) >= 3)

    app.add_url_rule("/", "normal", gallery, methods=["GET", "POST"])
    app.add_url_rule("/errori", "mistakes", lambda: gallery(ERRORS))
    app.add_url_rule(
        "/guasto", "broken", lambda: rendered("errors/error.html", status=500, plain=True, reference="A7-4K2P")
    )
    app.add_url_rule("/mail", "mail", lambda: Response(mail("html"), headers={"X-Mail": "1"}))
    return app
