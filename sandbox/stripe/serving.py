"""A simulator on a real socket: for the program and for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.stripe.application import Simulator, build, simulator_of
from sandbox.stripe.configuration import Configuration

# How long stopping may take to be noticed, in seconds.
_POLL = 0.02


@dataclass(frozen=True)
class Running:
    """A simulator that answers at ``url``."""

    url: str
    simulator: Simulator


class _Quiet(WSGIRequestHandler):
    """Answers without a line per request: the dashboard shows what happened."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the host."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def serve(configuration: Configuration, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Serve a simulator for the time of the block; port 0 takes a free one.

    ValueError for a host that others could reach: nothing here is meant to face a network.
    """
    if not is_loopback(host):
        raise ValueError(f"the simulator listens on loopback only, not on {host}")
    app = build(configuration)
    simulator = simulator_of(app)
    server = make_server(host, port, app, threaded=True, request_handler=_Quiet)
    url = f"http://{host}:{server.server_port}"
    if configuration.public_url is None:
        simulator.world.public_url = url
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), name="simulator", daemon=True)
    thread.start()
    try:
        yield Running(url, simulator)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        simulator.close()
