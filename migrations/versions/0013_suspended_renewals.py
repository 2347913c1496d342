"""Reasons why a renewal charged nothing, and the cases whose suspensions finance has lifted."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_BEFORE = (
    "'DECLINED', 'AUTHENTICATION', 'CARD_EXPIRED', 'NO_CARD', 'PRICE_ROSE', 'NOT_ORDERABLE', 'BILLING',"
    " 'TERMS_CHANGED', 'ORDER_EXISTS', 'SWITCHED_OFF', 'MOVED'"
)


def upgrade() -> None:
    _reasons(f"{_BEFORE}, 'SUSPENDED', 'TOO_LATE', 'NOT_SOLD'")
    op.create_table(
        "lifted_cases",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("lifted_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_lifted_cases_order_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_lifted_cases")),
    )
    op.create_index(op.f("ix_lifted_cases_order_id"), "lifted_cases", ["order_id"])


def downgrade() -> None:
    op.drop_table("lifted_cases")
    _reasons(_BEFORE)


def _reasons(allowed: str) -> None:
    name = op.f("ck_renewal_attempts_reason")
    op.drop_constraint(name, "renewal_attempts", type_="check")
    op.create_check_constraint(name, "renewal_attempts", f"reason IN ({allowed})")
