"""Services that run: base services with their terms, add-ons, lots of seats."""

from copy import copy

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_JSON = postgresql.JSONB(astext_type=sa.Text())
# Columns that must have a value: what stood there before gets this one, and newcomers must bring their own.
_LICENCES = (
    (sa.Column("kind", sa.Text(), nullable=False, server_default="plan"), None),
    (sa.Column("sku", sa.Text(), nullable=False, server_default=""), "product"),
    (sa.Column("names", _JSON, nullable=False, server_default="{}"), None),
    (sa.Column("gives", _JSON, nullable=False, server_default="{}"), None),
    (sa.Column("quantity", sa.BigInteger(), nullable=False, server_default="1"), None),
    (sa.Column("state", sa.String(), nullable=False, server_default="ACTIVE"), None),
)
_TERMS = (
    (sa.Column("action", sa.Text(), nullable=False, server_default="START"), None),
    (sa.Column("unit_net_cents", sa.BigInteger(), nullable=False, server_default="0"), "net_cents"),
    (sa.Column("vat_code", sa.Text(), nullable=False, server_default=""), None),
)
_CHECKS = (
    ("licences", "kind", "kind IN ('plan', 'base_service', 'addon', 'seats')"),
    ("licences", "state", "state IN ('ACTIVE', 'LIMITED', 'CLOSED', 'SUSPENDED', 'EXPIRED')"),
    ("licences", "quantity", "quantity > 0 AND (quantity = 1 OR kind = 'seats')"),
    ("licences", "base_has_tax_code", "(kind = 'base_service') = (tax_code IS NOT NULL)"),
    ("licences", "closed", "(state = 'CLOSED') = (closed_at IS NOT NULL)"),
    ("licence_terms", "action", "action IN ('START', 'EXTEND', 'RENEW')"),
)


def upgrade() -> None:
    _services()
    op.add_column("order_lines", sa.Column("term", _JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("order_lines", "term")
    _no_services()


def _services() -> None:
    for table, columns in (("licences", _LICENCES), ("licence_terms", _TERMS)):
        for column, copied_from in columns:
            op.add_column(table, copy(column))
            if copied_from:
                op.execute(f"UPDATE {table} SET {column.name} = {copied_from}")  # noqa: S608 - fixed names
            op.alter_column(table, column.name, server_default=None)
    op.add_column("licences", sa.Column("tax_code", sa.Text(), nullable=True))
    op.add_column("licences", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    for table, name, condition in _CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    op.create_unique_constraint(op.f("uq_licences_id_quantity"), "licences", ["id", "quantity"])
    op.create_index(
        "uq_licences_open_base",
        "licences",
        ["tax_code"],
        unique=True,
        postgresql_where=sa.text("kind = 'base_service' AND closed_at IS NULL"),
    )
    op.create_unique_constraint(
        op.f("uq_licence_terms_licence_id_starts_on"), "licence_terms", ["licence_id", "starts_on"]
    )


def _no_services() -> None:
    op.drop_constraint(op.f("uq_licence_terms_licence_id_starts_on"), "licence_terms", type_="unique")
    op.drop_index("uq_licences_open_base", "licences")
    op.drop_constraint(op.f("uq_licences_id_quantity"), "licences", type_="unique")
    for table, name, _condition in _CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    for table, columns in (("licence_terms", _TERMS), ("licences", _LICENCES)):
        for column, _copied_from in columns:
            op.drop_column(table, column.name)
    op.drop_column("licences", "closed_at")
    op.drop_column("licences", "tax_code")
