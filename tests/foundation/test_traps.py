"""What was found out by running the stack, kept from being forgotten (numbers as in the stack's list of traps)."""

import ast
from datetime import date, datetime, timedelta
from uuid import UUID

import procrastinate
from flask import Flask, request
from sqlalchemy import BigInteger, Date, DateTime, Interval, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from foundation.database import JsonObject, Model, apart, database, transaction, transaction_open
from foundation.jobs import DueRow, defer
from foundation.jobs.due import NOBODY
from foundation.jobs.worker import build_worker
from foundation.throttle import ThrottleCounter
from tests.conftest import Transact
from tests.factories import BORN
from tests.house.source import ROOMS, keep, modules


def test_one_base_class_gives_every_table_its_types() -> None:
    """1: the extension shares the metadata, the base class keeps the map of types."""
    types = Model.type_annotation_map
    assert database.metadata is Model.metadata
    wanted = {str: Text, int: BigInteger, UUID: Uuid, datetime: DateTime, date: Date, timedelta: Interval}
    assert all(isinstance(types[kind], column) for kind, column in wanted.items())
    assert isinstance(types[JsonObject], JSONB)
    instants = [
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, DateTime) and not column.type.timezone
    ]
    assert instants == [], "an instant without a zone is nobody's"


def test_whether_a_row_was_new_is_told_by_returning_and_not_by_the_row_count(tx: Transact) -> None:
    """3: the count of a skipped insert is -1, which is true."""
    values = {"rule": "traps.canary", "subject_id": NOBODY, "period": "1", "due_at": BORN, "data": {}, "attempts": 0}
    with tx() as session:
        row = insert(DueRow).values(values).on_conflict_do_nothing().returning(DueRow.id)
        assert session.execute(row).scalar() is not None
        assert session.execute(row).scalar() is None


def test_no_code_asks_the_row_count_of_an_insert() -> None:
    """3: the same, looked for in the code."""
    asked = [
        module.at(node)
        for module in modules("foundation", *ROOMS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "rowcount"
    ]
    keep("Ask for RETURNING and look at what came back.", asked)


def test_the_body_of_a_form_is_read_before_anybody_parses_it() -> None:
    """4: under a form's content type the plain body is empty, and a signature over it fits nothing."""
    app = Flask(__name__)
    with app.test_request_context(method="POST", data=b"a=1", content_type="application/x-www-form-urlencoded"):
        assert request.get_data() == b"a=1"
    read = [
        module.at(node)
        for module in modules("webhooks", "foundation")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr == "data" and ast.unparse(node.value) == "request"
    ]
    keep("Verify signatures over request.get_data().", read)


def test_what_queues_jobs_and_what_runs_them_are_two_applications(committed_app: Flask) -> None:
    """5: the one writes on the caller's connection, the other has connections of its own."""
    worker = build_worker(committed_app)
    assert isinstance(worker.connector, procrastinate.PsycopgConnector)
    assert {"mail.deliver", "provisioning.call"} <= set(worker.tasks)
    with committed_app.app_context(), transaction() as session:
        assert defer(session, "mail.deliver", mail_id=str(NOBODY)) > 0
        assert transaction_open()


def test_the_job_engines_own_tables_are_left_to_it() -> None:
    """9: its schema is one revision of its own SQL, not of our models."""
    assert not [name for name in Model.metadata.tables if name.startswith("procrastinate_")]


def test_statements_use_nothing_newer_than_the_oldest_server() -> None:
    """10: the floor is PostgreSQL 15."""
    newer = ("uuidv7(", "uuidv4(", "any_value(", "json_table(", "merge_action(", "random_normal(", "array_shuffle(")
    used = [
        f"{module.at(node)} {word}"
        for module in modules("foundation", "migrations", *ROOMS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in newer
        if word in node.value.lower()
    ]
    keep("Write it so that PostgreSQL 15 understands it.", used)


def test_what_commits_apart_does_so_while_a_transaction_is_open(committed_app: Flask) -> None:
    """M23: throttles and idempotency keys are rows of their own transactions, also in the middle of a request's."""
    with committed_app.app_context(), apart() as outer:
        outer.add(ThrottleCounter(key="outer", window_ends_at=BORN, count=1))
        outer.flush()
        with apart() as inner:
            inner.add(ThrottleCounter(key="inner", window_ends_at=BORN, count=1))
        outer.rollback()
        with apart() as after:
            assert after.scalars(select(ThrottleCounter.key)).all() == ["inner"]
