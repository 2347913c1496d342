from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.database import apart, database, transaction
from foundation.jobs import schedule_due
from foundation.jobs.due import NOBODY
from tests.conftest import Transact
from tests.database import isolated
from tests.factories import BORN, a_studio

COUNT = text("SELECT count(*) FROM due_rows WHERE rule = 'isolation.canary'")


def _write(session: Session) -> None:
    schedule_due(session, "isolation.canary", NOBODY, BORN.replace(year=2999))


def _seen_from_outside(app: Flask) -> int:
    """What another program sees: a connection of its own on the real engine."""
    with app.app_context(), database.engine.connect() as connection:
        return int(connection.execute(COUNT).scalar_one())


@pytest.fixture
def nothing_left(built_app: Flask) -> Iterator[None]:
    """Whatever the test did, the worker's database is as it was."""
    yield
    with built_app.app_context(), database.engine.begin() as connection:
        connection.execute(text("DELETE FROM due_rows WHERE rule = 'isolation.canary'"))


def test_what_a_test_commits_is_gone_when_it_ends(built_app: Flask) -> None:
    with isolated(built_app), built_app.app_context():
        with transaction() as session:
            _write(session)
        with transaction() as session:
            assert session.execute(COUNT).scalar_one() == 1
    assert _seen_from_outside(built_app) == 0


def test_what_commits_apart_is_gone_as_well(built_app: Flask) -> None:
    with isolated(built_app), built_app.app_context():
        with apart() as session:
            _write(session)
        with apart() as session:
            assert session.execute(COUNT).scalar_one() == 1
    assert _seen_from_outside(built_app) == 0


@pytest.mark.usefixtures("nothing_left")
def test_the_canary_sings_where_nothing_isolates(built_app: Flask) -> None:
    with built_app.app_context(), transaction() as session:
        _write(session)
    assert _seen_from_outside(built_app) == 1, "without the fixture the same write stays: the two tests above can fail"


def test_a_failed_transaction_leaves_the_ones_before_it(tx: Transact) -> None:
    with tx() as session:
        kept = a_studio(session, name="Before").id

    def fail() -> None:
        with tx() as session:
            a_studio(session, name="After")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with tx() as session:
        names = session.execute(text("SELECT id, name FROM parties")).all()
    assert [tuple(row) for row in names] == [(kept, "Before")]


def test_a_savepoint_undoes_only_its_part(tx: Transact) -> None:
    with tx() as session:
        a_studio(session, name="Outer")
        with session.begin_nested() as savepoint:
            a_studio(session, name="Inner")
            savepoint.rollback()
    with tx() as session:
        assert session.execute(text("SELECT name FROM parties")).scalars().all() == ["Outer"]
