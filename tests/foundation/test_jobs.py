from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.database import transaction
from foundation.jobs import RetryLater, count_jobs, dead_jobs, defer, drain, job, registered_jobs, retry_job, run_soon
from tests.conftest import Transact

CANARY = "mario.rossi@example.it"
ran: list[str] = []


class CustomerTroubled(Exception):
    """A failure whose message quotes a person."""


@job("tests.note")
def note(word: str) -> None:
    """Remember that it ran."""
    ran.append(word)


@job("tests.fail", tries=3)
def fail(word: str) -> None:
    """Fail, quoting personal data as careless exceptions do."""
    ran.append(word)
    raise CustomerTroubled(CANARY)


@job("tests.later", tries=2)
def later(word: str) -> None:
    """Ask to be tried again, for longer than there are tries."""
    ran.append(word)
    raise RetryLater("not yet", timedelta(minutes=5))


@job("tests.later_without_pause", tries=2)
def later_without_pause(word: str) -> None:
    """Ask to be tried again as patiently as any failure."""
    ran.append(word)
    raise RetryLater("not yet")


@job("tests.moody", tries=2)
def moody(word: str) -> None:
    """Ask to be tried again three times, then fail."""
    ran.append(word)
    if len(ran) <= 3:
        raise RetryLater("not yet", timedelta(minutes=5))
    raise CustomerTroubled(CANARY)


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


def _wait_is_over(tx: Transact) -> None:
    with tx() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))


def _jobs(session: Session) -> list[tuple[object, ...]]:
    query = text("SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE task_name LIKE 'tests.%'")
    return [tuple(row) for row in session.execute(query)]


def test_a_job_runs_after_its_transaction_and_is_then_gone(app: Flask, tx: Transact) -> None:
    with tx() as session:
        defer(session, "tests.note", word="hello")
        assert ran == []
    assert _drain(app) == 1
    assert ran == ["hello"]
    with tx() as session:
        assert _jobs(session) == []


def test_a_rolled_back_transaction_leaves_no_job(app: Flask, tx: Transact) -> None:
    def change_its_mind() -> None:
        with tx() as session:
            defer(session, "tests.note", word="never")
            raise CustomerTroubled

    with pytest.raises(CustomerTroubled):
        change_its_mind()
    assert _drain(app) == 0
    assert ran == []


def test_a_savepoint_undone_takes_its_job_along(app: Flask, tx: Transact) -> None:
    with tx() as session:
        defer(session, "tests.note", word="outer")
        with session.begin_nested() as savepoint:
            defer(session, "tests.note", word="inner")
            savepoint.rollback()
    _drain(app)
    assert ran == ["outer"]


def test_a_failure_is_stored_without_what_it_says_about_a_person(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.fail")
    assert _drain(app) == 0
    with tx() as session:
        failures = session.execute(text("SELECT * FROM job_failures")).mappings().all()
        assert len(failures) == 1
        assert failures[0]["error"].startswith("CustomerTroubled at ")
        assert "test_jobs:" in failures[0]["error"]
        assert failures[0]["final"] is False
        assert CANARY not in str([dict(row) for row in failures])


def test_a_failed_job_waits_before_it_is_tried_again(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.fail")
    _drain(app)
    assert _drain(app) == 0
    assert ran == ["once"]
    with tx() as session:
        wait = session.execute(text("SELECT scheduled_at - now() FROM procrastinate_jobs")).scalar_one()
        assert _jobs(session) == [("tests.fail", "todo", 1)]
    assert timedelta(seconds=1) < wait < timedelta(seconds=3)


def test_a_job_that_used_up_its_tries_is_a_dead_letter_until_somebody_retries_it(app: Flask, tx: Transact) -> None:
    number = _defer(tx, "tests.fail", "thrice")
    for _ in range(5):
        _wait_is_over(tx)
        _drain(app)
    assert ran == ["thrice"] * 3
    with tx() as session:
        dead = dead_jobs(session)
        assert [(one.job_id, one.task_name, one.arguments) for one in dead] == [
            (number, "tests.fail", {"word": "thrice"})
        ]
        assert dead[0].last_error is not None
        assert dead[0].failed_at is not None
        assert session.execute(text("SELECT final FROM job_failures ORDER BY id")).scalars().all() == [
            False,
            False,
            True,
        ]
    with tx() as session:
        assert retry_job(session, number)
        assert not retry_job(session, number), "it is not dead any more"
        assert dead_jobs(session) == []
    _drain(app)
    assert ran == ["thrice"] * 4


def test_retrying_a_job_that_is_not_dead_is_answered_with_no(tx: Transact) -> None:
    number = _defer(tx, "tests.note")
    with tx() as session:
        assert not retry_job(session, number)
        assert not retry_job(session, number + 1_000)


def test_dead_letters_are_listed_newest_first_page_by_page(app: Flask, tx: Transact) -> None:
    numbers = [_defer(tx, "tests.fail", str(index)) for index in range(3)]
    for _ in range(3):
        _wait_is_over(tx)
        _drain(app)
    with tx() as session:
        assert [one.job_id for one in dead_jobs(session, limit=2)] == [numbers[2], numbers[1]]
        assert [one.job_id for one in dead_jobs(session, before=numbers[1])] == [numbers[0]]


def test_asking_for_later_is_no_failure_and_uses_up_no_try(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.later")
    for _ in range(6):
        _wait_is_over(tx)
        _drain(app)
    assert len(ran) == 6
    with tx() as session:
        assert session.execute(text("SELECT count(*) FROM job_failures")).scalar_one() == 0
        assert _jobs(session) == [("tests.later", "todo", 6)]
        wait = session.execute(text("SELECT scheduled_at - now() FROM procrastinate_jobs")).scalar_one()
    assert timedelta(minutes=4) < wait < timedelta(minutes=6)


def test_asking_for_later_without_a_pause_waits_longer_each_time_and_gives_nothing_up(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.later_without_pause")
    for _ in range(4):
        _wait_is_over(tx)
        _drain(app)
    assert len(ran) == 4
    with tx() as session:
        wait = session.execute(text("SELECT scheduled_at - now() FROM procrastinate_jobs")).scalar_one()
    assert timedelta(seconds=13) < wait < timedelta(seconds=18)


def test_only_failures_use_up_the_tries_however_often_a_job_was_put_off(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.moody")
    states = []
    for _ in range(5):
        _wait_is_over(tx)
        _drain(app)
        with tx() as session:
            states.append(_jobs(session)[0][1])
    assert states == ["todo", "todo", "todo", "todo", "failed"]


def test_a_job_for_later_real_time_is_left_alone_until_then(app: Flask, tx: Transact) -> None:
    with tx() as session:
        defer(session, "tests.note", after=timedelta(minutes=1), word="later")
    assert _drain(app) == 0
    clock.follow(timedelta(days=1))
    assert _drain(app) == 0, "business time does not hurry a back-off"
    _wait_is_over(tx)
    assert _drain(app) == 1


def test_one_failing_job_does_not_keep_others_from_running(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.fail")
    _defer(tx, "tests.note", "other")
    assert _drain(app) == 1
    assert ran == ["once", "other"]


def test_jobs_of_one_lock_run_in_their_order(app: Flask, tx: Transact) -> None:
    with tx() as session:
        for word in ("first", "second", "third"):
            defer(session, "tests.note", lock="company-1", word=word)
    _drain(app)
    assert ran == ["first", "second", "third"]


def test_a_job_of_another_version_of_the_program_goes_to_the_dead_letters(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.note")
    with tx() as session:
        session.execute(text("UPDATE procrastinate_jobs SET task_name = 'tests.of_tomorrow'"))
    assert _drain(app) == 0
    with tx() as session:
        assert [one.task_name for one in dead_jobs(session)] == ["tests.of_tomorrow"]


def test_draining_leaves_no_worker_behind(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.fail")
    _drain(app)
    with tx() as session:
        assert session.execute(text("SELECT count(*) FROM procrastinate_workers")).scalar_one() == 0


def test_a_job_may_open_its_own_transactions(app: Flask, tx: Transact) -> None:
    @job(f"tests.edge.{uuid4()}")
    def edge() -> None:
        with transaction() as session:
            ran.append(str(session.execute(text("SELECT 'inside'")).scalar_one()))

    name = next(name for name in registered_jobs() if registered_jobs()[name].run is edge)
    with tx() as session:
        defer(session, name)
    _drain(app)
    assert ran == ["inside"]


def test_a_job_that_waits_can_be_told_to_run_now(app: Flask, tx: Transact) -> None:
    with tx() as session:
        defer(session, "tests.note", after=timedelta(hours=1), word="hurry")
    with tx() as session:
        assert run_soon(session, "tests.note", word="hurry")
        assert not run_soon(session, "tests.note", word="another")
    assert _drain(app) == 1
    with tx() as session:
        assert not run_soon(session, "tests.note", word="hurry"), "it is done"


def test_the_queue_is_counted_by_what_becomes_of_its_jobs(app: Flask, tx: Transact) -> None:
    _defer(tx, "tests.fail")
    _drain(app)
    for word in ("one", "two"):
        _defer(tx, "tests.note", word)
    with tx() as session:
        counted = count_jobs(session)
    assert (counted.ready, counted.waiting, counted.running, counted.dead) == (2, 1, 0, 0)
