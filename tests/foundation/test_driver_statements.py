"""Statements that go to the driver itself do what they would do through SQLAlchemy, also when they fail."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import ARRAY, Uuid, bindparam, event, func, select, text
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound, OperationalError

from foundation import clock
from foundation.database import alone, database, looking, transaction
from foundation.driver_statements import Rows, Unfinished, directly
from foundation.ids import new_id
from foundation.jobs import DueRow, schedule_due

COUNT = text("SELECT count FROM throttle_counters WHERE key = :key")
STORE = text("INSERT INTO throttle_counters VALUES (:key, now(), :count) RETURNING key, count")
# The application's role may not do it; the test's own user may.
HANG_UP = text("SELECT pg_terminate_backend(pg_backend_pid()) FROM set_config('role', 'none', false)")
SAMPLE = text(
    "SELECT CAST(:number AS bigint) AS number, CAST(:id AS uuid) AS id, CAST(:at AS timestamptz) AS at,"
    " CAST(:facts AS jsonb) AS facts, CAST(:nothing AS text) AS nothing, '100%' AS share"
)
VALUES = {
    "number": 7,
    "id": UUID(int=9),
    "at": datetime(2026, 11, 27, 12, tzinfo=UTC),
    "facts": '{"a": [1, null]}',
    "nothing": None,
}
NUMBERS = text("SELECT * FROM generate_series(1, :last) AS number")


@contextmanager
def _heard(app: Flask) -> Iterator[list[str]]:
    """Somebody listens to the engine's statements, as tracing would."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _all_ways(app: Flask) -> list[Rows]:
    with app.app_context():
        with alone() as connection:
            found: list[Rows] = [directly(connection, SAMPLE, VALUES)]
        with transaction() as session:
            found.append(directly(session, SAMPLE, VALUES))
        with looking() as session:
            found.append(directly(session, SAMPLE, VALUES))
    return found


def test_rows_are_the_same_by_every_way(committed_app: Flask) -> None:
    by_driver = [rows.one() for rows in _all_ways(committed_app)]
    with _heard(committed_app), committed_app.app_context(), transaction() as session:
        wanted = session.execute(SAMPLE, VALUES).one()
    for row in by_driver:
        assert tuple(row) == tuple(wanted)
        assert (row.number, row.id, row.at) == (7, UUID(int=9), VALUES["at"])
        assert (row.facts, row.nothing, row.share) == ({"a": [1, None]}, None, "100%")


def test_a_select_goes_with_its_constants_and_its_lists(committed_app: Flask) -> None:
    named = select(DueRow.subject_id).where(
        DueRow.subject_id == func.any(bindparam("subjects", type_=ARRAY(Uuid()))), DueRow.attempts == 0
    )
    subjects = [new_id(), new_id()]
    with committed_app.app_context():
        with transaction() as session:
            for subject in subjects:
                schedule_due(session, "tests.driver", subject, clock.now())
        with alone() as connection:
            rows = directly(connection, named, {"subjects": [*subjects, new_id()]}).all()
    assert {row.subject_id for row in rows} == set(subjects)


def test_found_rows_are_read_as_sqlalchemys_are(committed_app: Flask) -> None:
    with committed_app.app_context(), transaction() as session:
        none, one, three = (directly(session, NUMBERS, {"last": last}) for last in (0, 1, 3))
    assert (none.first(), none.scalar(), none.one_or_none(), list(none.all())) == (None, None, None, [])
    assert (one.scalar_one(), one.one()[0], three.scalar(), len(three.all())) == (1, 1, 1, 3)
    with pytest.raises(NoResultFound):
        none.one()
    for read in (three.one, three.one_or_none, three.scalar_one):
        with pytest.raises(MultipleResultsFound):
            read()


def test_whoever_listens_to_the_engine_hears_every_statement(committed_app: Flask) -> None:
    with _heard(committed_app) as said:
        _all_ways(committed_app)
    assert sum("AS share" in statement for statement in said) == 3


def test_a_statement_in_a_transaction_is_undone_with_it(committed_app: Flask) -> None:
    with committed_app.app_context():
        with suppress(ZeroDivisionError), transaction() as session:
            assert tuple(directly(session, STORE, {"key": "undone", "count": 1}).one()) == ("undone", 1)
            raise ZeroDivisionError
        with looking() as session:
            assert directly(session, COUNT, {"key": "undone"}).first() is None


def test_what_the_session_has_not_written_yet_is_written_before(committed_app: Flask) -> None:
    subject = new_id()
    attempts = text("SELECT attempts FROM due_rows WHERE subject_id = :subject")
    with committed_app.app_context():
        with transaction() as session:
            schedule_due(session, "tests.driver", subject, clock.now())
        with transaction() as session:
            session.scalars(select(DueRow).where(DueRow.subject_id == subject)).one().attempts = 3
            with session.no_autoflush:
                assert directly(session, attempts, {"subject": subject}).scalar_one() == 0
            assert directly(session, attempts, {"subject": subject}).scalar_one() == 3


def test_a_refusal_is_the_exception_of_sqlalchemy_and_a_savepoint_survives_it(committed_app: Flask) -> None:
    with committed_app.app_context():
        with alone() as connection:
            directly(connection, STORE, {"key": "twice", "count": 1})
            with pytest.raises(IntegrityError):
                directly(connection, STORE, {"key": "twice", "count": 2})
            assert directly(connection, COUNT, {"key": "twice"}).scalar_one() == 1
        with transaction() as session:
            with pytest.raises(IntegrityError), session.begin_nested():
                directly(session, STORE, {"key": "twice", "count": 2})
            directly(session, STORE, {"key": "beside", "count": 5})
        with looking() as session:
            assert directly(session, COUNT, {"key": "beside"}).scalar_one() == 5


def test_values_are_not_quoted_by_errors_outside_a_sandbox(committed_app: Flask) -> None:
    with committed_app.app_context():
        engine = database.engine
        hidden, engine.hide_parameters = engine.hide_parameters, True
        try:
            with pytest.raises(IntegrityError) as refused, alone() as connection:
                directly(connection, STORE, {"key": "secret@example.it", "count": None})
        finally:
            engine.hide_parameters = hidden
    shown = str(refused.value).split("[SQL:")[1]
    assert "secret@example.it" not in shown


def test_when_the_server_hangs_up_the_statement_fails_and_the_next_one_works(committed_app: Flask) -> None:
    with committed_app.app_context():
        with pytest.raises(OperationalError), alone() as connection:
            directly(connection, HANG_UP, {})
        with pytest.raises(OperationalError), transaction() as session:
            directly(session, HANG_UP, {})
        with pytest.raises(OperationalError), looking() as session:
            directly(session, HANG_UP, {})
        assert [rows.one().number for rows in _all_ways(committed_app)] == [7, 7, 7]
        assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "statement",
    [
        select(DueRow.id).where(DueRow.rule.in_(bindparam("rules", expanding=True))),
        select(DueRow.id).where(DueRow.data == bindparam("data")),
    ],
    ids=["text that depends on values", "values that SQLAlchemy translates"],
)
def test_what_only_sqlalchemy_can_carry_out_is_refused(committed_app: Flask, statement: object) -> None:
    with committed_app.app_context(), transaction() as session, pytest.raises(Unfinished):
        directly(session, statement, {"rules": ["a"], "data": {}})  # type: ignore[arg-type]
