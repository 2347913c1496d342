from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation import clock
from foundation.ids import new_id
from foundation.jobs import (
    DueRow,
    cancel_due,
    due_rule,
    failing_due_rows,
    retry_due_row,
    round_rule,
    run_due,
    schedule_due,
)
from foundation.jobs.due import MOST_ATTEMPTS, NOBODY
from tests.conftest import Transact

Advance = Callable[[timedelta], None]
HOUR = timedelta(hours=1)
done: Counter[str] = Counter()


class RuleBroken(Exception):
    """What a failing rule raises; its message quotes a person."""


@due_rule("tests.note")
def note(_session: Session, row: DueRow) -> None:
    """Remember that it ran."""
    done[str(row.data.get("word", row.period))] += 1


@due_rule("tests.fail")
def fail(session: Session, row: DueRow) -> None:
    """Write something and fail: what it wrote must go with it."""
    done["tried"] += 1
    schedule_due(session, "tests.note", new_id(), clock.now(), word=f"by-product of {row.id}")
    raise RuleBroken("mario.rossi@example.it")


@round_rule("tests.round", every=timedelta(hours=1))
def round_of_an_hour(_session: Session, row: DueRow) -> None:
    """Remember each round."""
    done[f"round {row.period}"] += 1
    done["rounds"] += 1


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> Iterator[None]:
    done.clear()
    yield
    done.clear()


def _run(app: Flask) -> int:
    with app.app_context():
        return run_due()


def _ask(tx: Transact, after: timedelta, word: str = "once", rule: str = "tests.note") -> DueRow:
    with tx() as session:
        subject = new_id()
        schedule_due(session, rule, subject, clock.now() + after, word=word)
        return session.scalars(select(DueRow).where(DueRow.rule == rule, DueRow.subject_id == subject)).one()


def _pause_is_over(tx: Transact) -> None:
    with tx() as session:
        session.execute(text("UPDATE due_rows SET retry_at = NULL"))


def test_a_row_is_done_once_its_instant_has_come(app: Flask, tx: Transact, advance: Advance) -> None:
    _ask(tx, HOUR)
    _run(app)
    assert done["once"] == 0
    advance(HOUR)
    _run(app)
    _run(app)
    assert done["once"] == 1


def test_asking_twice_for_the_same_is_asking_once(app: Flask, tx: Transact) -> None:
    subject = new_id()
    with tx() as session:
        assert schedule_due(session, "tests.note", subject, clock.now(), "2026", word="first")
        assert not schedule_due(session, "tests.note", subject, clock.now(), "2026", word="second")
        assert schedule_due(session, "tests.note", subject, clock.now(), "2027", word="third")
    _run(app)
    assert (done["first"], done["second"], done["third"]) == (1, 0, 1)


def test_a_row_that_was_done_cannot_be_asked_for_again(app: Flask, tx: Transact) -> None:
    subject = new_id()
    for _ in range(2):
        with tx() as session:
            schedule_due(session, "tests.note", subject, clock.now(), word="renewal")
        _run(app)
    assert done["renewal"] == 1


def test_a_row_taken_back_is_not_done(app: Flask, tx: Transact, advance: Advance) -> None:
    row = _ask(tx, HOUR)
    with tx() as session:
        cancel_due(session, "tests.note", row.subject_id)
    advance(2 * HOUR)
    _run(app)
    assert done["once"] == 0


def test_rows_that_came_due_during_a_week_of_downtime_are_done_late_and_in_order(
    app: Flask, tx: Transact, advance: Advance
) -> None:
    order: list[str] = []

    @due_rule("tests.ordered")
    def ordered(_session: Session, row: DueRow) -> None:
        order.append(row.data["word"])

    _ask(tx, timedelta(days=6), "sixth day", "tests.ordered")
    _ask(tx, timedelta(minutes=1), "first minute", "tests.ordered")
    _ask(tx, timedelta(days=2), "second day", "tests.ordered")
    advance(timedelta(days=7))
    _run(app)
    assert order == ["first minute", "second day", "sixth day"]


def test_rounds_come_once_per_period_and_missed_ones_are_not_made_up(app: Flask, advance: Advance) -> None:
    for _ in range(3):
        _run(app)
    assert done["rounds"] == 1
    advance(HOUR)
    _run(app)
    _run(app)
    assert done["rounds"] == 2
    advance(timedelta(days=7))
    _run(app)
    assert done["rounds"] == 3
    assert all(count == 1 for name, count in done.items() if name.startswith("round "))


def test_a_clock_that_steps_back_an_hour_does_nothing_twice(app: Flask, tx: Transact, advance: Advance) -> None:
    _ask(tx, timedelta(minutes=30))
    advance(HOUR)
    _run(app)
    before = done.copy()
    advance(-HOUR)
    _run(app)
    advance(HOUR)
    _run(app)
    assert done["once"] == before["once"] == 1
    assert all(count == 1 for name, count in done.items() if name.startswith("round "))


def test_old_rounds_are_swept_but_never_what_was_asked_for(app: Flask, tx: Transact, advance: Advance) -> None:
    _ask(tx, timedelta())
    _run(app)
    advance(timedelta(days=8))
    _run(app)
    with tx() as session:
        rows = session.scalars(select(DueRow).where(DueRow.rule.in_(["tests.round", "tests.note"]))).all()
    assert [row.rule for row in rows if row.subject_id != NOBODY] == ["tests.note"]
    assert len([row for row in rows if row.rule == "tests.round"]) == 1


def test_a_failing_row_undoes_its_work_and_stops_no_other(app: Flask, tx: Transact) -> None:
    _ask(tx, -HOUR, "broken", "tests.fail")
    _ask(tx, -HOUR / 2, "fine")
    _run(app)
    assert done["fine"] == 1
    assert not [word for word in done if word.startswith("by-product")]
    with tx() as session:
        failing = failing_due_rows(session)
        assert [(row.data["word"], row.attempts) for row in failing] == [("broken", 1)]
        assert failing[0].error is not None
        assert failing[0].error.startswith("RuleBroken at ")
        assert "mario.rossi" not in failing[0].error


def test_a_failing_row_is_not_hammered_on(app: Flask, tx: Transact) -> None:
    row = _ask(tx, timedelta(), rule="tests.fail")
    for _ in range(5):
        _run(app)
    assert done["tried"] == 1
    with tx() as session:
        stored = session.get_one(DueRow, row.id)
        assert stored.retry_at is not None
        assert timedelta(0) < stored.retry_at - clock.real_now() < timedelta(seconds=3)


def test_a_row_that_never_succeeds_is_given_up_visibly_and_can_be_asked_for_again(app: Flask, tx: Transact) -> None:
    row = _ask(tx, timedelta(), rule="tests.fail")
    for _ in range(MOST_ATTEMPTS + 5):
        _pause_is_over(tx)
        _run(app)
    assert done["tried"] == MOST_ATTEMPTS
    with tx() as session:
        assert [one.id for one in failing_due_rows(session)] == [row.id]
        assert retry_due_row(session, row.id)
    _run(app)
    assert done["tried"] == MOST_ATTEMPTS + 1


def test_the_pauses_of_a_failing_row_outlast_half_a_day(app: Flask, tx: Transact) -> None:
    row = _ask(tx, timedelta(), rule="tests.fail")
    waited = timedelta()
    for _ in range(MOST_ATTEMPTS):
        _pause_is_over(tx)
        _run(app)
        with tx() as session:
            stored = session.get_one(DueRow, row.id)
            assert stored.retry_at is not None
            waited += stored.retry_at - clock.real_now()
    assert waited > timedelta(hours=8)


def test_a_rule_nobody_registered_fails_like_any_other(app: Flask, tx: Transact) -> None:
    _ask(tx, timedelta(), rule="tests.of_tomorrow")
    _ask(tx, timedelta(), "fine")
    _run(app)
    assert done["fine"] == 1
    with tx() as session:
        assert [row.rule for row in failing_due_rows(session)] == ["tests.of_tomorrow"]


def test_a_failing_row_that_heals_is_done_and_no_longer_failing(app: Flask, tx: Transact) -> None:
    healed: list[bool] = []

    @due_rule("tests.heals")
    def heals(_session: Session, _row: DueRow) -> None:
        if not healed:
            healed.append(True)
            raise RuleBroken

    row = _ask(tx, timedelta(), rule="tests.heals")
    _run(app)
    _pause_is_over(tx)
    _run(app)
    with tx() as session:
        stored = session.get_one(DueRow, row.id)
        assert (stored.attempts, stored.error, stored.retry_at) == (2, None, None)
        assert stored.done_at is not None
        assert failing_due_rows(session) == []
