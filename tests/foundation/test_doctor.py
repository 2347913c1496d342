import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import create_app
from foundation import clock
from foundation.ids import new_id
from foundation.jobs import JobFailure, defer, schedule_due
from tests.conftest import Transact
from tests.stories import stock_the_shop

NO_SERVER = "postgresql+psycopg://nobody@/nothing?host=/nonexistent"


@pytest.fixture
def mail_port() -> Iterator[int]:
    """A port at which somebody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def examined(app: Flask) -> tuple[int, dict[str, str | None]]:
    """The exit code, and what every examination said."""
    done: Result = app.test_cli_runner().invoke(args=["doctor", "--json"])
    return done.exit_code, json.loads(done.stdout)["examinations"]


@pytest.mark.sockets
def test_a_sound_installation_has_nothing_wrong(app: Flask, tx: Transact, mail_port: int) -> None:
    settings = app.extensions["gettone.settings"]
    app.extensions["gettone.settings"] = type(settings).from_environment({"SMTP_URL": f"smtp://127.0.0.1:{mail_port}"})
    with tx() as session:
        stock_the_shop(session)
    code, said = examined(app)
    assert (code, [name for name, wrong in said.items() if wrong]) == (0, [])
    assert "ok" in app.test_cli_runner().invoke(args=["doctor"]).stdout


@pytest.mark.sockets
def test_what_is_wrong_is_named_with_what_to_do(app: Flask, tx: Transact) -> None:
    settings = app.extensions["gettone.settings"]
    wrong = {"SMTP_URL": "smtp://127.0.0.1:1", "SELLER_IBAN": "IT00X"}
    app.extensions["gettone.settings"] = type(settings).from_environment(wrong)
    with tx() as session:
        for _ in range(2):
            defer(session, "mail.deliver", mail_id="0")
        session.execute(text("UPDATE procrastinate_jobs SET queued_at = now() - interval '1 hour'"))
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = (SELECT max(id) FROM procrastinate_jobs)")
        )
    code, said = examined(app)
    assert code == 1
    assert said["database"] is None
    told = {name: str(said[name]) for name in said if said[name]}
    assert set(told) == {"worker", "dead letters", "mail server", "catalogue", "bank account"}
    assert "flask jobs work" in told["worker"]
    assert "flask catalogue import" in told["catalogue"]


def test_a_job_that_goes_on_failing_is_named_long_before_it_gives_up(app: Flask, tx: Transact) -> None:
    with tx() as session:
        jobs = [defer(session, "mail.deliver", mail_id=str(number)) for number in range(2)]
        failures = [(jobs[0], attempt) for attempt in range(1, 5)] + [(jobs[1], attempt) for attempt in range(1, 6)]
        for job_id, attempt in failures:
            session.add(
                JobFailure(
                    job_id=job_id,
                    task_name="mail.deliver",
                    attempt=attempt,
                    error=f"OverflowError at somewhere:{attempt}",
                    final=False,
                    failed_at=clock.real_now(),
                )
            )
    _code, said = examined(app)
    assert str(said["failing jobs"]).startswith("1 jobs fail time after time")
    assert "mail.deliver: OverflowError at somewhere:5" in str(said["failing jobs"])


def test_a_job_that_is_put_off_for_days_and_a_due_row_that_is_late_are_named(app: Flask, tx: Transact) -> None:
    with tx() as session:
        defer(session, "provisioning.ask", request_id="0")
        put_off = (
            "UPDATE procrastinate_jobs SET attempts = 30, queued_at = now() - interval '2 days', scheduled_at = now()"
        )
        session.execute(text(put_off))
        schedule_due(session, "orders.fulfil", new_id(), clock.now() - timedelta(minutes=9))
    _code, said = examined(app)
    assert str(said["jobs put off"]).startswith("1 jobs have been put off for over a day (provisioning.ask)")
    assert said["due rows"] is None
    with tx() as session:
        session.execute(text("UPDATE due_rows SET due_at = due_at - interval '2 min', attempts = 20"))
    _code, said = examined(app)
    assert str(said["due rows"]).startswith("1 due rows are late (the oldest: orders.fulfil)")


def test_without_a_database_it_says_so_instead_of_failing(tmp_path: Path) -> None:
    code, said = examined(create_app({"DATABASE_URL": NO_SERVER, "SHOP_ENV": str(tmp_path.name)}))
    assert code == 1
    assert "correct DATABASE_URL" in str(said["database"])
