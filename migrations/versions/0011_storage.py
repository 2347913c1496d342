"""Lots of storage, and what the vendor's software reports of its use."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_CHECKS = (
    (
        "kind",
        "kind IN ('plan', 'base_service', 'addon', 'seats', 'storage')",
        "kind IN ('plan', 'base_service', 'addon', 'seats')",
    ),
    (
        "quantity",
        "quantity > 0 AND (quantity = 1 OR kind IN ('seats', 'storage'))",
        "quantity > 0 AND (quantity = 1 OR kind = 'seats')",
    ),
)


def upgrade() -> None:
    for name, condition, _before in _CHECKS:
        _check(name, condition)
    op.create_table(
        "storage_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_bytes", sa.BigInteger(), nullable=False),
        sa.Column("limit_gb", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("used_bytes BETWEEN 0 AND 1000000000000000", name=op.f("ck_storage_reports_used_bytes")),
        sa.CheckConstraint("limit_gb >= 0", name=op.f("ck_storage_reports_limit_gb")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_storage_reports_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storage_reports")),
        sa.UniqueConstraint("company_id", "measured_on", name=op.f("uq_storage_reports_company_id_measured_on")),
    )


def downgrade() -> None:
    op.drop_table("storage_reports")
    for name, _condition, before in _CHECKS:
        _check(name, before)


def _check(name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"ck_licences_{name}"), "licences", type_="check")
    op.create_check_constraint(op.f(f"ck_licences_{name}"), "licences", condition)
