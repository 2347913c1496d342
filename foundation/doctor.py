"""`flask doctor`: what is wrong with an installation, and what to do about it. Each room adds what it can judge."""

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import transaction
from foundation.jobs import count_jobs, failing_jobs, jobs_put_off, late_jobs, overdue_rows
from foundation.settings import current_settings

Examination = Callable[[], str | None]

HEAD = Path(__file__).resolve().parent.parent / "migrations" / "HEAD"
OLDEST_POSTGRES = 15
_SMTP_SECONDS = 3
_SMTP_PORTS = {"smtp": 25, "smtps": 465}
_examinations: dict[str, Examination] = {}


def examines(name: str) -> Callable[[Examination], Examination]:
    """Register a function that answers None when all is well, else what is wrong and what to do."""

    def register(examination: Examination) -> Examination:
        _examinations[name] = examination
        return examination

    return register


def install(app: Flask) -> None:
    """Add the command to `flask`."""
    app.cli.add_command(doctor)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True)
@with_appcontext
def doctor(*, as_json: bool) -> None:
    """Say what is wrong and what to do; exit 1 when something is. It changes nothing."""
    found = {name: _examined(examination) for name, examination in _examinations.items()}
    wrong = [name for name, said in found.items() if said]
    if as_json:
        click.echo(json.dumps({"ok": not wrong, "examinations": found}, ensure_ascii=False))
    else:
        for name, said in found.items():
            click.echo(f"{'WRONG' if said else 'ok':>5}  {name}{f': {said}' if said else ''}")
    sys.exit(1 if wrong else 0)


def _examined(examination: Examination) -> str | None:
    try:
        return examination()
    except SQLAlchemyError as problem:
        return f"the database does not answer ({type(problem).__name__}): start it, or correct DATABASE_URL."


@examines("database")
def _database() -> str | None:
    with transaction() as session:
        version = int(session.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    old = f"PostgreSQL {version} is too old: {OLDEST_POSTGRES} is the oldest that serves."
    return None if version >= OLDEST_POSTGRES else old


@examines("schema")
def _schema() -> str | None:
    with transaction() as session:
        there = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    wanted = HEAD.read_text().strip()
    return None if there == wanted else f"the schema is at {there}, the program needs {wanted}: run `flask migrate`."


@examines("worker")
def _worker() -> str | None:
    with transaction() as session:
        late = late_jobs(session)
    return f"{late} jobs have waited for over five minutes: start a worker, `flask jobs work`." if late else None


@examines("failing jobs")
def _failing_jobs() -> str | None:
    with transaction() as session:
        failing, last = failing_jobs(session)
    told = f"{failing} jobs fail time after time and are tried again ({last}): put right what stops them."
    return told if failing else None


@examines("jobs put off")
def _jobs_put_off() -> str | None:
    with transaction() as session:
        waiting, name = jobs_put_off(session)
    told = f"{waiting} jobs have been put off for over a day ({name}): see whether what they wait for still answers."
    return told if waiting else None


@examines("due rows")
def _due_rows() -> str | None:
    with transaction() as session:
        late, rule = overdue_rows(session)
    told = f"{late} due rows are late (the oldest: {rule}): start a worker, or read why they fail at the desk of jobs."
    return told if late else None


@examines("dead letters")
def _dead_letters() -> str | None:
    with transaction() as session:
        dead = count_jobs(session).dead
    return f"{dead} jobs gave up: read `flask jobs failed`, then `flask jobs retry ID`." if dead else None


@examines("mail server")
def _mail_server() -> str | None:
    address = urlsplit(current_settings().smtp_url)
    port = address.port or _SMTP_PORTS.get(address.scheme, 25)
    try:
        with socket.create_connection((address.hostname or "", port), timeout=_SMTP_SECONDS):
            return None
    except OSError:
        return f"nobody answers at {address.hostname}:{port}: start the mail server, or correct SMTP_URL."
