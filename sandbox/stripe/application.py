"""The whole simulator as one web application."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from sandbox.stripe import dashboard, formats, pages
from sandbox.stripe.api import Api, unrecognized
from sandbox.stripe.configuration import Configuration
from sandbox.stripe.control import Control
from sandbox.stripe.delivery import Postman
from sandbox.stripe.pages import guarded
from sandbox.stripe.world import World

_EXTENSION = "stripe_simulator"
LARGEST_BODY = 2_000_000


class Simulator:
    """One running simulator: its state and its postman."""

    def __init__(self, configuration: Configuration) -> None:
        """Open the state and start delivering, unless the configuration says otherwise."""
        self.world = World(configuration)
        self.postman = Postman(self.world)
        if configuration.background:
            self.postman.start()

    def close(self) -> None:
        """Stop delivering and close the file; undelivered events are sent after the next start."""
        self.postman.stop()
        self.world.store.close()


def build(configuration: Configuration) -> Flask:
    """Return the application of a new simulator; ``simulator_of`` gives the simulator itself."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    simulator = Simulator(configuration)
    app.extensions[_EXTENSION] = simulator
    api = Api(simulator.world, simulator.postman)
    app.register_blueprint(api.blueprint())
    app.register_blueprint(Control(simulator.world, simulator.postman, api).blueprint())
    app.register_blueprint(pages.blueprint(simulator.world))
    app.register_blueprint(dashboard.blueprint(simulator.world))
    app.before_request(_refuse_strangers)
    app.register_error_handler(404, _nothing_here)
    app.register_error_handler(405, _nothing_here)
    app.jinja_env.filters["money"] = formats.money
    app.jinja_env.filters["moment"] = formats.moment
    app.jinja_env.filters["clock_time"] = formats.clock_time
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    return app


def simulator_of(app: Flask) -> Simulator:
    """Return the simulator behind an application that ``build`` made."""
    simulator = app.extensions[_EXTENSION]
    if not isinstance(simulator, Simulator):
        raise TypeError("this application is not a simulator")
    return simulator


def _refuse_strangers() -> Response | None:
    """Refuse forms that another site's page sends to this machine."""
    origin = request.headers.get("Origin")
    if request.method != "POST" or origin is None or urlsplit(origin).netloc == request.host:
        return None
    return guarded("Richiesta rifiutata: viene da un altro sito.", 403)


def _nothing_here(_problem: Exception) -> Response:
    if request.path.startswith(("/v1/", "/v2/")):
        return unrecognized()
    return guarded("Pagina non trovata.", 404)
