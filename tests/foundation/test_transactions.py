import importlib
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app import JOBS, PARTS, Outside
from entitlements import HttpProvisioner
from foundation import clock
from foundation.database import (
    APPEND_ONLY,
    APPLICATION_ROLE,
    Model,
    NestedTransaction,
    after_commit,
    engine_options,
    refuse_open_transaction,
    transaction,
    transaction_open,
)
from foundation.mail import SmtpMailer
from foundation.settings import Settings
from shop import StripeGateway
from tests.conftest import Transact

for part in (*JOBS, *PARTS):
    importlib.import_module(part)
APPEND_ONLY_TABLES = sorted(table.name for table in Model.metadata.sorted_tables if table.info.get(APPEND_ONLY))


def test_a_transaction_inside_another_is_refused(app: Flask) -> None:
    with app.app_context(), transaction(), pytest.raises(NestedTransaction), transaction():
        pass
    assert not transaction_open()


def test_a_refused_nesting_leaves_the_outer_transaction_usable(tx: Transact) -> None:
    with tx() as session:
        with pytest.raises(NestedTransaction), transaction():
            pass
        assert session.execute(text("SELECT 1")).scalar_one() == 1


def test_no_call_leaves_the_house_while_a_transaction_is_open(tx: Transact) -> None:
    gateway = StripeGateway("sk_test_sandbox", "http://127.0.0.1:9")
    with tx():
        with pytest.raises(NestedTransaction):
            refuse_open_transaction()
        with pytest.raises(NestedTransaction):
            gateway.read("charge", "ch_1")


def test_the_null_twin_of_the_gateway_refuses_as_well(tx: Transact, outside: Outside) -> None:
    with tx(), pytest.raises(NestedTransaction):
        outside.gateway.create_customer("key", {})


def test_outside_a_transaction_calls_may_leave(app: Flask) -> None:
    with app.app_context(), transaction():
        pass
    refuse_open_transaction()
    assert not transaction_open()


def test_ports_to_the_outside_are_built_without_speaking() -> None:
    built = (SmtpMailer("smtp://127.0.0.1:9"), HttpProvisioner("http://127.0.0.1:9", ""))
    assert all(built)


def test_what_is_told_after_the_commit_is_never_told_of_a_rollback(tx: Transact) -> None:
    told: list[str] = []
    with tx() as session:
        after_commit(session, lambda: told.append("kept"))
        assert told == []

    def fail() -> None:
        with tx() as session:
            after_commit(session, lambda: told.append("undone"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert told == ["kept"]


def test_the_program_works_as_the_application_role_in_utc(tx: Transact) -> None:
    with tx() as session:
        assert session.execute(text("SELECT current_user")).scalar_one() == APPLICATION_ROLE
        assert session.execute(text("SHOW timezone")).scalar_one() == "UTC"
        assert session.execute(text("SHOW statement_timeout")).scalar_one() == "1min"


def test_production_lets_a_statement_run_for_half_a_minute() -> None:
    sandbox = Settings.from_environment({})
    assert "statement_timeout=60000" in engine_options(sandbox)["connect_args"]["options"]
    assert sandbox.sandbox


def test_there_are_append_only_tables_to_protect() -> None:
    expected = {"events", "event_seals", "ledger_transfers", "payments", "payment_allocations", "grants", "order_lines"}
    assert expected <= set(APPEND_ONLY_TABLES)


@pytest.mark.parametrize("table", APPEND_ONLY_TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_role_cannot_change_what_is_append_only(tx: Transact, table: str, statement: str) -> None:
    column = list(Model.metadata.tables[table].columns)[-1].name
    with tx() as session, pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
        session.execute(text(statement.format(table, column, column)))


def test_the_application_role_cannot_change_the_schema(tx: Transact) -> None:
    for statement in (
        "DROP TABLE events",
        "ALTER TABLE events ADD COLUMN extra text",
        "UPDATE alembic_version SET version_num = '1'",
    ):
        with tx() as session, pytest.raises(ProgrammingError), session.begin_nested():
            session.execute(text(statement))


def test_business_time_follows_the_stored_shift_of_a_sandbox(tx: Transact) -> None:
    with tx() as session:
        session.execute(text("INSERT INTO clock_shift (\"only\", shift) VALUES (true, interval '40 days')"))
    clock.follow(timedelta())
    with tx():
        assert clock.shift() == timedelta(days=40)
        assert clock.now() - clock.real_now() > timedelta(days=39, hours=23)
