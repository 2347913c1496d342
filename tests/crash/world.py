"""A whole world for a crash: a database, the stand-ins of the outside in this process, and the front of the shop."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
from sqlalchemy import make_url
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from foundation.database import transaction
from sandbox.accounting import Config
from sandbox.accounting import build as build_accounting
from sandbox.mailbox import Letters, SmtpServer
from sandbox.stripe import Configuration
from sandbox.stripe import Running as RunningSimulator
from sandbox.stripe import serve as serve_stripe
from shop.accounts.api_tokens import create_api_token
from tests.crash.client import LONGEST_WAIT
from tests.crash.front import Front, open_front
from tests.database import fresh_database
from tests.factories import a_studio
from tests.races.contest import racing_app
from tests.stories import stock_the_shop

SECRET = "whsec_Y3Jhc2gtdGVzdC1jcmFzaC10ZXN0LWNyYXNoLXRlc3Q="
CALLBACK_AFTER = 0.3
STUDIOS = 8
# How the vendor answers is hinted by the company's name: at once, by a callback, or created with its answer lost.
HINTS = ("", " TARDI", " PERSA")
# The last would have every program compile the whole source at its start; what `make` starts is not told of it either.
NOT_TOLD = frozenset({"PORT", "GETTONE_FAULT", "PYTHONDONTWRITEBYTECODE"})


Vendor = tuple[str, Callable[[], dict[str, Any]], Callable[..., object]]


class _Quiet(WSGIRequestHandler):
    def log(self, *_anything: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class World:
    """Where everything is; `environment` is what the shop's programs are told."""

    folder: Path
    front: Front
    environment: Mapping[str, str]
    database_url: str
    studio_tokens: tuple[str, ...]
    simulator: RunningSimulator
    accounting: Callable[[], dict[str, Any]]
    order_of_vendor: Callable[..., object]
    letters: Letters
    hints: tuple[str, ...] = HINTS
    patience: float = LONGEST_WAIT

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query answers."""
        with self.connect() as connection:
            return connection.execute(query).fetchall()

    def number(self, query: str) -> int:
        """The one number a query answers."""
        return int(self.rows(query)[0][0])

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the database's owner."""
        parts = make_url(self.database_url)
        return psycopg.connect(
            dbname=parts.database,
            user=parts.username,
            host=parts.host or str(parts.query.get("host", "")),
            port=parts.port,
            password=parts.password,
            autocommit=True,
        )


@contextmanager
def a_world(name: str, folder: Path) -> Iterator[World]:
    """A world on a fresh database of the test server."""
    with fresh_database(name) as database_url, world_on(database_url, folder) as world:
        yield world


@contextmanager
def world_on(database_url: str, folder: Path, studios: int = STUDIOS) -> Iterator[World]:
    """A world whose shop has its catalogue, studios and their tokens; no program of the shop runs yet."""
    with ExitStack() as stack:
        front = stack.enter_context(open_front())
        tokens = _furnish(database_url, studios)
        stripe = Configuration(
            webhook_url=f"{front.url}/webhooks/stripe", webhook_secrets=(SECRET,), balance_delay=0, webhook_timeout=5
        )
        simulator = stack.enter_context(serve_stripe(stripe))
        accounting_url, counted, ordered = stack.enter_context(_accounting(folder, front.url))
        smtp_port, letters = stack.enter_context(_mailbox(folder))
        environment = {
            **{name: value for name, value in os.environ.items() if name not in NOT_TOLD},
            "MODE": "sandbox",
            "DATABASE_URL": database_url,
            "PUBLIC_URL": front.url,
            "STRIPE_API_BASE": simulator.url,
            "STRIPE_WEBHOOK_SECRETS": SECRET,
            "BANK_WEBHOOK_SECRETS": SECRET,
            "PROVISIONING_URL": accounting_url,
            "PROVISIONING_SECRET": SECRET,
            "SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "BANK_TRANSFER_RELEASE_AFTER": "1s",
            "PYTHONUNBUFFERED": "1",
        }
        yield World(folder, front, environment, database_url, tokens, simulator, counted, ordered, letters)


def _furnish(database_url: str, studios: int) -> tuple[str, ...]:
    """A catalogue and studios, each with a token: a studio's stories follow one another."""
    with racing_app(database_url) as app, app.app_context(), transaction() as session:
        stock_the_shop(session)
        buyers = [a_studio(session) for _ in range(studios)]
        return tuple(create_api_token(session, "crash", "studio", None, buyer.id)[1] for buyer in buyers)


@contextmanager
def _accounting(folder: Path, shop_url: str) -> Iterator[Vendor]:
    app = build_accounting(Config(data=folder / "accounting.sqlite", shop_url=shop_url, secret=SECRET, rates={}))

    def ordered(**orders: object) -> object:
        return app.test_client().post("/_control", json=orders).get_json()

    def counted() -> dict[str, Any]:
        return app.test_client().get("/_control").json["companies"]  # type: ignore[index,no-any-return]

    ordered(callback_delay=CALLBACK_AFTER, hang_seconds=0)
    with _served(make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)) as port:
        yield f"http://127.0.0.1:{port}", counted, ordered
    app.extensions["courier"].stop()
    app.extensions["storage"].close()


@contextmanager
def _mailbox(folder: Path) -> Iterator[tuple[int, Letters]]:
    letters = Letters(folder / "mailbox.sqlite")
    server = SmtpServer(("127.0.0.1", 0), letters)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.port, letters
    server.shutdown()
    thread.join()
    server.server_close()
    letters.close()


@contextmanager
def _served(server: BaseWSGIServer) -> Iterator[int]:
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
