from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, create_engine, inspect, text

from app import create_app
from foundation.database import APPEND_ONLY, APPLICATION_ROLE, Model, database
from foundation.migrate import MIGRATIONS, configuration, downgrade, upgrade
from tests.database import _connect, database_url, server_url

A_SUSPENDED_LICENCE = """
INSERT INTO licences (id, party_id, family, product, plan, access_mode, limits, kind, sku, names, gives, quantity,
                      state, suspended_at, suspended_by_case, cause_kind, cause_id, created_at)
VALUES (gen_random_uuid(), gen_random_uuid(), 'EINVOICING', 'EINVOICING', 'FULL', 'FULL', '{}', 'plan', 'FULL', '{}',
        '{}', 1, 'ACTIVE', '2026-03-01T10:00:00Z', gen_random_uuid(), 'correction', gen_random_uuid(),
        '2026-01-01T10:00:00Z')
"""
A_TRANSFER_AND_ITS_RETURN = """
INSERT INTO bank_lines (id, account_iban, bank_reference, fingerprint, occurrence, kind, state, booked_on, amount_cents,
                        currency, remittance, source, recorded_at)
SELECT gen_random_uuid(), 'IT60X', 'SAME', line.kind, 1, line.kind, 'MATCHED', '2026-03-01', line.cents, 'EUR', '',
       'bank_webhook', '2026-03-01T10:00:00Z'
FROM (VALUES ('TRANSFER', 100), ('RETURN', -100)) AS line (kind, cents)
"""
SUSPENSIONS = text("""
SELECT h.suspended, h.from_at = l.suspended_at, h.case_id = l.suspended_by_case, h.recorded_at = h.from_at
FROM licence_suspensions h JOIN licences l ON l.id = h.licence_id
""")


@pytest.fixture
def empty_url(worker_id: str) -> Iterator[str]:
    """A database without a single table."""
    name, url = f"gettone_empty_{worker_id}", server_url()
    with _connect(url) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    yield database_url(url, name)
    with _connect(url) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def owner(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrating(empty_url: str) -> Iterator[Flask]:
    app = create_app({"DATABASE_URL": empty_url})
    with app.app_context():
        yield app
        database.engine.dispose()


def _schema(engine: Engine) -> dict[str, object]:
    """Columns, keys, constraints and indexes of every table, to be compared."""
    seen = inspect(engine)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(name)],
            sorted(str(index["name"]) for index in seen.get_indexes(name)),
            sorted(str(check["name"]) for check in seen.get_check_constraints(name)),
            sorted(str(key["name"]) for key in seen.get_foreign_keys(name)),
        )
        for name in seen.get_table_names()
    }


@pytest.mark.usefixtures("migrating")
def test_every_revision_goes_up_and_down_and_up_again(owner: Engine) -> None:
    upgrade()
    first = _schema(owner)
    assert len(first) > 40
    downgrade("base")
    left = set(inspect(owner).get_table_names())
    assert left == {"alembic_version"}, left
    with owner.connect() as connection:
        functions = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname LIKE 'procrastinate%'"))
        assert functions.scalar_one() == 0
    upgrade()
    assert _schema(owner) == first


@pytest.mark.usefixtures("migrating")
def test_migrating_twice_changes_nothing(owner: Engine) -> None:
    upgrade()
    before = _schema(owner)
    upgrade()
    assert _schema(owner) == before


@pytest.mark.usefixtures("migrating")
def test_the_models_and_the_revisions_say_the_same(owner: Engine) -> None:
    upgrade()

    def ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return not (kind == "table" and (name or "").startswith("procrastinate_"))

    with owner.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": ours}
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, Model.metadata)
    assert differences == [], "run the migration generator: models and revisions differ"


@pytest.mark.usefixtures("migrating")
def test_a_suspension_that_stands_begins_the_history_of_its_licence(owner: Engine) -> None:
    upgrade("0011")
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(A_SUSPENDED_LICENCE))
    upgrade()
    with owner.connect() as connection:
        assert [tuple(row) for row in connection.execute(SUSPENSIONS)] == [(True, True, True, True)]


@pytest.mark.usefixtures("migrating")
def test_a_job_that_waits_keeps_its_time_of_queueing_there_and_back(owner: Engine) -> None:
    upgrade("0018")
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('gettone', 'a job')"))
        connection.execute(text("UPDATE procrastinate_events SET at = '2026-03-01T10:00:00Z'"))
    for step in (upgrade, lambda: downgrade("0018"), upgrade):
        step()
    with owner.connect() as connection:
        found = connection.execute(text("SELECT queued_at = '2026-03-01T10:00:00Z' FROM procrastinate_jobs")).all()
    assert [tuple(row) for row in found] == [(True,)]


@pytest.mark.usefixtures("migrating")
def test_a_return_with_the_reference_of_its_transfer_goes_down_and_up_again(owner: Engine) -> None:
    upgrade()
    with owner.begin() as connection:
        connection.execute(text(A_TRANSFER_AND_ITS_RETURN))
    downgrade("0017")
    assert _references(owner) == [("RETURN", "SAME (return)"), ("TRANSFER", "SAME")]
    upgrade()
    assert _references(owner) == [("RETURN", "SAME"), ("TRANSFER", "SAME")]


def _references(owner: Engine) -> list[tuple[str, str]]:
    with owner.connect() as connection:
        found = connection.execute(text("SELECT kind, bank_reference FROM bank_lines ORDER BY kind"))
        return [(row.kind, row.bank_reference) for row in found]


def test_the_engine_that_is_installed_has_the_schema_of_the_first_revision() -> None:
    frozen = (MIGRATIONS / "procrastinate_3_10.sql").read_text()
    told = "another engine: write a migration from its own (procrastinate/sql/migrations); the first revision stays"
    assert frozen.endswith(SchemaManager.get_schema()), told


def test_the_head_file_names_the_head_revision() -> None:
    heads = ScriptDirectory.from_config(configuration()).get_heads()
    assert len(heads) == 1
    assert (MIGRATIONS / "HEAD").read_text().strip() == heads[0]


def test_revisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(Path(path).name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


@pytest.mark.usefixtures("migrating")
def test_after_migrating_the_application_role_may_append_but_not_rewrite(owner: Engine) -> None:
    upgrade()
    question = text("SELECT has_table_privilege(:role, :table, :right)")
    with owner.connect() as connection:
        for table in Model.metadata.sorted_tables:
            rights = {
                right: connection.execute(
                    question, {"role": APPLICATION_ROLE, "table": table.name, "right": right}
                ).scalar_one()
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
            }
            appending = bool(table.info.get(APPEND_ONLY))
            assert rights["SELECT"], table.name
            assert rights["INSERT"], table.name
            assert rights["UPDATE"] is rights["DELETE"] is (not appending), table.name


@pytest.mark.usefixtures("migrating")
def test_the_revision_in_use_is_shown_by_the_database(owner: Engine) -> None:
    upgrade()
    with owner.connect() as connection:
        shown = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    assert shown == (MIGRATIONS / "HEAD").read_text().strip()
