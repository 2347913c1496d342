"""Jobs of workers that died: taken back, counted apart from failures, given up when they kill whoever does them."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.jobs import dead_jobs, defer, drain, job, late_jobs
from foundation.jobs.failures import take_back_jobs_of_the_dead
from tests.conftest import Transact

ran: list[str] = []


@job("tests.taken_back")
def taken_back(word: str) -> None:
    """Remember that it ran."""
    ran.append(word)


@job("tests.taken_back_and_fails", tries=3)
def taken_back_and_fails(word: str) -> None:
    """Fail."""
    raise ValueError(word)


@pytest.fixture(autouse=True)
def _nothing_ran_yet(app: Flask) -> Iterator[None]:
    """The jobs that rounds of other rooms queue are done before the test begins to count."""
    _drain(app)
    ran.clear()
    yield
    ran.clear()


def _defer(tx: Transact, name: str, word: str = "once") -> int:
    with tx() as session:
        return defer(session, name, word=word)


def _drain(app: Flask) -> int:
    with app.app_context():
        return drain()


def _in_hands_of(session: Session, number: int, worker: int) -> None:
    session.execute(
        text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = :id"),
        {"id": number, "worker": worker},
    )


def _a_worker(session: Session, silent_seconds: int) -> int:
    query = text(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :silent))"
        " RETURNING id"
    )
    return int(session.execute(query, {"silent": silent_seconds}).scalar_one())


def _take_back(app: Flask) -> int:
    with app.app_context():
        return take_back_jobs_of_the_dead(5)


def test_jobs_of_the_dead_are_taken_back_and_those_of_the_living_are_not(app: Flask, tx: Transact) -> None:
    theirs, ours = _defer(tx, "tests.taken_back", "theirs"), _defer(tx, "tests.taken_back", "ours")
    with tx() as session:
        _in_hands_of(session, theirs, _a_worker(session, 60))
        _in_hands_of(session, ours, _a_worker(session, 1))
    assert _take_back(app) == 1
    assert _take_back(app) == 0
    _drain(app)
    assert ran == ["theirs"]


def test_a_job_that_kills_whoever_does_it_ends_as_a_dead_letter(app: Flask, tx: Transact) -> None:
    number = _defer(tx, "tests.taken_back")
    for _ in range(10):
        with tx() as session:
            _in_hands_of(session, number, _a_worker(session, 60))
        assert _take_back(app) == 1
    with tx() as session:
        dead = dead_jobs(session)
        assert [(one.job_id, one.last_error) for one in dead] == [(number, "WorkerDied")]
        finals = session.execute(text("SELECT final FROM job_failures ORDER BY id")).scalars().all()
    assert finals == [False] * 9 + [True]


def test_the_death_of_its_worker_uses_up_no_try_of_a_job(app: Flask, tx: Transact) -> None:
    number = _defer(tx, "tests.taken_back_and_fails")
    for _ in range(5):
        with tx() as session:
            _in_hands_of(session, number, _a_worker(session, 60))
        _take_back(app)
    _drain(app)
    with tx() as session:
        query = text("SELECT status::text FROM procrastinate_jobs WHERE id = :id")
        assert session.execute(query, {"id": number}).scalar_one() == "todo"


def test_a_job_that_stands_behind_another_of_its_lock_is_not_late(tx: Transact) -> None:
    with tx() as session:
        first = defer(session, "tests.taken_back", lock="one", word="first")
        defer(session, "tests.taken_back", lock="one", word="second")
        session.execute(text("UPDATE procrastinate_jobs SET queued_at = now() - interval '1 hour'"))
        assert late_jobs(session) == 1
        _in_hands_of(session, first, _a_worker(session, 1))
        assert late_jobs(session) == 0
        session.execute(
            text("UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = now() + interval '1 h' WHERE id = :id"),
            {"id": first},
        )
        assert late_jobs(session) == 0
