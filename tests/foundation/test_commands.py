import json
from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import create_app
from foundation import clock
from foundation.database import database
from foundation.jobs import defer
from tests.conftest import Transact
from tests.database import database_url, server_url
from tests.foundation.horizon import wait_until_readable
from tests.foundation.test_settings import PRODUCTION
from tests.tries import use_up_tries


def _run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=list(words))


def test_the_clock_is_shown_in_both_times(app: Flask) -> None:
    shown = json.loads(_run(app, "clock", "show", "--json").stdout)
    assert set(shown) == {"business", "real", "shift"}


def test_advancing_the_clock_moves_business_time_and_does_what_came_due(app: Flask) -> None:
    done = _run(app, "clock", "advance", "7d")
    assert done.exit_code == 0, done.output
    assert "due rows done:" in done.stdout
    assert clock.shift() == timedelta(days=7)
    assert _run(app, "clock", "advance", "12h").exit_code == 0
    assert clock.shift() == timedelta(days=7, hours=12)


def test_the_clock_is_set_to_an_instant_of_rome(app: Flask) -> None:
    done = _run(app, "clock", "set", "2027-07-01T09:00:00")
    assert done.exit_code == 0, done.output
    assert clock.now().astimezone(clock.ROME).strftime("%Y-%m-%d %H:%M") == "2027-07-01 09:00"


@pytest.mark.parametrize("step", ["soon", "7", "-1x", ""])
def test_a_step_that_is_no_duration_is_wrong_use(app: Flask, step: str) -> None:
    assert _run(app, "clock", "advance", step).exit_code == 2
    assert clock.shift() == timedelta()


@pytest.mark.parametrize(
    "words", [("advance", "99999999d"), ("advance", "100000d"), ("set", "9999-12-31"), ("set", "1999-12-31")]
)
def test_a_clock_that_would_leave_the_calendar_of_the_product_is_wrong_use(app: Flask, words: tuple[str, str]) -> None:
    done = _run(app, "clock", *words)
    assert (done.exit_code, done.stderr) == (2, "Business time stays between the years 2000 and 2199.\n")
    assert clock.shift() == timedelta()


@pytest.mark.parametrize("words", [("advance", "7d"), ("set", "2027-07-01T09:00:00")])
def test_the_clock_answers_in_json_and_a_dry_run_moves_nothing(app: Flask, words: tuple[str, str]) -> None:
    dry = json.loads(_run(app, "clock", *words, "--dry-run", "--json").stdout)
    assert (dry["dry_run"], dry["due_rows_done"]) == (True, 0)
    assert clock.shift() == timedelta()
    told = json.loads(_run(app, "clock", *words, "--json").stdout)
    assert (told["business"][:16], told["dry_run"]) == (dry["business"][:16], False)
    assert clock.shift() > timedelta()


def test_production_does_not_move_its_clock(committed_url: str) -> None:
    app = create_app(PRODUCTION | {"DATABASE_URL": committed_url})
    try:
        for words in (("clock", "advance", "1d"), ("clock", "set", "2027-07-01T09:00:00")):
            done = _run(app, *words)
            assert done.exit_code == 1, done.output
            assert "Only a sandbox may move its clock." in done.output
        with app.app_context():
            with database.engine.connect() as connection:
                assert connection.execute(text("SELECT count(*) FROM clock_shift")).scalar_one() == 0
            database.engine.dispose()
    finally:
        clock.follow(timedelta())


def test_production_does_not_follow_a_shift_somebody_stored(committed_url: str) -> None:
    app = create_app(PRODUCTION | {"DATABASE_URL": committed_url})
    with app.app_context():
        with database.engine.begin() as connection:
            connection.execute(text("INSERT INTO clock_shift (\"only\", shift) VALUES (true, interval '1 year')"))
        shown = json.loads(_run(app, "clock", "show", "--json").stdout)
        database.engine.dispose()
    assert shown["shift"] == "0:00:00"


def test_jobs_are_drained_listed_and_retried_by_command(app: Flask, tx: Transact) -> None:
    with tx() as session:
        number = defer(session, "mail.deliver", mail_id="no uuid at all")
        use_up_tries(session, "mail.deliver", 59)
    assert json.loads(_run(app, "jobs", "drain", "--json").stdout)["done"] >= 0
    dead = json.loads(_run(app, "jobs", "failed", "--json").stdout)
    assert [(one["id"], one["task"]) for one in dead] == [(number, "mail.deliver")]
    assert dead[0]["error"].startswith("ValueError at ")
    assert str(number) in _run(app, "jobs", "failed").stdout
    dry = json.loads(_run(app, "jobs", "retry", str(number), "--dry-run", "--json").stdout)
    assert dry == {"queued": number, "dry_run": True}
    assert len(json.loads(_run(app, "jobs", "failed", "--json").stdout)) == 1
    assert _run(app, "jobs", "retry", str(number)).exit_code == 0
    again = _run(app, "jobs", "retry", str(number))
    assert (again.exit_code, again.stderr) == (1, f"No dead job {number}.\n")
    refused = _run(app, "jobs", "retry", str(number), "--json")
    assert (refused.exit_code, json.loads(refused.stdout)) == (1, {"code": "job_not_found"})
    ready = json.loads(_run(app, "jobs", "drain", "--dry-run", "--json").stdout)
    assert ready == {"done": 0, "ready": 1, "dry_run": True}
    assert json.loads(_run(app, "jobs", "failed", "--json").stdout) == []


def test_the_audit_prints_a_line_per_check_and_a_sum(app: Flask) -> None:
    done = _run(app, "audit", "verify")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert len(lines) > 20
    assert "violations=0" in lines[-1]
    assert lines[-1].startswith("checks=")
    checks = json.loads(_run(app, "audit", "verify", "--json").stdout)
    assert len(checks) == len(lines) - 1
    assert {"name", "finding", "milliseconds"} <= set(checks[0])


def test_a_violation_is_named_and_the_command_says_no(app: Flask, tx: Transact) -> None:
    with tx() as session:
        session.execute(
            text(
                "INSERT INTO events (type, at, recorded_at, subject_kind, subject_id, data)"
                " VALUES ('x', now(), now(), 'x', gen_random_uuid(), '{}')"
            )
        )
        session.execute(text("INSERT INTO event_seals (position, event_id, hash) SELECT 1, id, 'x' FROM events"))
    done = _run(app, "audit", "verify")
    assert done.exit_code == 1
    assert "is not what was sealed" in done.stdout
    assert "violations=1" in done.stdout


def test_the_head_of_the_chain_is_exported(committed_app: Flask) -> None:
    first = json.loads(_run(committed_app, "audit", "head", "--json").stdout)
    assert first == {"position": 0, "hash": "0" * 64}
    with committed_app.app_context(), database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO events (type, at, recorded_at, subject_kind, subject_id, data)"
                " VALUES ('x', now(), now(), 'x', gen_random_uuid(), '{}')"
            )
        )
    with committed_app.app_context():
        wait_until_readable()
    second = json.loads(_run(committed_app, "audit", "head", "--json").stdout)
    assert second["position"] == 1
    assert len(second["hash"]) == 64
    assert json.loads(_run(committed_app, "audit", "head", "--json").stdout) == second


def test_a_database_that_does_not_answer_is_a_sentence_and_no_traceback() -> None:
    nobody = create_app({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"})
    for words in (("audit", "verify"), ("jobs", "failed")):
        said = _run(nobody, *words)
        assert said.exit_code == 1, words
        assert said.stderr.startswith("Error: The database does not answer: ")
        assert "DATABASE_URL" in said.stderr


def test_a_database_without_tables_is_told_how_to_get_them() -> None:
    empty = create_app({"DATABASE_URL": database_url(server_url(), "postgres")})
    said = _run(empty, "jobs", "failed")
    with empty.app_context():
        database.engine.dispose()
    assert said.exit_code == 1
    assert said.stderr.startswith("Error: The tables of this version are not there yet: ")
    assert "flask prepare" in said.stderr
