"""A real worker process on really committed rows: killed, stopped, restarted."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import NullPool, create_engine, text

from foundation import clock
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import defer, schedule_due
from foundation.jobs.worker import build_worker
from tests.foundation import worker_program
from tests.warm import Program

START = 30.0
Starter = Callable[..., Program]

pytestmark = pytest.mark.race


@pytest.fixture
def start_worker(committed_url: str, tmp_path: Path) -> Iterator[Starter]:
    """Start workers on this test's database; whatever is left of them is killed at the end."""
    running: list[Program] = []

    def start(**more: str) -> Program:
        told = {**os.environ, "DATABASE_URL": committed_url, "SHOP_ENV": "test", **more}
        running.append(Program(worker_program.main, told=told, output=tmp_path / f"worker-{len(running)}.log"))
        return running[-1]

    yield start
    for program in running:
        program.kill()
        program.wait()


def _defer(app: Flask, name: str, seconds: str | None = None) -> UUID:
    subject = new_id()
    with app.app_context(), transaction() as session:
        if seconds is None:
            defer(session, name, subject=str(subject))
        else:
            defer(session, name, subject=str(subject), seconds=seconds)
    return subject


def _notes(app: Flask, subject: UUID) -> Counter[str]:
    query = text("SELECT type FROM events WHERE subject_id = :id")
    with app.app_context(), transaction() as session:
        return Counter(session.execute(query, {"id": subject}).scalars())


def _wait(app: Flask, subject: UUID, word: str, seconds: float, times: int = 1) -> float:
    """Wait until the job noted `word`; answers how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if _notes(app, subject)[word] >= times:
            return time.monotonic() - began
        time.sleep(0.05)
    pytest.fail(f"{word} was not noted within {seconds} s: {_notes(app, subject)}")


_HANG_UP_ON_THE_WRITER = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
    AND pid <> pg_backend_pid() AND query LIKE '%procrastinate_finish_job%' AND wait_event_type = 'Lock'
"""


def _hang_up_on_the_writer(database_url: str) -> None:
    """Whoever writes down next what came of a job loses its connection meanwhile."""
    until = time.monotonic() + START
    with create_engine(database_url, poolclass=NullPool).connect() as owner:
        owner.execute(text("SELECT FROM procrastinate_jobs WHERE status = 'doing' FOR UPDATE"))
        while owner.execute(text(_HANG_UP_ON_THE_WRITER)).first() is None:
            assert time.monotonic() < until, "nobody writes"
            # A transaction sees the activity of its first look, unless told to look anew.
            owner.execute(text("SELECT pg_stat_clear_snapshot()"))
            time.sleep(0.05)


_WHO_ANSWERS = "SELECT pg_backend_pid() AS pid"


def _hang_up(database_url: str, pid: int) -> None:
    """End one connection to the server, and wait until it is gone."""
    with create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as owner:
        assert owner.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar()


def _left(app: Flask) -> list[str]:
    with app.app_context(), transaction() as session:
        query = text("SELECT status::text FROM procrastinate_jobs WHERE task_name LIKE 'tests.%'")
        return list(session.execute(query).scalars())


def _wait_until_nothing_is_left(app: Flask) -> None:
    until = time.monotonic() + START
    while _left(app):
        assert time.monotonic() < until, _left(app)
        time.sleep(0.1)


def test_a_worker_that_slept_for_long_goes_on_working(committed_app: Flask, start_worker: Starter) -> None:
    sleeper = start_worker()
    before = _defer(committed_app, "tests.slow", seconds="0")
    _wait(committed_app, before, "ended", START)
    _wait_until_nothing_is_left(committed_app)
    sleeper.send_signal(signal.SIGSTOP)
    time.sleep(8)
    other = start_worker()
    meanwhile = _defer(committed_app, "tests.slow", seconds="0")
    _wait(committed_app, meanwhile, "ended", START)
    other.terminate()
    other.wait(timeout=START)
    sleeper.send_signal(signal.SIGCONT)
    after = _defer(committed_app, "tests.slow", seconds="0")
    _wait(committed_app, after, "ended", START)
    assert sleeper.poll() is None
    assert _notes(committed_app, meanwhile) == {"began": 1, "ended": 1}


def test_a_worker_runs_what_is_queued_before_and_after_its_start(committed_app: Flask, start_worker: Starter) -> None:
    before = _defer(committed_app, "tests.slow", seconds="0")
    start_worker()
    _wait(committed_app, before, "ended", START)
    after = _defer(committed_app, "tests.slow", seconds="0")
    assert _wait(committed_app, after, "ended", 10) < 5
    assert _notes(committed_app, before)["ended"] == 1


def test_a_job_survives_the_killing_of_its_worker_and_runs_again_within_ten_seconds(
    committed_app: Flask, start_worker: Starter
) -> None:
    rescuer = start_worker()
    warm = _defer(committed_app, "tests.slow", seconds="0")
    _wait(committed_app, warm, "ended", START)
    _wait_until_nothing_is_left(committed_app)
    rescuer.send_signal(signal.SIGSTOP)  # so that the victim takes the job
    victim = start_worker(GETTONE_FAULT="tests.before_end")
    subject = _defer(committed_app, "tests.slow", seconds="0")
    assert victim.wait(timeout=START) == -signal.SIGKILL
    assert _notes(committed_app, subject) == {"began": 1}
    assert _left(committed_app) == ["doing"], "nobody but the dead worker knows that it stopped"
    rescuer.send_signal(signal.SIGCONT)
    took = _wait(committed_app, subject, "ended", 20)
    assert took <= 10
    _wait_until_nothing_is_left(committed_app)
    time.sleep(2)
    assert _notes(committed_app, subject) == {"began": 2, "ended": 1}
    print(f"recovery_s={took:.1f} lost=0 ended_twice=0")


def test_what_came_of_a_job_is_written_though_the_server_hung_up_on_it(
    committed_app: Flask, committed_url: str, start_worker: Starter
) -> None:
    worker = start_worker()
    subject = _defer(committed_app, "tests.slow", seconds="1")
    _wait(committed_app, subject, "began", START)
    _hang_up_on_the_writer(committed_url)
    _wait_until_nothing_is_left(committed_app)
    assert worker.poll() is None
    assert _notes(committed_app, subject) == {"began": 1, "ended": 1}


def test_the_engine_asks_over_a_new_connection_once_the_server_has_hung_up_on_all_of_them(
    committed_app: Flask, committed_url: str
) -> None:
    async def ask() -> list[int]:
        engine = build_worker(committed_app)
        async with engine.open_async():
            ours = [await engine.connector.execute_query_one_async(_WHO_ANSWERS)]
            await asyncio.to_thread(_hang_up, committed_url, ours[0]["pid"])
            # The library gives up after thirty seconds of trying.
            ours.append(await asyncio.wait_for(engine.connector.execute_query_one_async(_WHO_ANSWERS), 10))
        return [one["pid"] for one in ours]

    # In a thread of its own: a browser's test may have left a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        before, after = thread.submit(lambda: asyncio.run(ask())).result()
    assert before != after


def test_a_restarted_worker_takes_up_what_a_killed_one_left(committed_app: Flask, start_worker: Starter) -> None:
    subject = _defer(committed_app, "tests.slow", seconds="30")
    victim = start_worker()
    _wait(committed_app, subject, "began", START)
    victim.kill()
    victim.wait()
    start_worker()
    _wait(committed_app, subject, "began", START, times=2)
    assert _notes(committed_app, subject)["ended"] == 0


def test_a_worker_told_to_stop_finishes_its_job_and_takes_no_other(committed_app: Flask, start_worker: Starter) -> None:
    worker = start_worker()
    running = _defer(committed_app, "tests.slow", seconds="2")
    _wait(committed_app, running, "began", START)
    worker.terminate()
    time.sleep(0.5)
    waiting = _defer(committed_app, "tests.slow", seconds="0")
    assert worker.wait(timeout=20) == 0
    assert _notes(committed_app, running) == {"began": 1, "ended": 1}
    assert _notes(committed_app, waiting) == {}
    assert _left(committed_app) == ["todo"]


def test_a_worker_told_to_stop_keeps_what_it_does_though_another_has_begun(
    committed_app: Flask, start_worker: Starter
) -> None:
    old = start_worker()
    subject = _defer(committed_app, "tests.slow", seconds="9")
    _wait(committed_app, subject, "began", START)
    start_worker()
    old.terminate()
    assert old.wait(timeout=START) == 0
    time.sleep(1)
    assert _notes(committed_app, subject) == {"began": 1, "ended": 1}
    assert _left(committed_app) == []


def test_two_workers_share_the_work_and_do_each_job_once(committed_app: Flask, start_worker: Starter) -> None:
    subjects = [_defer(committed_app, "tests.slow", seconds="0.05") for _ in range(40)]
    start_worker()
    start_worker()
    for subject in subjects:
        _wait(committed_app, subject, "ended", START)
    assert all(_notes(committed_app, subject) == {"began": 1, "ended": 1} for subject in subjects)


def test_a_failing_job_is_noted_by_the_worker_and_ends_as_a_dead_letter(
    committed_app: Flask, start_worker: Starter
) -> None:
    subject = _defer(committed_app, "tests.broken")
    start_worker()
    _wait(committed_app, subject, "began", START, times=2)
    time.sleep(1)
    with committed_app.app_context(), transaction() as session:
        failures = session.execute(text("SELECT attempt, final, error FROM job_failures ORDER BY id")).all()
    assert [(row.attempt, row.final) for row in failures] == [(1, False), (2, True)]
    assert all(row.error.startswith("ValueError at ") and str(subject) not in row.error for row in failures)
    assert _left(committed_app) == ["failed"]


def test_a_worker_finds_what_comes_due_by_itself(committed_app: Flask, start_worker: Starter) -> None:
    with committed_app.app_context(), transaction() as session:
        schedule_due(session, "tests.of_nobody", new_id(), clock.now() - timedelta(days=7))
    start_worker()
    until = time.monotonic() + START
    attempts = 0
    while time.monotonic() < until and not attempts:
        with committed_app.app_context(), transaction() as session:
            attempts = session.execute(
                text("SELECT attempts FROM due_rows WHERE rule = 'tests.of_nobody'")
            ).scalar_one()
        time.sleep(0.1)
    assert attempts >= 1
