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
    _orders_and_carts()


def downgrade() -> None:
    _no_orders_and_carts()
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


# Orders and carts

_LINE_KEY = "uq_cart_lines_cart_id_sku_for_party_id"
_RENEWAL_KEY = "uq_cart_lines_cart_id_sku_for_party_id_renews_licence_id"


def _orders_and_carts() -> None:
    op.add_column("cart_lines", sa.Column("renews_licence_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_cart_lines_renews_licence_id"), "cart_lines", "licences", ["renews_licence_id"], ["id"]
    )
    op.drop_constraint(_LINE_KEY, "cart_lines", type_="unique")
    op.create_unique_constraint(
        op.f(_RENEWAL_KEY),
        "cart_lines",
        ["cart_id", "sku", "for_party_id", "renews_licence_id"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "cart_companies",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("extend_active_services", sa.Boolean(), nullable=False),
        sa.Column("years", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("years BETWEEN 1 AND 10", name=op.f("ck_cart_companies_years")),
        sa.ForeignKeyConstraint(["cart_id"], ["carts.id"], name=op.f("fk_cart_companies_cart_id")),
        sa.ForeignKeyConstraint(["company_id"], ["parties.id"], name=op.f("fk_cart_companies_company_id")),
        sa.PrimaryKeyConstraint("cart_id", "company_id", name=op.f("pk_cart_companies")),
    )
    op.add_column("orders", sa.Column("services", _JSON, nullable=False, server_default="[]"))
    op.alter_column("orders", "services", server_default=None)
    op.create_index(
        "ix_order_lines_services", "order_lines", ["for_party_id"], postgresql_where=sa.text("term IS NOT NULL")
    )


def _no_orders_and_carts() -> None:
    op.drop_index("ix_order_lines_services", table_name="order_lines")
    op.drop_column("orders", "services")
    op.drop_table("cart_companies")
    op.execute("DELETE FROM cart_lines WHERE renews_licence_id IS NOT NULL")
    op.drop_constraint(_RENEWAL_KEY, "cart_lines", type_="unique")
    op.create_unique_constraint(
        op.f(_LINE_KEY), "cart_lines", ["cart_id", "sku", "for_party_id"], postgresql_nulls_not_distinct=True
    )
    op.drop_constraint(op.f("fk_cart_lines_renews_licence_id"), "cart_lines", type_="foreignkey")
    op.drop_column("cart_lines", "renews_licence_id")
