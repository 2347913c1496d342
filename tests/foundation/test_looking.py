"""Statements that are transactions of their own save ways to the server, and leave its connections as they were."""

from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from foundation import clock
from foundation.database import NestedTransaction, WroteWhileLooking, alone, looking, transaction
from foundation.ids import new_id
from foundation.jobs import DueRow, schedule_due

RULE = "tests.look"
ATTEMPTS = select(DueRow.attempts).where(DueRow.rule == RULE)


def test_a_page_that_looks_sees_what_was_committed_and_cannot_write(committed_app: Flask) -> None:
    with committed_app.app_context():
        with transaction() as session:
            schedule_due(session, RULE, new_id(), clock.now())
        with looking() as session:
            session.scalars(select(DueRow).where(DueRow.rule == RULE)).one().attempts = 7
            with pytest.raises(WroteWhileLooking):
                session.flush()
            session.expunge_all()
        with looking() as session:
            assert session.scalars(ATTEMPTS).one() == 0
        with looking() as session, pytest.raises(WroteWhileLooking):
            session.execute(delete(DueRow))


def test_looking_inside_a_transaction_or_a_transaction_inside_looking_is_refused(app: Flask) -> None:
    with app.app_context():
        with looking(), pytest.raises(NestedTransaction), transaction():
            pass
        with transaction(), pytest.raises(NestedTransaction), looking():
            pass


def test_a_statement_alone_is_committed_and_the_next_transaction_can_be_undone(committed_app: Flask) -> None:
    count = text("SELECT count FROM throttle_counters WHERE key = 'alone'")
    with committed_app.app_context():
        with alone() as session:
            session.execute(text("INSERT INTO throttle_counters VALUES ('alone', now(), 1)"), {})
            with looking() as other:
                assert other.execute(count).scalar_one() == 1
        with suppress(ZeroDivisionError), transaction() as session:
            session.execute(text("UPDATE throttle_counters SET count = 2 WHERE key = 'alone'"))
            raise ZeroDivisionError
        with looking() as session:
            assert session.execute(count).scalar_one() == 1
