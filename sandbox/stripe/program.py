"""The command ``python -m sandbox.stripe``."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from sandbox.stripe.configuration import BOTH, SNAPSHOT, THIN, Configuration
from sandbox.stripe.serving import serve


def parser() -> argparse.ArgumentParser:
    """Return the command line, as ``--help`` explains it."""
    found = argparse.ArgumentParser(
        prog="python -m sandbox.stripe",
        description="Simulatore di Stripe Checkout: nessun pagamento reale.",
    )
    found.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    found.add_argument("--port", type=int, default=8011)
    found.add_argument("--data", default="stripe-simulator.sqlite", help="file of the state")
    found.add_argument("--public-url", default=None, help="address of the pages, if not host:port")
    found.add_argument("--webhook-url", default=None, help="where events are posted")
    found.add_argument("--webhook-secrets", default="", help="comma-separated, one v1 each")
    found.add_argument("--event-kind", choices=(SNAPSHOT, THIN, BOTH), default=SNAPSHOT)
    found.add_argument("--payment-methods", default="card", help="methods of sessions that name none")
    return found


def configuration_of(arguments: Sequence[str] | None) -> tuple[Configuration, str, int]:
    """Return configuration, host and port; ValueError for what does not fit together."""
    chosen = parser().parse_args(arguments)
    secrets = tuple(part.strip() for part in chosen.webhook_secrets.split(",") if part.strip())
    methods = tuple(part.strip() for part in chosen.payment_methods.split(",") if part.strip())
    configuration = Configuration(
        data=chosen.data,
        webhook_url=chosen.webhook_url,
        webhook_secrets=secrets,
        event_kind=chosen.event_kind,
        default_payment_methods=methods,
        public_url=chosen.public_url.rstrip("/") if chosen.public_url else None,
    )
    return configuration, chosen.host, chosen.port


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is told to stop; return the exit status."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        configuration, host, port = configuration_of(arguments)
        with serve(configuration, host, port) as running:
            sys.stdout.write(f"SIMULATORE - nessun pagamento reale: {running.url}\n")
            sys.stdout.flush()
            stopped.wait()
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0
