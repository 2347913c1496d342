"""Alembic runs here as the owner of the schema; afterwards the application's role gets exactly what it needs (M22)."""

import importlib

from alembic import context
from flask import current_app
from sqlalchemy import Connection, create_engine, inspect, pool, text

from foundation.database import APPEND_ONLY, APPLICATION_ROLE, Model

# Every module with tables, so that the metadata is whole whatever else was imported.
MODELS = (
    "entitlements.drafts",
    "foundation.idempotency",
    "foundation.throttle",
    "shop.payments.attempts",
    "shop.transfers.disposals",
    "shop.transfers.store_credit",
    "webhooks.inbox",
)
for module in MODELS:
    importlib.import_module(module)

config = context.config


def include_object(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave the job engine's own tables out of autogenerate: they come as one revision of its SQL."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def grant_application_role(connection: Connection) -> None:
    """Everything for the application's role, except changing or deleting what is append-only. Safe to repeat."""
    exists = connection.execute(
        text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APPLICATION_ROLE}
    ).scalar()
    if not exists:
        connection.execute(text(f"CREATE ROLE {APPLICATION_ROLE} NOLOGIN"))
    connection.execute(text(f"GRANT {APPLICATION_ROLE} TO CURRENT_USER"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE}"))
    connection.execute(
        text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE}")
    )
    connection.execute(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE}"))
    present = set(inspect(connection).get_table_names())
    for table in Model.metadata.sorted_tables:
        if table.name in present and table.info.get(APPEND_ONLY):
            connection.execute(text(f"REVOKE UPDATE, DELETE ON {table.name} FROM {APPLICATION_ROLE}"))
    connection.execute(text(f"REVOKE ALL ON alembic_version FROM {APPLICATION_ROLE}"))
    connection.execute(text(f"GRANT SELECT ON alembic_version TO {APPLICATION_ROLE}"))


def run() -> None:
    """Migrate in one transaction, under a lock so that two starts do not migrate twice."""
    engine = create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            include_object=include_object,
            compare_type=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            connection.execute(text("SELECT pg_advisory_xact_lock(7305000)"))
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            context.run_migrations()
            if not getattr(config.cmd_opts, "autogenerate", False):
                grant_application_role(connection)
    engine.dispose()


run()
