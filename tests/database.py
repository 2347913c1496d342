"""Databases for tests: one private PostgreSQL, one migrated template, one database per xdist worker.

A test sees its own writes only: the worker's engine is replaced by one connection whose transaction is rolled back
(the usual savepoint recipe silently commits under Flask-SQLAlchemy; test_isolation.py watches ours).
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import cast

import psycopg
from flask import Flask
from sqlalchemy import Connection, Engine, make_url

from foundation.database import database
from foundation.postgres import ensure_running

ROOT = Path(__file__).resolve().parent.parent
TEST_SERVER = ROOT / ".local" / "test-postgres"
_LOCK = 7_305_002


def server_url() -> str:
    """The SQLAlchemy URL of the test server's maintenance database; TEST_DATABASE_URL names another server."""
    return os.environ.get("TEST_DATABASE_URL") or _own_server()


@cache
def _own_server() -> str:
    """Ours, which waits for no disk: programs and servers are killed here, the power is not cut."""
    url = ensure_running(TEST_SERVER)
    with _connect(url) as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    parts = make_url(url)
    return psycopg.connect(
        dbname=parts.database,
        user=parts.username,
        host=parts.host or str(parts.query.get("host", "")),
        port=parts.port,
        password=parts.password,
        autocommit=True,
    )


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for folder in ("migrations", "foundation", "entitlements", "shop", "webhooks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if folder == "migrations" or "mapped_column" in (text := path.read_text()) or "__tablename__" in text:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def template(url: str) -> str:
    """The name of the migrated template database; made once per state of the schema."""
    name = f"template_{_schema_digest()}"
    with _connect(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            building = f"building_{name}"
            connection.execute(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{building}"')
            _migrate(database_url(url, building))
            connection.execute(f'ALTER DATABASE "{building}" RENAME TO "{name}"')
    return name


def _migrate(url: str) -> None:
    from app import create_app  # noqa: PLC0415 - the application is built only for a new schema
    from foundation.migrate import upgrade  # noqa: PLC0415

    migrating = create_app({"DATABASE_URL": url})
    with migrating.app_context():
        upgrade()
        database.engine.dispose()


def database_url(url: str, name: str) -> str:
    """The same server, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """A database of its own, made from the template; its rows are really committed (race and crash tests).

    The name carries the process, so that two runs of the suite on one machine leave each other alone.
    """
    url, name = server_url(), f"{name}_{os.getpid()}"
    source = template(url)
    with _connect(url) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY wal_log')
    try:
        yield database_url(url, name)
    finally:
        with _connect(url) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def isolated(app: Flask) -> Iterator[Connection]:
    """Replace the engine by one connection whose transaction is rolled back at the end."""
    with app.app_context():
        # Flask-SQLAlchemy keeps its engines in a plain dict, whatever its type says.
        engines = cast("dict[str | None, Engine | Connection]", database.engines)
    engine = engines[None]
    assert isinstance(engine, Engine)
    with engine.connect() as connection:
        outer = connection.begin()
        engines[None] = connection
        try:
            yield connection
        finally:
            engines[None] = engine
            outer.rollback()
