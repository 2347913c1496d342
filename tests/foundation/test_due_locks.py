from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from foundation import clock
from foundation.database import apart, transaction
from foundation.ids import new_id
from foundation.jobs import DueRow, cancel_all_due, cancel_due, schedule_due


@pytest.mark.parametrize("way", ["one", "all"])
def test_taking_a_row_back_never_waits_for_whoever_is_doing_it(committed_app: Flask, way: str) -> None:
    """Whoever does a row locks it and then its order; whoever takes it back has locked the order first."""
    subject = new_id()
    with committed_app.app_context():
        with transaction() as session:
            for period in ("1", "2"):
                schedule_due(session, "tests.locked", subject, clock.now() - timedelta(hours=1), period=period)
        with apart() as doing:
            first = select(DueRow).where(DueRow.subject_id == subject, DueRow.period == "1").with_for_update()
            doing.scalars(first).one()
            with transaction() as session:
                session.execute(text("SET LOCAL lock_timeout = '300ms'"))
                if way == "all":
                    cancel_all_due(session, subject, "tests.locked")
                else:
                    cancel_due(session, "tests.locked", subject, "1")
                    cancel_due(session, "tests.locked", subject, "2")
        with transaction() as session:
            rows = session.scalars(select(DueRow).where(DueRow.subject_id == subject).order_by(DueRow.period)).all()
    assert [row.cancelled_at is not None for row in rows] == [False, True]
