"""Fixtures every test may ask for: the application on real PostgreSQL, a client, a transaction, the Null twins."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import Outside, create_app
from entitlements import MemoryInvoicing, MemoryProvisioner
from foundation import clock
from foundation.database import database, transaction
from foundation.jobs import drain
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests.chromium import chromium  # noqa: F401 - a fixture
from tests.database import database_url, fresh_database, isolated  # noqa: F401
from tests.live_shop import live_shop  # noqa: F401 - a fixture; one shop per worker, for whoever drives a browser

# A busy machine is no reason for a property to fail.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")

Transact = Callable[[], AbstractContextManager[Session]]


@pytest.fixture(scope="session")
def worker_database(worker_id: str) -> Iterator[str]:
    """This worker's database."""
    with fresh_database(f"gettone_{worker_id}_{os.getpid()}") as url:
        yield url


def _twins() -> Outside:
    return Outside(MemoryGateway(), MemoryProvisioner(), MemoryMailer(), MemoryInvoicing())


@pytest.fixture(scope="session")
def built_app(worker_database: str) -> Iterator[Flask]:
    """The application, built once per worker in sandbox mode with the Null twins outside."""
    environment = {"DATABASE_URL": worker_database, "SHOP_ENV": "test", "PUBLIC_URL": "http://127.0.0.1:8000"}
    outside = _twins()
    app = create_app(environment, outside)
    app.config["TESTING"] = True
    yield app
    with app.app_context():
        database.engine.dispose()


@pytest.fixture
def outside(built_app: Flask) -> Outside:
    """Fresh Null twins for this test: gateway, provisioner, mailer."""
    fresh = _twins()
    built_app.extensions["gettone.gateway"] = fresh.gateway
    built_app.extensions["gettone.provisioner"] = fresh.provisioner
    built_app.extensions["gettone.mailer"] = fresh.mailer
    built_app.extensions["gettone.invoicing"] = fresh.invoicing
    return fresh


@pytest.fixture
def app(built_app: Flask, outside: Outside) -> Iterator[Flask]:  # noqa: ARG001 - fresh twins belong to it
    """The application on an isolated database: whatever the test writes, or sets, is rolled back."""
    settings = built_app.extensions["gettone.settings"]
    clock.follow(timedelta())
    with isolated(built_app):
        yield built_app
    clock.follow(timedelta())
    built_app.extensions["gettone.settings"] = settings


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript."""
    return app.test_client()


@pytest.fixture
def tx(app: Flask) -> Transact:
    """`with tx() as session:` opens a transaction as an edge would, outside any request."""

    @contextmanager
    def open_transaction() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    return open_transaction


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Do every queued job, also those that wait for their back-off, until nothing is left."""

    def run() -> int:
        with app.app_context():
            total = 0
            while True:
                with transaction() as session:
                    session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
                    session.execute(text("UPDATE due_rows SET retry_at = NULL WHERE done_at IS NULL"))
                done = drain()
                total += done
                if done == 0:
                    return total

    return run


@pytest.fixture
def advance(app: Flask) -> Callable[[timedelta], None]:
    """Move business time on, as `flask clock advance` does."""

    def move(step: timedelta) -> None:
        with app.app_context():
            with transaction() as session:
                shift = clock.shift() + step
                session.execute(
                    text(
                        'INSERT INTO clock_shift ("only", shift) VALUES (true, :shift)'
                        ' ON CONFLICT ("only") DO UPDATE SET shift = excluded.shift'
                    ),
                    {"shift": shift},
                )
            clock.follow(shift)

    return move
