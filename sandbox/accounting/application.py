"""The program put together."""

from flask import Flask, Response

from sandbox.accounting.api import control, provisioning
from sandbox.accounting.callbacks import Courier
from sandbox.accounting.doors import doors
from sandbox.accounting.pages import pages
from sandbox.accounting.settings import Config
from sandbox.accounting.storage import Storage

_LARGEST_BODY = 64 * 1024
_POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def build(config: Config) -> Flask:
    """Return the WSGI application, delivering callbacks in the background if so configured.

    `app.extensions["courier"].stop()` ends the background deliveries. It must be served by
    werkzeug's own server: an answer is lost by closing the connection underneath it.
    """
    app = Flask("sandbox.accounting")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    storage = Storage(config.data)
    courier = Courier(config, storage)
    app.extensions.update(courier=courier, storage=storage)
    app.register_blueprint(provisioning(config, storage))
    app.register_blueprint(control(config, storage, courier))
    app.register_blueprint(pages(config, storage))
    app.register_blueprint(doors(config))

    @app.get("/healthz")
    def healthy() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    if config.delivering:
        courier.start()
    return app
